"""What lies behind curves: the warm-up, the horizon, and the band that a claim expects them in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from harness.report.drawing.looks import FAINT, WARM_UP
from harness.scenario import Scenario

_HORIZON: dict[str, Any] = {"color": FAINT, "linewidth": 1.4, "linestyle": (0, (2, 2))}


_FADING, _STRIP = (1.0, 0.75, 0.5, 0.25), 0.02
"""How strong the strips of an open band are, and how high each is, as a share of the axis."""


def draw_warm_up(axes: Axes, scenario: Scenario) -> None:
    """Shade the warm-up over virtual hours, lightly; the key names it."""
    hours = scenario.time.warmup_minutes / 60
    if hours:
        axes.axvspan(0, hours, **WARM_UP, zorder=0.4, gid="warm-up")


def warm_up_key(scenario: Scenario) -> list[Artist]:
    """Return the entry of the key that names the warm-up, if there is one."""
    return [Patch(**WARM_UP, label="warm-up")] if scenario.time.warmup_minutes else []


def draw_horizon(axes: Axes, scenario: Scenario) -> None:
    """Draw a line where the scenario's hours end; the key names it."""
    axes.axvline(scenario.time.hours, **_HORIZON, zorder=1.4, gid="horizon")


def horizon_key() -> Artist:
    """Return the entry of the key that names the horizon."""
    return Line2D([], [], **_HORIZON, label="horizon")


def draw_band(
    axes: Axes, low: float | None, high: float | None, *, fill: str, edge: str, alpha: float
) -> tuple[float, float]:
    """Draw an expected band, which is open at an end that is None; returns where its visible part begins and ends.

    One that is open fades away from its end: several that were filled to the edge would hide one another.
    """
    bottom, top = axes.get_ylim()
    span = (bottom if low is None else max(low, bottom), top if high is None else min(high, top))
    for begin, end, strength in _fading(low, high, span, top - bottom):
        axes.axhspan(begin, end, facecolor=fill, alpha=alpha * strength, linewidth=0, zorder=0.5, gid="band")
    for known in (low, high):
        if known is not None:
            axes.axhline(known, color=edge, linewidth=0.9, linestyle=(0, (1, 2)), zorder=0.6)
    return span


def _fading(
    low: float | None, high: float | None, span: tuple[float, float], height: float
) -> Iterator[tuple[float, float, float]]:
    """Yield the strips of a band, each with its ends and how strong it is, from the end that is known."""
    if low is not None and high is not None:
        yield *span, 1.0
        return
    begin, sign = (span[0], 1.0) if high is None else (span[1], -1.0)
    for place, strength in enumerate(_FADING):
        ends = sorted(begin + sign * _STRIP * height * step for step in (place, place + 1))
        first, last = max(ends[0], span[0]), min(ends[1], span[1])
        if first < last:
            yield first, last, strength
