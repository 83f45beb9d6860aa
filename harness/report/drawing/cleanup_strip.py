"""One row a config under the curves: a tick for every cleanup, and how many there were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from harness.report.drawing.lettering import characters, drawable
from harness.report.drawing.subjects import Subject
from harness.report.words.amounts import NOT_TOLD

_TICK_PX = 4.0
"""Room that a tick needs. More cleanups than fit are drawn as one bar: a fence of ticks would say nothing."""


def draw_cleanups(
    axes: Axes, drawn: Sequence[Subject], *, hours: tuple[float, float], width_px: float, left_px: float, size_pt: float
) -> None:
    """Draw the rows over the same hours as the curves; a cleanup of several seeds at one instant is one tick.

    `left_px` is the room for the names left of the axes, which are `width_px` wide.
    """
    bare_rows(axes, len(drawn))
    axes.set_gid("cleanups")
    axes.set_xlim(*hours)
    for row, subject in enumerate(drawn):
        look = subject.look
        fitting_pt = size_pt * characters(left_px, size_pt, bold=True) / len(subject.config)
        _write_row(axes, row, subject, min(size_pt, fitting_pt), size_pt)
        times = _times(subject)
        if times.size * _TICK_PX > width_px:
            axes.broken_barh([(times[0], times[-1] - times[0])], (row - 0.2, 0.4), color=look.colour, gid="bar")
        else:
            axes.vlines(times, row - 0.33, row + 0.33, color=look.colour, linewidth=2, gid=f"ticks {subject.config}")


def bare_rows(axes: Axes, rows: int) -> None:
    """Take the frame off the axes and put row 0 at the top."""
    axes.set_axis_off()
    axes.set_ylim(rows - 0.5, -0.5)


def _write_row(axes: Axes, row: int, subject: Subject, name_pt: float, size_pt: float) -> None:
    """Write the config's marker and name left of its row, and its number of cleanups right of it."""
    look, beside = subject.look, axes.get_yaxis_transform()
    style: dict[str, Any] = {"transform": beside, "color": look.text, "va": "center_baseline", "parse_math": False}
    axes.plot(
        -0.02, row, marker=look.marker, color=look.colour, markersize=0.7 * size_pt, transform=beside, clip_on=False
    )
    name = drawable(subject.config)
    axes.text(-0.045, row, name, fontsize=name_pt, fontweight="bold", ha="right", gid="name", **style)
    axes.text(1.035, row, _count(subject), fontsize=size_pt, ha="left", gid="count", **style)


def _times(subject: Subject) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the hours of all cleanups of all seeds, each once to the second."""
    if subject.curve is None:
        return np.empty(0)
    seconds = [np.round(times * 3600) for times in subject.curve.cleanups.values()]
    return np.unique(np.concatenate(seconds)) / 3600


def _count(subject: Subject) -> str:
    if subject.curve is None:
        return "no sample" if subject.runs else "no run"
    drawn = [run for run in subject.runs if run.t_s.size]
    told = [run.cleanups for run in drawn]
    if all(count is None for count in told):
        return f"cleanups {NOT_TOLD}"
    # Ticks are of the whole feed, also beyond the horizon; without any the target's counter says how many there were.
    ticks = [len(subject.curve.cleanups[run.seed]) for run in drawn]
    counts = sorted({drawn_ticks or count or 0 for drawn_ticks, count in zip(ticks, told, strict=True)})
    if counts[-1] == 0:
        return "no cleanup"
    number = str(counts[0]) if len(counts) == 1 else f"{counts[0]}-{counts[-1]}"
    return f"{number} cleanup" if counts == [1] else f"{number} cleanups"
