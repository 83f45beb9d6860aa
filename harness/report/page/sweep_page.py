"""report.html of a sweep: its sentences, heat maps of its claims, what each switch brings, and its table."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from harness.analysis.estimates import Estimate, over_seeds
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.sweeps.claim_map import ClaimMap
from harness.analysis.sweeps.moving import Moved, moved_along
from harness.analysis.sweeps.recorded_sweep import RecordedSweep
from harness.analysis.sweeps.switches import EFFECTS_ON, Effects, effects_of, switches_of
from harness.foreign_text import visible
from harness.report.drawing.looks import OTHER
from harness.report.page.document import render
from harness.report.page.heat_maps import HeatMap, claims_by_point, claims_over_two_axes, shares_of_switches
from harness.report.page.making import made_by
from harness.report.page.tables import BAR_WIDTH, Bar, bar
from harness.report.pictures.sweep_effects import LESS, MORE
from harness.report.sweeps.findings import moves_by_axis, sweep_sentence
from harness.report.sweeps.sentences import (
    holds_words,
    moved_words,
    said_along,
    said_of_claims,
    said_of_runs,
    said_of_switches,
)
from harness.report.sweeps.sweep_names import axis_words, metric_words, point_words, upper_first
from harness.report.words.amounts import NOTHING, band_words, interval, measured, value, with_unit
from harness.soaks.result_folder import read_manifest
from harness.sweeps.points import level_words

TABLE: Final = (*EFFECTS_ON[:4], "live.peak", "growth.drop_share", *EFFECTS_ON[4:])
"""The metrics that stand in the table of the page; table.parquet has all."""


@dataclass(frozen=True)
class _Base:
    """What switches do to the configs of one base: sentences, a waterfall with its title, shares, a table a metric."""

    name: str
    sentences: tuple[str, ...]
    waterfall_title: str
    waterfall: tuple[Bar, ...]
    shares: HeatMap | None
    tables: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]


@dataclass(frozen=True)
class _Along:
    """What moves along one axis: sentences, and a table whose columns are the levels."""

    axis: str
    sentences: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def sweep_page(sweep: RecordedSweep, maps: Sequence[ClaimMap]) -> str:
    """Return the page of a sweep as HTML; `maps` are those of its claims."""
    settings = sweep.points.settings
    switches = bool(switches_of(sweep))
    by_axis = moves_by_axis(sweep)
    two_axes = not switches and not by_axis and len(settings.axes) == 2
    heats = claims_over_two_axes(sweep, maps) if two_axes else []
    told: dict[str, Any] = {
        "name": f"{sweep.scenario.name} {sweep.name}",
        "title": f"Sweep {sweep.name}: {sweep.scenario.title}",
        "status": "incomplete" if sweep.holes() else "sweep",
        "sentence": sweep_sentence(sweep, maps),
        "runs_said": list(said_of_runs(sweep)),
        "axes": [_axis_row(sweep, axis) for axis in settings.axes],
        "small": _small(sweep),
        "bases": [_base(sweep, base) for base in sweep.points.bases] if switches else [],
        "along": [_along(sweep, axis, maps) for axis in settings.axes] if by_axis else [],
        "maps": [heat for heat in heats if heat.differs],
        "maps_alike": [heat for heat in heats if not heat.differs],
        "by_point": claims_by_point(sweep, maps),
        "claims_said": list(said_of_claims(maps, sweep)),
        "claims": [_claim_row(one) for one in maps],
        "table_heads": ["point", "config", *(f"{metric_words(name)}, {_unit(name)}" for name in TABLE)],
        "table": list(_table(sweep)),
        "runs": [_run_row(sweep, cell) for cell in sweep.cells()],
        "assumptions": sweep.scenario.assumptions.strip(),
        **made_by(read_manifest(sweep.folder)),
    }
    return render("sweep.jinja", told)


def _small(sweep: RecordedSweep) -> str:
    """What a reader of a sweep in a small world must know."""
    scales = sorted({scenario.memory.scale for scenario in sweep.worlds.values()})
    if scales == [1]:
        return ""
    at = f"{scales[0]:g}" if len(scales) == 1 else f"{scales[0]:g} to {scales[-1]:g}"
    return f"In a world of {at}: floors, means and what a stop gives back are those of the small world."


def _axis_row(sweep: RecordedSweep, axis: str) -> tuple[str, str, str]:
    """An axis, its levels, and the keys that they set."""
    bundles = sweep.points.settings.axes[axis]
    keys = dict.fromkeys(key for bundle in bundles.values() for key in bundle)
    return axis_words(axis), ", ".join(level_words(level, bundle) for level, bundle in bundles.items()), ", ".join(keys)


def _unit(metric: str) -> str:
    unit = METRICS[metric].unit
    return "%" if unit == "share" else unit


def _base(sweep: RecordedSweep, base: str) -> _Base:
    effects = [effects_of(sweep, metric, base) for metric in EFFECTS_ON]
    first = effects[0]
    return _Base(
        base,
        tuple(said_of_switches(effects, sweep)),
        f"{upper_first(metric_words(first.metric.name))}, put on one after the other",
        _waterfall(first),
        shares_of_switches(effects),
        tuple(
            (
                f"{upper_first(metric_words(each.metric.name))}, {_unit(each.metric.name)}",
                tuple(
                    (axis_words(switch.name), *(_signed(one, each) for one in (switch.alone, switch.last)),
                     interval(switch.share, "share"))
                    for switch in each.switches
                ),
            )
            for each in effects
            if each.changes
        ),
    )  # fmt: skip


def _signed(estimate: Estimate, each: Effects) -> str:
    return interval(estimate, each.metric.unit, signed=True)


def _waterfall(effects: Effects) -> tuple[Bar, ...]:
    """The metric with none, what each switch takes off or adds, and the metric with all."""
    heights = [step.estimate or 0.0 for step in effects.steps]
    if not heights:
        return ()
    unit = effects.metric.unit
    scale = BAR_WIDTH / max(*map(abs, heights), 1e-9)
    bars = [bar("none", (0.0, heights[0]), scale, colour=OTHER.colour, amount=measured(effects.steps[0], unit))]
    for switch, (before, after) in zip(effects.switches, itertools.pairwise(heights), strict=True):
        change = after - before
        shown = value(change, unit)
        words = with_unit(f"+{shown}" if change > 0 and shown.strip("0.") else shown, unit)
        name = f"+ {axis_words(switch.name)}"
        bars.append(bar(name, (before, change), scale, colour=(LESS if change <= 0 else MORE).colour, amount=words))
    last = measured(effects.steps[-1], unit)
    return (*bars, bar("all", (0.0, heights[-1]), scale, colour=OTHER.colour, amount=last))


def _along(sweep: RecordedSweep, axis: str, maps: Sequence[ClaimMap]) -> _Along:
    moved = moved_along(sweep, axis)
    bundles = sweep.points.settings.axes[axis]
    levels = {level: level_words(level, bundle) for level, bundle in bundles.items()}
    rows = tuple(_moved_row(one, list(levels)) for one in moved if one.moves)
    heads = ("metric", "config", *levels.values(), "moves by points")
    return _Along(axis_words(axis), tuple(said_along(sweep, axis, moved, maps)), heads, rows)


def _moved_row(one: Moved, levels: Sequence[str]) -> tuple[str, ...]:
    unit = "%" if one.unit == "share" else one.unit
    cells = [interval(one.levels[level], one.unit) if level in one.levels else "-" for level in levels]
    return (f"{moved_words(one)}, {unit}".rstrip(", "), one.base, *cells, f"{one.points:.1f}")


def _claim_row(one: ClaimMap) -> list[str]:
    counts = [str(sum(at.place == place for at in one.told)) for place in ("met", "exceeded", "missed")]
    near = str(sum(not at.decided for at in one.told))
    if not one.told:
        counts, near = [NOTHING] * 3, NOTHING
    expected = band_words(one.claim.expected, one.claim.tolerance, one.at[0].judged.metric.unit)
    return [one.claim.name, expected, *counts, near, holds_words(one)]


def _table(sweep: RecordedSweep) -> list[list[str]]:
    """A row for each point and config: the mean of each metric of TABLE with its interval."""
    rows = []
    for point in sweep.points:
        for base in sweep.points.bases:
            estimates = [over_seeds(sweep.readings(metric, point, base), METRICS[metric].average) for metric in TABLE]
            cells = [interval(one, METRICS[metric].unit) for metric, one in zip(TABLE, estimates, strict=True)]
            rows.append([point_words(sweep, point), base, *cells])
    return rows


def _run_row(sweep: RecordedSweep, cell: Any) -> list[str]:
    run = sweep.run(cell)
    ended = "missing" if run is None else run.ending
    reason = "" if run is None else str(run.facts.get("reason") or "")
    return [point_words(sweep, cell.point), visible(cell.config), str(cell.seed), ended, reason]
