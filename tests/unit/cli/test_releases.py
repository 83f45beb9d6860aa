"""What `soak releases` and `soak bundle` refuse, in one line, before anything is installed or run."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import main

REFUSED = [
    (["releases"], "which PACKAGE?"),
    (["releases", "ticks"], "--client: what runs the package?"),
    (["releases", "ticks", "--client", "mine:build", "--most", "1"], "--most 1: must be at least 2"),
    (["releases", "ticks", "--client", "mine:build", "--wheels", "nowhere"], "--wheels nowhere: No such file"),
    (["releases", "ticks", "--client", "mine:build", "--wheels", ".", "--commits", "."], "take one of them"),
    (["releases", "ticks", "--client", "mine:build", "--commits", "."], "--from says which commit is the oldest"),
    (["releases", "ticks", "--client", "mine:build", "--budget", "0"], "--budget 0: must be above 0"),
    (["releases", "ticks", "--client", "no such", "--set", "a=1"], "--set a=1: is for a target"),
    (["releases", "--resume", "nowhere", "--hours", "3"], "--resume: the result says what is run: leave out --hours"),
    (["releases", "--resume", "nowhere"], "history.json"),
    (["bundle", "nothing"], 'no result "nothing"'),
]


@pytest.mark.parametrize(("arguments", "told"), REFUSED, ids=lambda one: " ".join(one) if isinstance(one, list) else "")
def test_what_is_refused_is_one_line(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line
    assert not (here / "results").exists()


def test_a_dry_run_says_what_would_be_installed_and_installs_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("1.0", "1.1"):
        (here / f"ticks-{version}-py3-none-any.whl").touch()
    monkeypatch.setattr("harness.histories.freezing.resolve", lambda *_args, **_options: ())
    assert main(["releases", "ticks", "--client", "mine:build", "--wheels", ".", "--dry-run"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert told.startswith(
        "ticks: 2 from 1.0 to 1.1; 2 of them are run at most, 1 virtual hours each at first. Installs"
    )
    assert not (here / "results").exists()
