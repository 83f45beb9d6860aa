"""How many virtual hours a target is soaked for where nobody says so: enough to decide, and no more than patience has.

Five hours see more than one does: what fills up slowly, and what is done every hour. So they are taken where they are
quick, and else as many as are, but never fewer than decide. What decides is that all that the budget allows in a run
is well above what an allocator makes of nothing, and that there are floors enough where a target cleans up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from harness.analysis.leaks.floors import FEWEST_FLOORS
from harness.analysis.runs import Run
from harness.forecasts.forecast import Forecast
from harness.scenario.without_file import HOURS, WARMUP_HOURS, WARMUP_SHARE

PATIENCE_S: Final = 120.0
"""Real seconds of a soak that nobody gave hours."""

TELLS_BYTES: Final = 4e6
"""What the budget must allow over a run: some arenas of 1 MiB. Measured: with half of it RSS stays open."""

STEPS: Final = (HOURS, 3.0, 2.0, 1.5, 1.0)
"""Hours that are tried, the longest first."""


@dataclass(frozen=True)
class EnoughHours:
    """The `hours` chosen, the fewest that decide, and what these and HOURS take."""

    hours: float
    fewest: float
    told: Forecast
    longest: Forecast

    @property
    def quick(self) -> bool:
        """Whether they are quick enough, the fewest or more."""
        return self.told.wall_s <= PATIENCE_S


def fewest_hours(budget_gb_per_hour: float, cleanup_every_s: float | None = None) -> float:
    """The fewest virtual hours that decide by this budget, a quarter at least, where cleanups come so often."""
    judged = TELLS_BYTES / (budget_gb_per_hour * 1e9)
    if cleanup_every_s is not None:  # a floor lies between two of them, and the first may be that of the warm-up
        judged = max(judged, (FEWEST_FLOORS + 1) * cleanup_every_s / 3600)
    hours = min(judged / (1 - WARMUP_SHARE), judged + WARMUP_HOURS)
    return max(math.ceil(hours * 4 - 1e-9) / 4, 0.25)


def cleanup_every_s(run: Run) -> float | None:
    """How many virtual seconds lie between two cleanups that a run told of; None where it told of none."""
    at_s = [float(event["t_s"]) for event in run.events if event["kind"] == "cleanup"]
    return float(np.median(np.diff([0.0, *at_s]))) or None if at_s else None


def enough_hours(fewest: float, forecast_of: Callable[[float], Forecast]) -> EnoughHours:
    """As many of STEPS as patience has, at least the `fewest`; `forecast_of` says what so many hours take."""
    longest = told = forecast_of(HOURS)
    hours = HOURS
    for step in (*(step for step in STEPS if step > fewest), fewest):
        hours, told = step, longest if step == HOURS else forecast_of(step)
        if told.wall_s <= PATIENCE_S:
            break
    return EnoughHours(hours, fewest, told, longest)


def quick_symbols(symbols: int, told: Forecast) -> int:
    """How many of the market's symbols would be quick, one at least: what a run takes goes with its events."""
    return max(int(symbols * PATIENCE_S / max(told.wall_s, 1e-9)), 1)
