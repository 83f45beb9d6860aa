"""Metrics of the samples that a target collects: in its buffers, on disk, lost."""

from __future__ import annotations

from typing import Final

from harness.analysis import estimates
from harness.analysis.metrics import arithmetic, buffers, crash, losses
from harness.analysis.metrics.catalogue.metric import Metric, reduction_of
from harness.analysis.metrics.pairing import ratio

METRICS: Final = (
    Metric(
        "buffers.capacity_mb",
        "what the sample buffers hold when full",
        "MB",
        buffers.capacity_mb,
        arithmetic=arithmetic.buffers_mb,
    ),
    Metric(
        "buffers.peak_mb",
        "the most that the sample buffers ever held",
        "MB",
        buffers.peak_mb,
        arithmetic=arithmetic.buffers_mb,
    ),
    reduction_of(
        "buffers.capacity_reduction",
        "what the second config saves of the buffers' capacity",
        buffers.capacity_mb,
        arithmetic.buffers_reduction,
    ),
    reduction_of(
        "buffers.peak_reduction",
        "what it saves of the most that they ever held",
        buffers.peak_mb,
        arithmetic.buffers_reduction,
    ),
    Metric(
        "saves.interval_minutes",
        "median time between two saves of one symbol's samples",
        "minutes",
        buffers.save_interval_minutes,
    ),
    Metric(
        "saves.frequency_ratio",
        "how many times as often the second config saves the samples of a symbol",
        "times",
        buffers.save_interval_minutes,
        pair=ratio,
        average=estimates.GEOMETRIC,
    ),
    Metric(
        "backlog.growth_share",
        "share of the samples collected under load by which unsaved ones pile up",
        "share",
        buffers.backlog_growth,
    ),
    Metric("disk.written_mb", "what the target wrote to disk", "MB", buffers.written_mb, moves="whole"),
    reduction_of(
        "disk.written_reduction", "what the second config saves of what is written", buffers.written_mb, moves="whole"
    ),
    Metric(
        "disk.rows",
        "rows on disk when the run is over, in the files of target.persisted",
        "samples",
        losses.rows_on_disk,
        counted=True,
    ),
    Metric(
        "disk.missing",
        "samples collected that are not on disk when the run is over",
        "samples",
        losses.missing,
        counted=True,
    ),
    Metric(
        "disk.missing_share",
        "samples collected that are not on disk, of those collected",
        "share",
        losses.missing_share,
        counted=True,
    ),
    Metric("disk.write_cpu_s", "CPU seconds of writing samples", "s", buffers.write_cpu_s, moves="cost"),
    reduction_of(
        "disk.write_cpu_reduction", "what it saves of the CPU of writing samples", buffers.write_cpu_s, moves="cost"
    ),
    Metric(
        "crash.unsaved",
        "samples collected and not on disk when the limit was reached",
        "samples",
        crash.unsaved,
        counted=True,
    ),
    reduction_of("crash.unsaved_reduction", "what the second config saves of them", crash.unsaved),
    Metric(
        "samples.unaccounted",
        "samples neither persisted nor reported lost",
        "samples",
        buffers.unaccounted,
        counted=True,
    ),
    Metric(
        "samples.lost",
        "samples that the target reported lost",
        "samples",
        buffers.lost,
        counted=True,
        beside=losses.said,
    ),
    Metric(
        "samples.lost_share",
        "samples that the target reported lost, of those that it collected",
        "share",
        buffers.lost_share,
        counted=True,
        beside=losses.said,
    ),
)
