"""over_time.png: what the fix saves depending on when one looks, and below it what a cycle costs over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from harness.analysis.metrics.levels import GROWN_SHARE
from harness.analysis.over_time import PEAK_NET, CpuOverTime, ReductionOverTime, cpu_over_time, reduction_over_time
from harness.analysis.runs import Run, Runs
from harness.analysis.verdict.soak_verdict import Verdict
from harness.report.drawing.lettering import characters, drawable, wrapped
from harness.report.drawing.looks import TEXT_PT, WIDTH_PX, in_house_style, looks
from harness.report.drawing.over_time_axes import draw_cpu, draw_reductions, key_handles
from harness.report.drawing.page import MARGIN_PX, Page
from harness.report.pictures.memory import foot, titled
from harness.report.words.amounts import on_one_line, percent
from harness.report.words.owner_paths import shortened
from harness.scenario import Scenario

MOST_CONFIGS = 6

_LEFT_PX, _LABELS_PX = 82.0, 322.0
_WIDTH_PX = WIDTH_PX - _LEFT_PX - _LABELS_PX - MARGIN_PX
_NAMED = 25
"""Characters of the name of a config in a heading: the title has all of it."""

_HEADING_PX, _TICKS_PX, _BETWEEN_PX = 32.0, 66.0, 34.0
_UPPER_SHARE = 0.62

_LASTS = 0.9
"""A reduction that settles later than at this share of the time is told as of the end, not "from ... on"."""


@in_house_style
def over_time_picture(scenario: Scenario, runs: Sequence[Run], *, verdict: Verdict | None = None) -> Page | None:
    """Draw the picture; None where there is neither a reduction to draw nor any CPU recorded.

    With a `verdict`, its summary stands in the foot.
    """
    reduced, costs = reduction_over_time(scenario, runs), cpu_over_time(scenario, runs)
    if reduced is None and not costs:
        return None
    by_config = looks(Runs.of(scenario, runs).configs)
    lines = _readings(reduced, costs)
    drawn = costs[:MOST_CONFIGS]
    if len(costs) > len(drawn):
        lines.append(f"CPU of the first {len(drawn)} of {len(costs)} configs.")
    below = foot(scenario, runs, verdict)
    first = 0 if verdict is None else 1  # its summary goes before all else
    title = titled(_title(scenario, reduced, costs), verdict)
    page = Page(title, [*below[:first], scenario.title, *lines, *below[first:]])
    look = None if reduced is None else by_config[reduced.old]
    page.key(key_handles(scenario, reduced, look, _WIDTH_PX))
    bottom = page.bottom_px + _TICKS_PX
    panels = [panel for panel in (reduced is not None, bool(costs)) if panel]
    room = page.top_px - bottom - _HEADING_PX * len(panels) - _BETWEEN_PX * (len(panels) - 1)
    upper = room if not costs else _UPPER_SHARE * room if reduced is not None else 0.0
    labels = _LABELS_PX - 0.035 * _WIDTH_PX
    axes: Axes | None = None
    if reduced is not None and look is not None:
        axes = page.axes(_LEFT_PX, page.top_px - _HEADING_PX - upper, _WIDTH_PX, upper)
        draw_reductions(axes, scenario, reduced, look, width_px=_WIDTH_PX, height_px=upper, labels_px=labels)
        axes.set_title(_reduction_heading(reduced), loc="left", fontsize=TEXT_PT, pad=8)
    if costs:
        if axes is not None:
            axes.tick_params(labelbottom=False)
        axes = page.axes(_LEFT_PX, bottom, _WIDTH_PX, room - upper)
        draw_cpu(axes, scenario, drawn, by_config, height_px=room - upper, labels_px=labels)
        axes.set_title(_cpu_heading(costs, alone=reduced is None), loc="left", fontsize=TEXT_PT, pad=8)
    if axes is not None:
        axes.set_xlabel("virtual hours")
    return page


def _title(scenario: Scenario, reduced: ReductionOverTime | None, costs: Sequence[CpuOverTime]) -> str:
    """Return the finding: of the reduction where there is one, else of the CPU."""
    if reduced is None:
        return f"CPU per symbol-cycle: {_growth(costs)}"
    findings = reduced.findings(scenario.time.warmup_minutes / 60)
    saved = f"{reduced.fixed} saves of {reduced.old}'s peak"
    if not findings:
        return f"What {saved}: the runs ended in the warm-up"
    if len(findings) == 1:
        return f"What {saved} does not depend on when one looks: {_percent(findings[0].share)}"
    shares = [f"{_percent(finding.share)} after {_time(finding.hour)}" for finding in findings[:-1]]
    last, end = findings[-1], float(reduced.hours[-1])
    settles = last.hour <= _LASTS * end
    shares.append(f"{_percent(last.share)} {f'from {_time(last.hour)} on' if settles else f'after {_time(end)}'}")
    return f"What {saved} depends on when one looks: {', '.join(shares)}"


def _growth(costs: Sequence[CpuOverTime]) -> str:
    """Return which configs take more CPU at the end of the load than at its start, in words."""
    growing = [f"{cost.config} by {_percent(cost.growth.estimate or 0.0)}" for cost in costs if cost.grows]
    if growing:
        return f"grows under load, {', '.join(growing)}"
    if all(cost.growth.low is None for cost in costs):
        return "one seed or an early end does not tell growth from noise"
    return "no growth beyond the noise of the seeds"


def _reduction_heading(reduced: ReductionOverTime) -> str:
    old, fixed = (shortened(drawable(name), _NAMED) for name in (reduced.old, reduced.fixed))
    return f"What {fixed} saves of {old}'s RSS, had the runs ended then, %"


def _cpu_heading(costs: Sequence[CpuOverTime], *, alone: bool) -> str:
    what = "CPU per symbol and cycle, ms"
    return what if alone else wrapped(f"{what}: {_growth(costs)}", characters(_WIDTH_PX, TEXT_PT), lines=1)[0]


def _readings(reduced: ReductionOverTime | None, costs: Sequence[CpuOverTime]) -> list[str]:
    """Say what a reader must know of the panels."""
    lines = []
    if reduced is not None:
        grown = f"grew by {_percent(GROWN_SHARE)} of its start"
        net = np.isfinite(reduced.courses[PEAK_NET].estimate).any()
        lines.append(
            f"Growth: net of the start, from when every run {grown}." if net else f"Not every run {grown}: no net line."
        )
        if reduced.ended:
            lines.append(f"The reductions end early: {reduced.ended}.")
    if costs:
        lines.append(
            "CPU of the scaled world, with market: median by span, range of seeds shaded, "
            "growth (if there is room) beside the name."
        )
    return lines


def _time(hours: float) -> str:
    """Return a time after the start in words that stay on one line."""
    words = f"{60 * hours:.0f} min" if hours < 1 else f"{hours:.1f}".removesuffix(".0") + " h"
    return on_one_line(words)


def _percent(share: float) -> str:
    return on_one_line(percent(share))
