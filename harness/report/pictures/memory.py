"""memory.png: every config's memory over virtual hours, what was expected of it, the load under it, and the stop."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from harness.analysis.full_scale.anchor_runs import NO_ANCHORS, Anchors
from harness.analysis.load_rates import moving_load
from harness.analysis.runs import Run
from harness.analysis.verdict.soak_verdict import Verdict
from harness.report.drawing.cleanup_strip import draw_cleanups
from harness.report.drawing.lettering import characters, drawable, line_px
from harness.report.drawing.load_strip import draw_load
from harness.report.drawing.looks import TEXT_PT, WIDTH_PX, in_house_style
from harness.report.drawing.memory_axes import draw_memory, key_handles
from harness.report.drawing.page import MARGIN_PX, Page
from harness.report.drawing.stop_panel import draw_steps, draw_values
from harness.report.drawing.subjects import subjects
from harness.report.words.headline import summary_sentence
from harness.scenario import Scenario

_LABELS_PX, _STOP_PX = 215.0, 400.0
_TICKS_PX = 68.0  # between the curves and the rows: tick labels and what the axis is
_HEADING_PX = 30.0
_LOAD_PX, _ABOVE_LOAD_PX = 80.0, 44.0  # the strip, and its heading under the memory


@in_house_style
def memory_picture(
    scenario: Scenario, runs: Sequence[Run], *, verdict: Verdict | None = None, anchors: Anchors = NO_ANCHORS
) -> Page:
    """Draw the picture of a soak; any runs will do, finished or not.

    With a `verdict`, its summary stands in the foot. What `anchors` tell of full scale is drawn, the small world paler.
    The load lies under the memory where it is not flat.
    """
    drawn = subjects(scenario, runs, anchors)
    anchored = any(subject.full is not None for subject in drawn)
    page = Page(titled(scenario.title, verdict), foot(scenario, runs, verdict, at_full_scale=anchored))
    row_px = min(line_px(TEXT_PT) + 6, 240 / len(drawn))
    row_pt = min(TEXT_PT, TEXT_PT * row_px / line_px(TEXT_PT))
    names = max(len(drawable(subject.config)) for subject in drawn)
    left = min(max(names * WIDTH_PX / characters(WIDTH_PX, row_pt, bold=True) + 45, 100), 330)
    page.key(key_handles(scenario, drawn))

    rows_px = row_px * len(drawn)
    bottom = page.bottom_px + 10
    curves_bottom = bottom + rows_px + _TICKS_PX
    curves_px = page.top_px - _HEADING_PX - curves_bottom
    stop_left = WIDTH_PX - MARGIN_PX - _STOP_PX
    width = stop_left - 50 - _LABELS_PX - left
    for row in range(0, len(drawn), 2):
        page.shade(bottom + rows_px - (row + 1) * row_px, row_px)

    load = moving_load([run for subject in drawn for run in subject.runs])
    load_px = 0.0 if load is None else _LOAD_PX + _ABOVE_LOAD_PX
    axes = page.axes(left, curves_bottom + load_px, width, curves_px - load_px)
    labels_px = _LABELS_PX - 24
    draw_memory(axes, scenario, drawn, height_px=curves_px - load_px, labels_px=labels_px, below_px=load_px)
    if load is not None:
        under = page.axes(left, curves_bottom, width, _LOAD_PX)
        draw_load(under, scenario, load, under=axes)
        _heading(under, f"Load{_own_world(scenario)}, events/s")
    strip = page.axes(left, bottom, width, rows_px)
    draw_cleanups(strip, drawn, hours=axes.get_xlim(), width_px=width, left_px=left - 45, size_pt=row_pt)
    steps = page.axes(stop_left, curves_bottom, _STOP_PX, curves_px)
    draw_steps(steps, drawn)
    draw_values(page.axes(stop_left, bottom, _STOP_PX, rows_px), drawn, size_pt=row_pt)
    _heading(axes, "RSS (resident memory) at full scale, GB")
    _heading(steps, "The stop, enlarged: RSS, GB")
    return page


def _heading(axes: Axes, text: str) -> None:
    axes.set_title(text, loc="left", fontsize=TEXT_PT, pad=8)


def titled(title: str, verdict: Verdict | None) -> str:
    """Return a picture's title, which says first of all where it shows no evidence."""
    return f"INVALID: {title}" if verdict is not None and verdict.status == "invalid" else title


def in_which_world(scenario: Scenario) -> str:
    """Return what a heading says of a small world, whose floors are its own; nothing at full scale."""
    scale = scenario.memory.scale
    return "" if scale == 1 else f" in a world of {scale:g}, brought to full scale"


def _own_world(scenario: Scenario) -> str:
    """Return where the load is that of a small world: nothing brings it to full scale."""
    return "" if scenario.memory.scale == 1 else f" in the world of {scenario.memory.scale:g}"


def foot(
    scenario: Scenario, runs: Sequence[Run], verdict: Verdict | None = None, *, at_full_scale: bool = False
) -> list[str]:
    """Say what a reader must know of these runs: the world, the assumptions, which runs did not finish.

    A picture that does not show full scale beside a small world says what is that world's own.
    """
    seeds = len({run.seed for run in runs})
    clocks = sorted({str(run.facts.get("clock") or "virtual") for run in runs}) or ["virtual"]
    world = [
        f"scale {scenario.memory.scale:g}, shown at full scale",
        f"{seeds} {'seed' if seeds == 1 else 'seeds'}",
        f"{' and '.join(clocks)} clock",
        f"{scenario.market.symbols} symbols, {scenario.market.books_per_second:g} books/s each",
    ]
    if scenario.assumptions.strip():
        world.append("rests on assumptions: see summary")
    if scenario.memory.scale != 1 and not at_full_scale:
        world.append("what stays after a cleanup or a stop is this small world's own")
    lines = ["; ".join(world)]
    ended = [f"{run.config} seed {run.seed} {run.ending}" for run in runs if run.unfinished]
    if ended:
        lines.append(f"Unfinished: {'; '.join(ended)}")
    if verdict is not None:
        lines.insert(0, summary_sentence(verdict))
    return lines
