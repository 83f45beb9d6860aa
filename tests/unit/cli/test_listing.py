from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli import main


def test_a_listing_tells_what_each_scenario_is(
    write_scenario: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    title = "A title that is rather longer than what fits beside the other columns of an ordinary terminal " * 2
    write_scenario(("A scenario [for tests]", title.strip()), name="long")
    write_scenario(("hours = 5.0", "hours = 0"), name="wrong")
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "title", "hours", "configs", "seeds", "claims"]
    long = next(line for line in lines if line.startswith("long"))
    assert title.strip() in long  # in a pipe nothing is cut or wrapped
    assert long.split()[-5:] == ["5", "old,", "fixed", "2", "2"]
    assert any(line.startswith("wrong") and "broken: time.hours = 0: must be more than 0" in line for line in lines)
