"""`soak init`: what it writes is what would be run, and nothing is overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import main
from harness.scenario import load, to_toml
from harness.scenario.without_file import Wanted, without_file

TARGET = ["--target", "dummy_target:build", "--set", "max_samples=9", "--no-trial"]


def test_the_scenario_is_the_one_that_runs_without_a_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "mine", *TARGET, "--hours", "2"]) == 0
    wanted = Wanted("dummy_target:build", hours=2.0, params={"max_samples": 9})
    assert to_toml(load("mine")) == to_toml(without_file(wanted))
    assert "Written: scenarios/mine.toml. Next: soak show mine" in capsys.readouterr().out


def test_nothing_is_overwritten(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "mine", *TARGET]) == 0
    before = Path("scenarios/mine.toml").read_bytes()
    assert main(["init", "mine", *TARGET, "--hours", "9"]) == 2
    assert "scenarios/mine.toml: is there already" in capsys.readouterr().err
    assert Path("scenarios/mine.toml").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["mine"], "give --target MODULE:FACTORY, or --kind"),
        (["mine", "--target", "a:b", "--kind", "messages"], "give --target MODULE:FACTORY, or --kind"),
        (["my-bot", "--kind", "messages"], "my-bot: a name is made of a-z, 0-9 and _"),
        (["../mine", "--kind", "messages"], "a name is made of a-z, 0-9 and _"),
        (["mine", "--target", "dummy_target"], '--target dummy_target: not of the form "module:factory"'),
        (["mine", *TARGET, "--hours", "0"], "--hours 0: must be above 0"),
        (["mine", *TARGET, "--symbols", "0"], "market.symbols = 0: must be at least 1"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_written(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["init", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not [*Path().rglob("*.toml"), *Path().rglob("*_target.py")]
