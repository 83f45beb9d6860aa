"""compare.html: what `soak compare` says, on one page: curves over each other, every difference with its interval."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from harness.analysis.comparison import Comparison, Disagreement
from harness.analysis.result import Result
from harness.report.drawing.looks import Look
from harness.report.drawing.subjects import Subject, subjects
from harness.report.page.chart_data import Chart
from harness.report.page.charts import backdrop, memory_charts
from harness.report.page.document import render
from harness.report.page.intervals import panels
from harness.report.page.making import made_by
from harness.report.terminal.comparison_table import MAY_BE_THE_CAUSE, ComparedRows, compared_rows, legend, said_of
from harness.text import shown_path

_DASHED = (0.0, (3.0, 1.5))


@dataclasses.dataclass(frozen=True)
class _Compared:
    """One comparison: its heading, the names of its sides, its one sentence, and its rows in words."""

    heading: str
    a: str
    b: str
    sentence: str
    told: ComparedRows


def configs_page(result: Result, comparisons: Sequence[Comparison]) -> str:
    """Return the page of one result, whose first config is compared with each other one, as HTML."""
    scale = result.scenario.memory.scale
    drawn = subjects(result.scenario, result.runs.finished)
    look = {subject.config: subject.look for subject in drawn}
    reasons = [*result.invalidities, *result.lacking]
    rows = [
        _Compared(f"{one.a} and {one.b}", one.a, one.b, said_of(one), compared_rows(one, memory_scale=scale))
        for one in comparisons
    ]
    told = {
        **_told(result, reasons, rows, scale),
        "title": f"{comparisons[0].a} against {', '.join(one.b for one in comparisons)}: {result.scenario.title}",
        "sides": [("result", shown_path(result.folder))],
        "panels": panels([(one, f"{one.b} - {one.a}", look[one.b]) for one in comparisons]),
        "less": f"each less {comparisons[0].a}",
    }
    charts = memory_charts(result.scenario, drawn)
    return render("comparison.jinja", told, [{"backdrop": backdrop(result), "charts": charts, "toggles": True}])


def results_page(
    a: Result, b: Result, comparisons: Mapping[str, Comparison], disagreements: Sequence[Disagreement]
) -> str:
    """Return the page of two results, A dashed and B solid, by the configs that both have, as HTML."""
    scale = a.scenario.memory.scale
    before, after = (
        {subject.config: subject for subject in subjects(one.scenario, one.runs.finished)} for one in (a, b)
    )
    look = {config: before[config].look for config in comparisons}
    reasons = [
        f"{side}: {reason}" for side, one in (("A", a), ("B", b)) for reason in (*one.invalidities, *one.lacking)
    ]
    rows = [
        _Compared(config, "A", "B", said_of(one), compared_rows(one, memory_scale=scale))
        for config, one in comparisons.items()
    ]
    same = a.scenario.title == b.scenario.title
    told = {
        **_told(b, reasons, rows, scale),
        "title": f"A against B: {a.scenario.title}" if same else f"A: {a.scenario.title}; B: {b.scenario.title}",
        "sides": [("A", shown_path(a.folder)), ("B", shown_path(b.folder))],
        "differ": MAY_BE_THE_CAUSE if disagreements else "",
        "disagreements": [str(one) for one in disagreements],
        "panels": panels([(one, config, look[config]) for config, one in comparisons.items()]),
        "less": "B less A",
    }
    charts: list[Chart] = []
    for config in comparisons:
        pair = [_side(before[config], "A", look[config], dashed=True), _side(after[config], "B", look[config])]
        charts += [{**chart, "title": f"{config}: {chart['title']}"} for chart in memory_charts(a.scenario, pair)]
    behind = {**backdrop(a), "cleanups": {}}
    return render("comparison.jinja", told, [{"backdrop": behind, "charts": charts, "toggles": True}])


def _told(result: Result, reasons: Sequence[str], rows: Sequence[_Compared], scale: float) -> dict[str, Any]:
    return {
        "name": "compare",
        "status": "comparison",
        "reasons": reasons,
        "compared": rows,
        "legend": legend(memory_scale=scale),
        "differ": "",
        "disagreements": [],
        **made_by(result.manifest),
    }


def _side(subject: Subject, side: str, look: Look, *, dashed: bool = False) -> Subject:
    """A config of one of two results, in the look that it has in both."""
    own = dataclasses.replace(look, dashes=_DASHED if dashed else "solid", width=2.0 if dashed else 3.0)
    return dataclasses.replace(subject, config=f"{subject.config} {side}", look=own)
