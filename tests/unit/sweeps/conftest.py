"""A scenario of a dummy target, with sweeps written behind it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.scenario import Scenario, load
from tests.unit.conftest import SCENARIO
from tests.unit.report.swept import SWITCHES

FIXES = SWITCHES.replace("seeds = 1\n", "")

FEED = """
[sweeps.feed]
seeds = 3
[sweeps.feed.axes.cycle]
"1s" = { time.cycle_s = 1.0 }
"5s" = { "time.cycle_s" = 5.0 }
[sweeps.feed.axes.scale]
"0_1" = { "memory.scale" = 0.1 }
"0_2" = { "memory.scale" = 0.2 }
"""

Write = Callable[[str], Scenario]


@pytest.fixture
def write(here: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """A scenario with this text behind it, its configs as they are written."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "targets"))

    def written(text: str) -> Scenario:
        path = here / "mine.toml"
        path.write_text(SCENARIO + text)
        return load("mine.toml", import_target=False)

    return written
