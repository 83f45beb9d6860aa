"""The stacks of a page: where RSS goes, who holds the live bytes, what children hold; a chart for each config."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.analysis.drawn.children_by_command import OTHERS, children_course
from harness.analysis.drawn.judged_floors import JudgedFloors
from harness.analysis.owners.courses import OTHER
from harness.analysis.owners.growth import UNATTRIBUTED
from harness.analysis.result import Result
from harness.analysis.tables import RESIDUAL
from harness.foreign_text import on_one_line
from harness.report.drawing import looks
from harness.report.drawing.looks import Fill, Look
from harness.report.drawing.subjects import Subject
from harness.report.page.chart_data import Chart, Values, chart, layer, spacing_s
from harness.report.page.floor_marks import marks_of
from harness.report.pictures.anatomy import RSS_LAYERS, gather

MOST_COMMANDS = len(looks.OWNERS)

_Layers = Sequence[tuple[str, Fill, Values]]


def stacks(result: Result) -> list[Chart]:
    """Return where RSS goes and who holds it, as far as it was recorded."""
    anatomy = gather(result.scenario, result.runs)
    found = []
    for subject in anatomy.subjects:
        known, course = anatomy.breakdowns.get(subject.config), anatomy.owners.get(subject.config)
        if known is not None:
            values = {**known.lines, RESIDUAL: known.residual}
            lines = [
                (RSS_LAYERS[name].name, RSS_LAYERS[name].fill, values[name]) for name in RSS_LAYERS if name in values
            ]
            found.append(_stack("lines", "Where RSS goes", subject.config, known.hours, lines))
        if course is not None:
            owners = _owner_layers(course.owners)
            found.append(_stack("owners", "Who holds the live bytes", subject.config, course.hours, owners))
    return found


def children_charts(result: Result, drawn: Sequence[Subject], judged: Sequence[JudgedFloors]) -> list[Chart]:
    """Return what the processes hold that each config started, by command, with the floors of all of them together."""
    found = []
    by_config: dict[str, Look] = {subject.config: subject.look for subject in drawn}
    for subject in drawn:
        every_s = spacing_s(subject.runs, result.scenario.time.sample_every_s)
        course = children_course(subject.runs, every_s=every_s, most=MOST_COMMANDS)
        if course is None:
            continue
        fills = dict(zip([name for name in course.commands if name != OTHERS], looks.OWNERS, strict=False))
        layers = [(name, fills.get(name, looks.OTHER_OWNERS), gb) for name, gb in course.commands.items()]
        own = [one for one in judged if one.leak.config == subject.config]
        stacked = _stack("children", "What the processes that it started hold", subject.config, course.hours, layers)
        found.append({**stacked, "marks": marks_of(own, ["children"], by_config)})
    return found


def _owner_layers(owners: dict[str, Values]) -> list[tuple[str, Fill, Values]]:
    named = [path for path in owners if path not in (OTHER, UNATTRIBUTED)]
    fills = dict(zip(named, looks.OWNERS, strict=False))
    fills |= {OTHER: looks.OTHER_OWNERS, UNATTRIBUTED: looks.UNATTRIBUTED}
    words = {OTHER: "other owners", UNATTRIBUTED: "unattributed"}
    return [(words.get(path, path), fills[path], gb) for path, gb in owners.items()]


def _stack(kind: str, title: str, config: str, hours: Values, layers: _Layers) -> Chart:
    series = [layer(label, config, fill) for label, fill, _ in layers]
    courses = [(hours, np.asarray(gb)) for _, _, gb in layers]
    return chart(kind, f"{title}: {on_one_line(config)}", "GB", series, courses)
