"""Metrics of the processor time of a run, and of its pauses."""

from __future__ import annotations

from typing import Final

from harness.analysis.metrics import cpu
from harness.analysis.metrics.catalogue.metric import Metric

METRICS: Final = (
    Metric("cpu.seconds", "CPU seconds of a run, up to its end", "s", cpu.total_s, moves="cost"),
    Metric(
        "cpu.per_cycle_ms",
        "median CPU per cycle under load, with market and readings",
        "ms",
        cpu.per_cycle_ms,
        moves="cost",
    ),
    Metric("cpu.per_cleanup_ms", "median CPU that a cleanup takes", "ms", cpu.per_cleanup_ms, moves="cost"),
    Metric(
        "cpu.growth",
        "growth of the CPU per cycle over the load, as a share of its median",
        "share",
        cpu.growth,
        moves="cost",
    ),
    Metric(
        "pause.longest_ms",
        "most CPU between two samples under load; no pause was longer",
        "ms",
        cpu.longest_pause_ms,
        moves="cost",
    ),
)
