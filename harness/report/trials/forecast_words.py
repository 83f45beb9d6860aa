"""A forecast in words: processor time, wall time, memory, disk."""

from __future__ import annotations

from harness.forecasts.forecast import Forecast
from harness.report.words.durations import about

WORTH_SAYING = 1.15
"""Where all takes at least so many times as long as on an idle machine, that is told."""


def forecast_line(told: Forecast) -> str:
    """Return what runs take, with where that is from, in one line."""
    count = len(told.run_s)
    runs = "1 run" if count == 1 else f"{count} runs"
    each = "" if count == 1 else f", {about(told.cpu_s / count)} a run"
    return (
        f"Forecast: {runs}, {min(told.at_once, count)} at once: {_wall(told)}; {about(told.cpu_s)} of one core{each}; "
        f"{_memory(told)}; {amount(told.disk_bytes)} of disk. By {told.source}."
    )


def _wall(told: Forecast) -> str:
    if told.slowed < WORTH_SAYING:
        return f"{about(told.wall_s)} in all"
    return f"{about(told.wall_s)} in all, beside the other work of this machine ({about(told.idle_s)} if it were idle)"


def _memory(told: Forecast) -> str:
    low, high = amount(told.low_bytes), amount(told.high_bytes)
    if low == high:
        return f"{low} of memory a run"
    return f"{low} of memory a run as it was last seen, {high} if it goes on growing as it did"


def amount(size: float) -> str:
    """Return bytes as people say them: ``47 MB``, ``1.2 GB``."""
    if size < 1e6:
        return f"{max(size / 1e3, 0):.0f} kB"
    return f"{size / 1e6:.0f} MB" if size < 1e9 else f"{size / 1e9:.1f} GB"
