"""The stop enlarged: memory before it and after each of its three steps, drawn and in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from harness.analysis.curves import StopCurve
from harness.analysis.told import STEPS
from harness.report.drawing.cleanup_strip import bare_rows
from harness.report.drawing.looks import FAINT, PAPER, SMALL_PT
from harness.report.drawing.subjects import Subject

STEP_NAMES = ("before", "stop()", "dropped,\ncollected", "trimmed")
_STEPS: dict[str, Any] = {"markersize": 10, "markeredgecolor": PAPER, "elinewidth": 1.2, "capsize": 3, "zorder": 3}
_PLACES = np.arange(len(STEPS))
_BESIDE = 0.09
"""How far the configs' points stand apart, in steps, so that equal ones are all seen."""


def draw_steps(axes: Axes, drawn: Sequence[Subject]) -> None:
    """Draw RSS at every step with its range over seeds, and live bytes as a thin line."""
    axes.set_gid("stop")
    axes.set_xlim(-0.5, len(STEPS) - 0.5)
    stopped = [subject for subject in drawn if _shown(subject) is not None]
    if not stopped:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no run reached its stop", transform=axes.transAxes, ha="center", color=FAINT)
        return
    axes.set_xticks(_PLACES, STEP_NAMES, fontsize=SMALL_PT)
    axes.tick_params(axis="x", length=0)
    axes.grid(visible=False, axis="x")
    for index, subject in enumerate(stopped):
        shown = _shown(subject)
        if shown is None:
            continue
        look, rss, live = subject.look, shown.rss, shown.live
        x = _PLACES + (index - (len(stopped) - 1) / 2) * min(_BESIDE, 0.5 / len(stopped))
        if live is not None:
            axes.plot(x, live.median, color=look.text, linewidth=0.9, zorder=2, gid=f"live {subject.config}")
        spread = np.nan_to_num([rss.median - rss.low, rss.high - rss.median])
        style = {**look.line, **_STEPS, "marker": look.marker}
        axes.errorbar(x, rss.median, yerr=spread, **style, gid=f"steps {subject.config}")
        if subject.full_stop is not None and subject.stop is not None:
            small = subject.stop.rss.median
            axes.plot(x, small, color=look.colour, linewidth=1.6, alpha=0.5, zorder=2, gid=f"small {subject.config}")
    stops = [stop for subject in stopped for stop in (subject.stop, subject.full_stop) if stop is not None]
    axes.set_ylim(0, 1.08 * max(float(np.nanmax(stop.rss.high, initial=0.0)) for stop in stops) or 1.0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))


def _shown(subject: Subject) -> StopCurve | None:
    """Return the stop that is drawn in full: at full scale where anchors tell of it."""
    return subject.stop if subject.full_stop is None else subject.full_stop


def draw_values(axes: Axes, drawn: Sequence[Subject], *, size_pt: float) -> None:
    """Write the medians of RSS under the steps, one row a config."""
    bare_rows(axes, len(drawn))
    axes.set_gid("values")
    axes.set_xlim(-0.5, len(STEPS) - 0.5)
    for row, subject in enumerate(drawn):
        look = subject.look
        axes.plot(-0.62, row, marker=look.marker, color=look.colour, markersize=size_pt * 0.7, clip_on=False)
        for step in range(len(STEPS)):
            shown = _shown(subject)
            value = float("nan") if shown is None else shown.rss.median[step]
            text = "-" if np.isnan(value) else f"{value:.1f}" if value >= 1 else f"{value:.2f}"
            axes.text(step, row, text, color=look.text, fontsize=size_pt, ha="center", va="center_baseline")
