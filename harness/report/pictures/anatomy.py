"""anatomy.png: where RSS goes over virtual time, and below it who holds what is live; one column a config."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from harness.analysis.curves import Curve, curve
from harness.analysis.metrics.rss_lines import Breakdown, breakdown, read_at
from harness.analysis.owners.courses import OTHER, OwnerCourse, owner_courses
from harness.analysis.owners.growth import UNATTRIBUTED
from harness.analysis.rss_course import rss_course
from harness.analysis.runs import Run, Runs
from harness.analysis.tables import RESIDUAL
from harness.analysis.verdict.soak_verdict import Verdict
from harness.report.drawing import looks
from harness.report.drawing.lettering import write_name
from harness.report.drawing.looks import FAINT, INK, SMALL_PT, WIDTH_PX, in_house_style
from harness.report.drawing.page import MARGIN_PX, Page
from harness.report.drawing.stacks import Layer, draw_key, draw_stack
from harness.report.drawing.subjects import Subject, subjects
from harness.report.pictures.memory import foot, in_which_world, titled
from harness.scenario import Scenario

MOST_CONFIGS, MOST_OWNERS = 6, 6

MOST_POINTS = 4_000
"""An area of more points than this is no sharper in a panel."""

LAST_TICK = 0.92
THINNEST_SHARE = 0.001
"""A layer that nowhere has this share of the height of its row cannot be seen."""

RSS_LAYERS = {  # the first lies at the bottom: what does not move, what is held, what is held and not used
    "ballast_bytes": Layer("ballast", looks.BALLAST),
    "file_bytes": Layer("files, mapped", looks.OTHER),
    "stacks_bytes": Layer("thread stacks", looks.STACKS),
    "dirty_file_bytes": Layer("files, written", looks.DIRTY_FILES),
    "shared_bytes": Layer("shared memory", looks.SHARED_MEMORY),
    "anonymous_bytes": Layer("anonymous mappings", looks.ANONYMOUS),
    "arrow_bytes": Layer("Arrow's pool", looks.ARROW),
    "glibc_mapped_bytes": Layer("glibc, mapped: in use", looks.GLIBC_MAPPED),
    "glibc_heap_bytes": Layer("glibc, heap: in use", looks.GLIBC_HEAP),
    "pymalloc_bytes": Layer("pymalloc: in use", looks.LIVE),
    "pymalloc_overhead_bytes": Layer("pymalloc: overhead", looks.OVERHEAD),
    "pymalloc_free_bytes": Layer("pymalloc: free, still mapped", looks.PINNED),
    "glibc_free_bytes": Layer("glibc: free, not trimmed", looks.SLACK),
    RESIDUAL: Layer("not explained", looks.UNEXPLAINED),
}

_LEFT_PX, _KEY_PX, _GAP_PX = 78.0, 430.0, 16.0
_HEADING_PX, _TICKS_PX, _BETWEEN_PX = 30.0, 62.0, 40.0


@dataclass(frozen=True, eq=False)
class Anatomy:
    """What there is to draw of each config; a row that no config has is not drawn.

    `coarse` are the configs whose lines of RSS can only be joined from one costly reading to the next.
    """

    subjects: list[Subject]
    curves: dict[str, Curve]
    breakdowns: dict[str, Breakdown]
    coarse: frozenset[str]
    owners: dict[str, OwnerCourse]


def gather(scenario: Scenario, runs: Sequence[Run]) -> Anatomy:
    """Return what there is to draw; nothing where no run recorded its anatomy."""
    drawn = [subject for subject in subjects(scenario, runs) if subject.curve is not None]
    longest_s = max((float(run.t_s[-1]) for run in runs if run.t_s.size), default=0.0)
    every_s = max(scenario.time.sample_every_s, longest_s / MOST_POINTS)
    curves = {subject.config: curve(subject.config, subject.runs, every_s=every_s) for subject in drawn}
    breakdowns = {}
    coarse = set()
    for subject in drawn:
        known = rss_course(curves[subject.config], subject.runs)
        if known is None:
            known = breakdown(subject.config, subject.runs, every_s=scenario.time.sample_every_s)
            coarse.add(subject.config)
        if known is not None:
            breakdowns[subject.config] = known
    owners = owner_courses(Runs.of(scenario, runs), curves, MOST_OWNERS)
    there = [subject for subject in drawn if subject.config in breakdowns or subject.config in owners]
    return Anatomy(there, curves, breakdowns, frozenset(coarse & breakdowns.keys()), owners)


@in_house_style
def anatomy_picture(scenario: Scenario, runs: Sequence[Run], *, verdict: Verdict | None = None) -> Page | None:
    """Draw the picture; None where no run recorded its anatomy.

    With a `verdict`, its summary stands in the foot.
    """
    anatomy = gather(scenario, runs)
    if not anatomy.subjects:
        return None
    drawn = anatomy.subjects[:MOST_CONFIGS]
    lines = foot(scenario, runs, verdict)
    first = 0 if verdict is None else 1
    lines[first:first] = readings_words(anatomy)
    if len(anatomy.subjects) > len(drawn):
        lines.append(f"The first {len(drawn)} of {len(anatomy.subjects)} configs.")
    page = Page(titled(scenario.title, verdict), lines)
    rows: list[tuple[str, Callable[[Sequence[Axes], Sequence[Subject], Anatomy], list[Layer]]]] = []
    if anatomy.breakdowns:
        rows.append((f"RSS{in_which_world(scenario)}, GB", _draw_breakdowns))
    if anatomy.owners:
        rows.append(("Live bytes by owner, without ballast, GB", _draw_owners))
    width = (WIDTH_PX - _LEFT_PX - _KEY_PX - 2 * MARGIN_PX - _GAP_PX * (len(drawn) - 1)) / len(drawn)
    lefts = [_LEFT_PX + column * (width + _GAP_PX) for column in range(len(drawn))]
    bottom, top = page.bottom_px + _TICKS_PX, page.top_px - _HEADING_PX
    height = (page.top_px - bottom - len(rows) * _HEADING_PX - (len(rows) - 1) * _BETWEEN_PX - _HEADING_PX) / len(rows)
    for left, subject in zip(lefts, drawn, strict=True):
        _name(page, subject, left, width, top)
    for row, (heading, draw) in enumerate(rows):
        base = top - (row + 1) * (height + _HEADING_PX) - row * _BETWEEN_PX
        axes = [page.axes(left, base, width, height) for left in lefts]
        layers = draw(axes, drawn, anatomy)
        _finish(axes, scenario, drawn, heading, last=row == len(rows) - 1)
        key = page.axes(WIDTH_PX - MARGIN_PX - _KEY_PX, base, _KEY_PX, height)
        draw_key(key, layers, width_px=_KEY_PX, height_px=height)
    return page


def readings_words(anatomy: Anatomy) -> list[str]:
    """Say what of the areas was measured, and what lies between readings."""
    lines = []
    runs = [run for subject in anatomy.subjects for run in subject.runs]
    fine = anatomy.breakdowns.keys() - anatomy.coarse
    if fine:
        sampled = _apart([run.t_s[run.fed] for run in runs])
        cheap = _apart([run.t_s[run.fed & np.isfinite(run.column("glibc_bytes"))] for run in runs])
        costly = _apart([run.t_s[run.fed & read_at(run)] for run in runs])
        lines.append(
            f"RSS was measured every {sampled}, what is in use every {cheap}, all lines every {costly}; "
            "lines and the split of free memory are interpolated."
        )
    if anatomy.coarse:
        of = f" of {', '.join(sorted(anatomy.coarse))}" if fine else " of RSS"
        lines.append(f"The areas{of} join the readings of all lines; the black line is RSS in between.")
    if anatomy.owners:
        walked = _apart([np.unique(run.owners["t_s"].to_numpy(dtype=np.float64)) for run in runs])
        live = _apart([run.t_s[run.fed & np.isfinite(run.column("live_bytes"))] for run in runs])
        read = any(course.live is not None for course in anatomy.owners.values())
        between = f"live bytes every {live}; whose they are in between is interpolated." if read else "joined by lines."
        lines.append(f"Owners were measured every {walked}, {between}")
    return lines


def _apart(times: Sequence[NDArray[np.float64]]) -> str:
    """Return how far apart readings are, in words; one reading tells nothing."""
    gaps = [np.diff(readings_s) for readings_s in times if readings_s.size > 1]
    seconds = float(np.median(np.concatenate(gaps))) if gaps else 0.0
    if seconds <= 0:
        return "so often"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _name(page: Page, subject: Subject, left: float, width: float, top: float) -> None:
    axes = page.axes(left, top, width, _HEADING_PX)
    axes.set_axis_off()
    write_name(axes, 0.2, subject.config, subject.look, width)


def _draw_breakdowns(axes: Sequence[Axes], drawn: Sequence[Subject], anatomy: Anatomy) -> list[Layer]:
    """Draw the lines of RSS on one scale; returns the layers that can be seen."""
    highest = 0.0
    thickest: dict[str, float] = {}
    for panel, subject in zip(axes, drawn, strict=True):
        panel.set_gid(f"rss {subject.config}")
        known, fine = anatomy.breakdowns.get(subject.config), anatomy.curves[subject.config]
        if known is None:
            _not_recorded(panel)
            continue
        values = {**known.lines, RESIDUAL: known.residual}
        for name, gb in values.items():
            thickest[name] = max(thickest.get(name, 0.0), float(np.nanmax(gb, initial=0.0)))
        highest = max(highest, draw_stack(panel, known.hours, RSS_LAYERS, values))
        _draw_line(panel, fine.hours, fine.rss.median)
        highest = max(highest, float(np.nanmax(fine.rss.median, initial=0.0)))
    _same_scale(axes, highest)
    return [layer for key, layer in RSS_LAYERS.items() if thickest.get(key, 0.0) > THINNEST_SHARE * highest]


def _draw_owners(axes: Sequence[Axes], drawn: Sequence[Subject], anatomy: Anatomy) -> list[Layer]:
    """Draw the owners on one scale; returns their layers, which are the same in every panel."""
    paths = list(next(iter(anatomy.owners.values())).owners)
    named = [path for path in paths if path not in (OTHER, UNATTRIBUTED)]
    layers = {path: Layer(path, fill) for path, fill in zip(named, looks.OWNERS, strict=False)}
    layers[OTHER] = Layer("other owners", looks.OTHER_OWNERS)
    layers[UNATTRIBUTED] = Layer("unattributed", looks.UNATTRIBUTED)
    highest = 0.0
    for panel, subject in zip(axes, drawn, strict=True):
        panel.set_gid(f"owners {subject.config}")
        known = anatomy.owners.get(subject.config)
        if known is None:
            _not_recorded(panel)
            continue
        highest = max(highest, draw_stack(panel, known.hours, layers, known.owners))
        if known.live is not None:
            _draw_line(panel, known.hours, known.live)
            highest = max(highest, float(np.nanmax(known.live, initial=0.0)))
    _same_scale(axes, highest)
    return list(layers.values())


def _draw_line(axes: Axes, hours: NDArray[np.float64], gb: NDArray[np.float64]) -> None:
    axes.plot(hours, gb, color=INK, linewidth=1.1, zorder=3, gid="line")


def _not_recorded(axes: Axes) -> None:
    axes.text(0.5, 0.5, "not recorded", transform=axes.transAxes, ha="center", color=FAINT, fontsize=SMALL_PT)


def _same_scale(axes: Sequence[Axes], highest: float) -> None:
    for panel in axes:
        panel.set_ylim(0, 1.06 * highest or 1.0)


def _finish(axes: Sequence[Axes], scenario: Scenario, drawn: Sequence[Subject], text: str, *, last: bool) -> None:
    """Give all panels the same hours; write numbers at the left edge of the row and under its last one only."""
    end = max([scenario.time.hours, *(float(s.curve.hours[-1]) for s in drawn if s.curve is not None)])
    hours = MaxNLocator(nbins=max(3, 8 // len(axes) + 1), integer=end >= 2).tick_values(0, end)
    for place, panel in enumerate(axes):
        panel.set_xlim(0, end)
        room = 1.0 if place == len(axes) - 1 else LAST_TICK  # a number at the right edge would touch the next panel's 0
        panel.set_xticks([hour for hour in hours if 0 <= hour <= room * end])
        panel.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
        panel.tick_params(labelleft=place == 0, labelbottom=last, labelsize=SMALL_PT)
        if last:
            panel.set_xlabel("virtual hours", fontsize=SMALL_PT)
    axes[0].set_title(text, loc="left", fontsize=SMALL_PT, pad=6, color=INK)
