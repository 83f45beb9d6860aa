"""`soak run --controls`: what goes before the runs, and what is left where it cannot be carried out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.analysis.result import Result
from harness.analysis.verdict.control_record import Check, ControlRecord
from harness.cli import controlled, main
from harness.cli.subcommands import run
from harness.errors import SoakError, UsageError
from harness.soaks import soak
from harness.soaks.result_folder import find_result
from harness.soaks.soak import Soak
from tests.unit.analysis.verdict.golden_recording import golden_copy

FAILS = Check("real time", "slope of RSS against virtual time", "+4.10%", "± 3%", False)


@pytest.fixture
def order(here: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done, in order; no process, and no verdict."""
    done: list[str] = []

    def judged(scenario, folder, *, short, jobs, observe):
        folder.mkdir()
        done.append(f"{'short' if short else 'long'} controls of {scenario.name} at {scenario.memory.scale}")
        return ControlRecord(scenario.name, scenario.memory.scale, short, 0.2, (FAILS,))

    def carry_out(planned, *, observe, undecided):
        done.append("soak")
        return Soak(planned.folder, interrupted=False)

    def conclude(console, result, *, verbose):
        done.append("all of the verdict" if verbose else "verdict")
        return 3

    monkeypatch.setattr(soak, "room_bytes", lambda: 10**12)
    monkeypatch.setattr(controlled, "soak_controls", judged)
    monkeypatch.setattr(soak, "carry_out", carry_out)
    monkeypatch.setattr("harness.cli.after_runs.anchor", lambda *_, **__: done.append("anchors"))
    monkeypatch.setattr("harness.cli.after_runs.conclude", conclude)
    return done


@pytest.mark.parametrize("form", ["short", "long"])
def test_the_controls_go_first_and_lie_in_the_result(order: list[str], form: str, capsys) -> None:
    assert main(["run", "smoke", "--controls", form, "--scale", "0.1", "--quiet"]) == 3
    assert order == [f"{form} controls of smoke at 0.1", "soak", "anchors", "verdict"]
    (file,) = Path("results").glob("smoke/*/controls/control.json")
    assert json.loads(file.read_text(encoding="utf-8"))["short"] is (form == "short")
    out = capsys.readouterr().out
    assert out.startswith("INVALID: the controls of smoke do not hold (real time)")
    assert str(file) in out


def test_without_the_option_there_are_none(order: list[str]) -> None:
    main(["run", "smoke", "--quiet"])
    assert order == ["soak", "anchors", "verdict"]
    assert not [*Path("results").glob("smoke/*/controls")]


def test_a_soak_may_end_with_all_that_is_known(order: list[str]) -> None:
    main(["run", "smoke", "--quiet", "--verbose"])
    assert order == ["soak", "anchors", "all of the verdict"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyboardInterrupt(), "soak: interrupted during the controls: what they recorded is kept in results/smoke/"),
        (SoakError("No space left on device"), "soak: No space left on device"),
    ],
)
def test_controls_that_cannot_be_carried_out_end_the_soak(
    order: list[str], monkeypatch: pytest.MonkeyPatch, capsys, error: BaseException, said: str
) -> None:
    def refuse(scenario, folder, **_):
        folder.mkdir()
        raise error

    monkeypatch.setattr(controlled, "soak_controls", refuse)
    assert main(["run", "smoke", "--controls", "short", "--quiet"]) == 3
    assert order == []
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(said)
    assert not Path("results/latest").is_symlink()
    for reference in ("latest", "smoke"):
        with pytest.raises(UsageError, match="no result"):
            find_result(reference, Path("results"))


def test_a_full_disk_ends_the_soak_too(order: list[str], monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def refuse(record, folder):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(controlled, "write_controls", refuse)
    assert main(["run", "smoke", "--controls", "short", "--quiet"]) == 3
    assert "No space left on device" in capsys.readouterr().err
    assert order == ["short controls of smoke at 0.05"]


def test_no_seed_is_added_to_a_soak_that_is_no_evidence(tmp_path: Path) -> None:
    folder = golden_copy(tmp_path)
    result = Result(folder)
    assert run._undecided(result, result.scenario, None, 2) is True
    record = ControlRecord("golden", 0.05, True, 0.2, (FAILS,))
    (folder / "controls").mkdir()
    controlled.write_controls(record, folder / "controls")
    assert run._undecided(result, result.scenario, None, 2) is False
    assert result.verdict.controls == record


def test_a_form_that_there_is_not_is_wrong_usage(order: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", "smoke", "--controls", "medium"])
    assert ended.value.code == 2
    assert order == []
