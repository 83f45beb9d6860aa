"""Why a target is soaked for so many hours where nobody said how many."""

from __future__ import annotations

from harness.report.words.durations import about
from harness.scenario.without_file import HOURS
from harness.text import number
from harness.trials.enough_hours import EnoughHours, quick_symbols


def hours_words(chosen: EnoughHours, budget_gb_per_hour: float, symbols: int) -> str:
    """Return the hours, what the longest would take, which are the fewest, and what to do where all take long."""
    words = f"{_hours(chosen.hours)}, {about(chosen.told.wall_s)}"
    if chosen.hours < HOURS:
        words += (
            f": {number(HOURS)} hours would take {about(chosen.longest.wall_s)}, and see more of what fills up slowly"
        )
    if chosen.hours == chosen.fewest:
        words += f"; fewer do not tell a leak of {number(budget_gb_per_hour)} GB/h from noise"
    elif chosen.hours < HOURS:
        words += f"; {number(chosen.fewest)} may decide"
    words += ". --hours takes others."
    if not chosen.quick and symbols > 1:
        fewer = quick_symbols(symbols, chosen.told)
        words += f" With --symbols {fewer} they take some {fewer / symbols:.0%} of that."
    return words


def _hours(hours: float) -> str:
    return f"{number(hours)} virtual hour{'' if hours == 1 else 's'}"
