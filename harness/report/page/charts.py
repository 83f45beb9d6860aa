"""The charts of a soak that share an axis of virtual hours: memory, what else is judged, lines of RSS, owners, load."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.analysis.drawn.judged_floors import JudgedFloors, judged_floors, measured
from harness.analysis.leaks.config_leaks import COUNTS, MAPPINGS, Measure
from harness.analysis.load_rates import moving_load
from harness.analysis.result import Result
from harness.foreign_text import on_one_line
from harness.report.drawing import looks
from harness.report.drawing.subjects import Subject, subjects
from harness.report.page.chart_data import Chart, Course, Series, Values, chart, line, spacing_s
from harness.report.page.floor_marks import marks_of
from harness.report.page.layers import children_charts, stacks
from harness.scenario import Scenario

_ON_DARK = "#b5b5b5"
"""The load's grey on a dark page."""


def charts(result: Result) -> list[Chart]:
    """Return every chart that there is something to draw in."""
    drawn = subjects(result.scenario, result.runs, result.anchors)
    judged = judged_floors(result.runs, result.verdict.leaks)
    return [
        *memory_charts(result.scenario, drawn, judged),
        *children_charts(result, drawn, judged),
        *_judged_beside(result, drawn, judged),
        *stacks(result),
        *_load(drawn),
    ]


def backdrop(result: Result) -> dict[str, Any]:
    """Return what lies behind every chart: warm-up, horizon and limit, and the hours of the cleanups by config."""
    scenario = result.scenario
    ends = [float(run.t_s[run.fed][-1]) / 3600 for run in result.runs if run.fed.any()]
    return {
        "end_h": max([scenario.time.hours, *ends]),
        "warmup_h": scenario.time.warmup_minutes / 60,
        "horizon_h": scenario.time.hours,
        "limit_gb": scenario.memory.limit_gb,
        "cleanups": {
            on_one_line(config): [float(hour) for run in runs[:1] for hour in run.event_times("cleanup") / 3600]
            for config, runs in result.runs.by_config().items()
        },
    }


def memory_charts(
    scenario: Scenario, drawn: Sequence[Subject], judged: Sequence[JudgedFloors] = (), *, seeds: bool = True
) -> list[Chart]:
    """Return the chart of RSS, live bytes and RSS with children; none where nothing was sampled.

    Where an anchor tells of full scale that is the thick line, and the small world a thin one beside it.
    """
    series: list[Series] = []
    courses: list[Course] = []

    def add(role: str, label: str, subject: Subject, hours: Values, values: Values) -> None:
        series.append(line(role, label, subject.config, subject.look))
        at, first = np.unique(np.round(hours, 7), return_index=True)  # one instant, however it was reckoned
        courses.append((at, values[first]))

    small = "RSS" if scenario.memory.scale == 1 else f"RSS in the world of {scenario.memory.scale:g}"
    for subject in drawn:
        for run in subject.runs if seeds else ():
            if run.fed.any():
                add("seed", f"RSS, seed {run.seed}", subject, *_fed_course(run.t_s[run.fed], run.rss_gb[run.fed]))
        if subject.curve is not None:
            role, label = ("rss", "RSS") if subject.full is None else ("small", small)
            add(role, label, subject, subject.curve.hours, subject.curve.rss.median)
            if subject.curve.live is not None:
                add("live", "live bytes", subject, subject.curve.hours, subject.curve.live.median)
            if subject.curve.tree is not None:
                add("tree", "RSS with children", subject, subject.curve.hours, subject.curve.tree.median)
        if subject.full is not None:
            add("full", "RSS at full scale", subject, subject.full.hours, subject.full.rss.median)
    if not series:
        return []
    title = "Resident memory (RSS) and live bytes, brought to full scale"
    by_config = {subject.config: subject.look for subject in drawn}
    marks = marks_of(judged, ["rss", "live", "tree"], by_config)
    return [chart("memory", title, "GB", series, courses, marks=marks)]


def _fed_course(t_s: Values, gb: Values) -> Course:
    """Return hours and values with the highest one of an instant that was sampled twice."""
    hours = np.round(t_s / 3600, 7)
    at, first = np.unique(hours, return_index=True)
    return at, np.maximum.reduceat(gb, first)


def _judged_beside(result: Result, drawn: Sequence[Subject], judged: Sequence[JudgedFloors]) -> list[Chart]:
    """Return mappings where they move, and tasks, threads and open files where some config is not fine."""
    found = []
    for measure in (MAPPINGS, *COUNTS):
        mine = [one for one in judged if one.leak.measure is measure]
        if any(measure is MAPPINGS or one.leak.verdict.outcome != "OK" for one in mine):
            found += _measure(result, drawn, measure, mine)
    return found


def _measure(result: Result, drawn: Sequence[Subject], measure: Measure, judged: Sequence[JudgedFloors]) -> list[Chart]:
    series, courses = [], []
    for subject in drawn:
        every_s = spacing_s(subject.runs, result.scenario.time.sample_every_s)
        hours, values = measured(measure, subject.runs, every_s=every_s)
        if hours.size:
            series.append(line("measure", measure.words, subject.config, subject.look))
            courses.append((np.round(hours, 7), values))
    if not series:
        return []
    marks = marks_of(judged, [measure.name], {subject.config: subject.look for subject in drawn})
    words = measure.words[:1].upper() + measure.words[1:]
    title = f"{words}, in the world of the runs" if measure.counted else f"{words}, brought to full scale"
    return [chart("measure", title, "" if measure.counted else "GB", series, courses, marks=marks)]


def _load(drawn: Sequence[Subject]) -> list[Chart]:
    load = moving_load([run for subject in drawn for run in subject.runs])
    if load is None:
        return []
    series = {
        "role": "load",
        "label": "events",
        "config": "",
        "colour": looks.FAINT,
        "dark": _ON_DARK,
        "dash": [],
        "width": 2,
        "alpha": 1.0,
    }
    middles = (load.edges_h[1:] + load.edges_h[:-1]) / 2
    return [chart("load", "Load, in the world of the runs", "events/s", [series], [(middles, load.per_s)])]
