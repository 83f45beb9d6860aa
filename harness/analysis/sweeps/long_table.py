"""The tidy tables of a sweep: a row for each world, config, seed and metric; one for each run; one for each claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.owners.growth import SMALLER, walks
from harness.analysis.runs import Run
from harness.analysis.sweeps.claim_map import ClaimMap
from harness.analysis.sweeps.recorded_sweep import MISSING, Cell, RecordedSweep

AXIS: Final = "axis."
"""Columns that begin so hold the level of an axis."""

OWNER: Final = "owner."
"""Metrics that begin so are the share of the growth of live bytes that one owner holds, by its path."""


def owner_shares(run: Run) -> dict[str, float]:
    """The share of each owner of what all of them grew from the first walk under feed to the last; empty without."""
    found = walks(run)
    if found is None or len(found.gb) < 2:
        return {}
    grown = found.gb.iloc[-1] - found.gb.iloc[0]
    total = float(grown.sum())
    if not total > 0:
        return {}
    return {str(path): float(share) for path, share in (grown / total).items() if path != SMALLER}


def metrics_table(sweep: RecordedSweep) -> pd.DataFrame:
    """One row for each run and each metric of one config.

    Columns: world, config, base, axis.* (levels), seed, metric, unit, value (GB and MB at full scale; null where there
    is none), bound, moves (how the metric moves with the scale), lack and reason. Missing runs have no rows.
    """
    rows: list[dict[str, Any]] = []
    single = [metric for metric in METRICS.values() if metric.pair is None]
    for cell in sweep.cells():
        run = sweep.run(cell)
        if run is None or run.unfinished:
            continue
        for metric in single:
            reading = sweep.reading(metric.name, cell.point, cell.base, cell.seed)
            told = {"value": reading.value, "bound": reading.bound, "moves": metric.moves}
            rows.append(
                {
                    **_keys(cell),
                    "metric": metric.name,
                    "unit": metric.unit,
                    **told,
                    "lack": reading.lack or "",
                    "reason": reading.reason,
                }
            )
        for path, share in owner_shares(run).items():
            told = {"value": share, "bound": "exact", "moves": "no"}
            rows.append({**_keys(cell), "metric": f"{OWNER}{path}", "unit": "share", **told, "lack": "", "reason": ""})
    return pd.DataFrame(rows, columns=None if rows else [*_key_columns(sweep), *_METRIC_COLUMNS])


_METRIC_COLUMNS: Final = ("metric", "unit", "value", "bound", "moves", "lack", "reason")


def runs_table(sweep: RecordedSweep) -> pd.DataFrame:
    """One row for each run that the sweep has: how it ended and why, what it took, and on which machine.

    Columns: world, config, base, axis.*, seed, status ("missing" where nothing was recorded), reason, memory_scale,
    cpu_s, wall_s, feed_hash, and of the machine host (in a cluster), cpu, cpus, architecture, page_bytes, libc, python.
    """
    rows = []
    for cell in sweep.cells():
        run = sweep.run(cell)
        facts: Mapping[str, Any] = {} if run is None else run.facts
        machine = sweep.machines[cell.world, cell.seed]
        rows.append(
            {
                **_keys(cell),
                "status": MISSING if run is None else run.status,
                "reason": facts.get("reason") or "",
                "memory_scale": sweep.worlds[cell.world].memory.scale,
                "cpu_s": facts.get("cpu_s"),
                "wall_s": facts.get("wall_s"),
                "feed_hash": facts.get("feed_hash"),
                **{
                    key: machine.get(key)
                    for key in ("host", "cpu", "cpus", "architecture", "page_bytes", "libc", "python")
                },
            }
        )
    return pd.DataFrame(rows)


def claims_table(sweep: RecordedSweep, maps: Sequence[ClaimMap]) -> pd.DataFrame:
    """One row for each claim and point: the verdict by the runs there, and on which side of the band their mean lies.

    Columns: world, axis.*, claim, metric, unit, place, decided, verdict, value, low, high, reason.
    """
    rows = [
        {
            "world": sweep.points.world_of(at.point),
            **{f"{AXIS}{axis}": level for axis, level in at.point.levels},
            "claim": one.claim.name,
            "metric": one.claim.metric,
            "unit": at.judged.metric.unit,
            "place": at.place,
            "decided": at.decided,
            "verdict": at.judged.outcome,
            "value": at.estimate.estimate,
            "low": at.estimate.low,
            "high": at.estimate.high,
            "reason": at.judged.reason,
        }
        for one in maps
        for at in one.at
    ]
    return pd.DataFrame(rows)


def _keys(cell: Cell) -> dict[str, Any]:
    levels = {f"{AXIS}{axis}": level for axis, level in cell.point.levels}
    return {"world": cell.world, "config": cell.config, "base": cell.base, **levels, "seed": cell.seed}


def _key_columns(sweep: RecordedSweep) -> list[str]:
    return ["world", "config", "base", *(f"{AXIS}{axis}" for axis in sweep.points.settings.axes), "seed"]
