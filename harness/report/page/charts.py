"""The curves of the page as plain data: typed arrays in base64, which its script draws.

Hours are float64 and values float32, little-endian; NaN is no value.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.analysis.load_rates import moving_load
from harness.analysis.owners.courses import OTHER
from harness.analysis.owners.growth import UNATTRIBUTED
from harness.analysis.result import Result
from harness.analysis.tables import RESIDUAL
from harness.foreign_text import on_one_line
from harness.report.drawing import looks
from harness.report.drawing.looks import Fill, Look
from harness.report.drawing.subjects import Subject, subjects
from harness.report.page.envelopes import envelope, on_one_axis
from harness.report.pictures.anatomy import RSS_LAYERS, gather

MOST_POINTS = 100_000
"""Of one curve; what is longer is drawn as its envelope."""

MOST_VALUES = 400_000
"""Of one chart: many seeds share them."""

FEWEST_POINTS = 2_000

_Values = NDArray[np.float64]


def charts(result: Result) -> list[dict[str, Any]]:
    """Return the charts that share the axis of virtual hours: memory, lines of RSS, owners, load."""
    drawn = subjects(result.scenario, result.runs, result.anchors)
    return [*_memory(drawn), *_stacks(result), *_load(drawn)]


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


def _memory(drawn: Sequence[Subject]) -> list[dict[str, Any]]:
    series: list[dict[str, Any]] = []
    courses: list[tuple[_Values, _Values]] = []

    def add(role: str, label: str, subject: Subject, hours: _Values, values: _Values) -> None:
        series.append({"role": role, "label": label, "config": on_one_line(subject.config), **_line(subject.look)})
        at, first = np.unique(np.round(hours, 7), return_index=True)  # one instant, however it was reckoned
        courses.append((at, values[first]))

    for subject in drawn:
        for run in subject.runs:
            if run.fed.any():
                add("seed", f"RSS, seed {run.seed}", subject, *_fed_course(run.t_s[run.fed], run.rss_gb[run.fed]))
        if subject.curve is not None:
            add("rss", "RSS", subject, subject.curve.hours, subject.curve.rss.median)
            if subject.curve.live is not None:
                add("live", "live bytes", subject, subject.curve.hours, subject.curve.live.median)
            if subject.curve.tree is not None:
                add("tree", "RSS with children", subject, subject.curve.hours, subject.curve.tree.median)
        if subject.full is not None:
            add("full", "RSS at full scale", subject, subject.full.hours, subject.full.rss.median)
    title = "Resident memory (RSS) and live bytes, brought to full scale"
    return [_chart("memory", title, "GB", series, courses)] if series else []


def _fed_course(t_s: _Values, gb: _Values) -> tuple[_Values, _Values]:
    """Return hours and values with the highest one of an instant that was sampled twice."""
    hours = np.round(t_s / 3600, 7)
    at, first = np.unique(hours, return_index=True)
    return at, np.maximum.reduceat(gb, first)


def _stacks(result: Result) -> list[dict[str, Any]]:
    """Return where RSS goes and who holds it, a chart for each config."""
    anatomy = gather(result.scenario, result.runs)
    found = []
    for subject in anatomy.subjects:
        config = on_one_line(subject.config)
        known = anatomy.breakdowns.get(subject.config)
        if known is not None:
            values = {**known.lines, RESIDUAL: known.residual}
            layers = [
                (RSS_LAYERS[name].name, RSS_LAYERS[name].fill, values[name]) for name in RSS_LAYERS if name in values
            ]
            found.append(_stack("lines", config, "Where RSS goes", known.hours, layers))
        course = anatomy.owners.get(subject.config)
        if course is not None:
            found.append(
                _stack("owners", config, "Who holds the live bytes", course.hours, _owner_layers(course.owners))
            )
    return found


def _owner_layers(owners: dict[str, _Values]) -> list[tuple[str, Fill, _Values]]:
    named = [path for path in owners if path not in (OTHER, UNATTRIBUTED)]
    fills = dict(zip(named, looks.OWNERS, strict=False))
    fills |= {OTHER: looks.OTHER_OWNERS, UNATTRIBUTED: looks.UNATTRIBUTED}
    words = {OTHER: "other owners", UNATTRIBUTED: "unattributed"}
    return [(words.get(path, on_one_line(path)), fills[path], gb) for path, gb in owners.items()]


def _stack(
    kind: str, config: str, title: str, hours: _Values, layers: Sequence[tuple[str, Fill, _Values]]
) -> dict[str, Any]:
    series = [
        {
            "role": "layer",
            "label": label,
            "config": config,
            "colour": fill.colour,
            "dark": fill.on_dark,
            "dash": [],
            "width": 1,
        }
        for label, fill, _ in layers
    ]
    return _chart(kind, f"{title}: {config}", "GB", series, [(hours, gb) for _, _, gb in layers])


def _load(drawn: Sequence[Subject]) -> list[dict[str, Any]]:
    load = moving_load([run for subject in drawn for run in subject.runs])
    if load is None:
        return []
    series = {
        "role": "load",
        "label": "events",
        "config": "",
        "colour": looks.FAINT,
        "dark": "#b5b5b5",
        "dash": [],
        "width": 2,
    }
    middles = (load.edges_h[1:] + load.edges_h[:-1]) / 2
    return [_chart("load", "Load, in the world of the runs", "events/s", [series], [(middles, load.per_s)])]


def _chart(
    kind: str, title: str, unit: str, series: list[dict[str, Any]], courses: Sequence[tuple[_Values, _Values]]
) -> dict[str, Any]:
    hours, rows = on_one_axis(courses)
    most = min(MOST_POINTS, max(FEWEST_POINTS, MOST_VALUES // len(rows)))
    enveloped = hours.size > most
    hours, rows = envelope(hours, rows, most)
    for one, row in zip(series, rows, strict=True):
        one["values"] = _base64(row, "<f4")
    return {
        "kind": kind,
        "title": title,
        "unit": unit,
        "enveloped": enveloped,
        "hours": _base64(hours, "<f8"),
        "series": series,
    }


def _line(look: Look) -> dict[str, Any]:
    dash = [] if isinstance(look.dashes, str) else [look.width * part for part in look.dashes[1]]
    return {"colour": look.colour, "dark": look.on_dark, "dash": dash, "width": max(look.width * 0.7, 1.5)}


def _base64(values: _Values, kind: str) -> str:
    return base64.b64encode(values.astype(kind).tobytes()).decode("ascii")
