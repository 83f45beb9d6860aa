"""Metrics of cleanups: how often they come, and the teeth that they cut."""

from __future__ import annotations

from typing import Final

from harness.analysis import estimates
from harness.analysis.metrics import arithmetic, teeth
from harness.analysis.metrics.catalogue.metric import Metric
from harness.analysis.metrics.pairing import ratio

METRICS: Final = (
    Metric(
        "cleanup.interval_minutes",
        "median time between attempts at a cleanup",
        "minutes",
        teeth.interval_minutes,
        arithmetic=arithmetic.cleanup_interval_minutes,
    ),
    Metric(
        "cleanup.done_interval_minutes",
        "median time between cleanups that were done",
        "minutes",
        teeth.done_interval_minutes,
    ),
    Metric(
        "cleanup.frequency_ratio",
        "how many times as often the second config attempts a cleanup",
        "times",
        teeth.interval_minutes,
        pair=ratio,
        average=estimates.GEOMETRIC,
        arithmetic=arithmetic.cleanup_ratio,
    ),
    Metric("sawtooth.crest_gb", "median RSS just before a cleanup", "GB", teeth.crest_gb),
    Metric("sawtooth.trough_gb", "median RSS just after a cleanup", "GB", teeth.trough_gb, moves="course"),
    Metric(
        "growth.drop_share",
        "median share of a tooth's height that its cleanup gives back",
        "share",
        teeth.drop_share,
        moves="whole",
    ),
)
