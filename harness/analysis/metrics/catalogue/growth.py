"""Metrics of growth under load: its shape, its floors, the leak, the limit that it reaches."""

from __future__ import annotations

from typing import Final

from harness.analysis.leaks import config_leaks as leaks
from harness.analysis.metrics import calls, crash, levels
from harness.analysis.metrics.catalogue.metric import Metric, Moves

_LEAKS_MOVE: dict[str, Moves] = {"rss": "whole", "tree": "tree"}


def _leaks() -> list[Metric]:
    return [
        Metric(
            f"leak.{measure.name}",
            f"growth of the floors of {measure.words} in budgets; a claim on it has the verdict on the leak",
            "budgets",
            leaks.in_budgets(measure),
            moves=_LEAKS_MOVE.get(measure.name, "no"),
            leak=measure.name,
        )
        for measure in leaks.JUDGED
    ]


METRICS: Final = (
    Metric("growth.linear_r2", "R^2 of a straight line through RSS under load", "", levels.linear_r2, moves="course"),
    Metric(
        "growth.range_share",
        "highest less lowest RSS under load, as a share of the first",
        "share",
        levels.range_share,
        moves="course",
    ),
    Metric(
        "growth.per_symbol_mb",
        "highest RSS up to the horizon over the start, for each symbol that the target takes",
        "MB",
        levels.grown_per_symbol_mb,
    ),
    Metric(
        "growth.per_1000_calls_mb",
        "slope of the floors of live bytes for every 1,000 calls that the target counts",
        "MB",
        calls.grown_per_1000_calls_mb,
    ),
    Metric(
        "floors.slope_gb_per_hour",
        "slope of the floors of RSS after the warm-up",
        "GB/h",
        leaks.floor_slope,
        moves="whole",
    ),
    Metric("live.slope_gb_per_hour", "slope of the floors of live bytes after the warm-up", "GB/h", leaks.live_slope),
    *_leaks(),
    Metric("crash.minutes", "when RSS reached the machine's memory limit", "minutes", crash.minutes),
    Metric(
        "crash.prediction_error",
        "how much later the first 30 minutes foretell the limit than it is reached",
        "share",
        crash.prediction_error,
    ),
)
