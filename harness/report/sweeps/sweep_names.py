"""What people call the metrics, the axes, the levels and the points of a sweep."""

from __future__ import annotations

from harness.analysis.sweeps.recorded_sweep import RecordedSweep
from harness.analysis.sweeps.switches import switches_of
from harness.sweeps.points import Point, level_words

METRIC_WORDS = {
    "peak": "peak",
    "sawtooth.crest_gb": "level just before a cleanup",
    "sawtooth.trough_gb": "floor just after a cleanup",
    "mean": "mean",
    "horizon": "last whole tooth",
    "horizon.instant": "level at the horizon",
    "growth.linear_r2": "linearity of the growth (R²)",
    "buffers.peak_mb": "most in the sample buffers",
    "buffers.capacity_mb": "room of the sample buffers",
    "live.peak": "most live bytes",
    "growth.drop_share": "drop of a tooth",
    "release.stop": "given back on stop",
    "release.stop_live": "live bytes given back on stop",
    "release.drop": "given back once dropped",
    "release.trim": "given back after a trim",
    "cpu.seconds": "CPU of a run",
    "pause.longest_ms": "longest pause (CPU)",
    "samples.lost": "samples lost",
    "samples.lost_share": "share of samples lost",
}


def metric_words(metric: str) -> str:
    """Return a metric as people call it, else its name."""
    return METRIC_WORDS.get(metric, metric)


def axis_words(axis: str) -> str:
    """Return an axis as people read it: ``Fix 1`` of ``fix_1``."""
    return upper_first(axis.replace("_", " "))


def upper_first(text: str) -> str:
    """Return a text that begins a sentence."""
    return text[:1].upper() + text[1:]


def point_words(sweep: RecordedSweep, point: Point) -> str:
    """Return what is set at a point, as people read it: the switches that are on, or the axes that moved."""
    axes = sweep.points.settings.axes
    if switches_of(sweep):
        on = [axis_words(axis) for axis, level in point.levels if level != next(iter(axes[axis]))]
        return " + ".join(on) or "none"
    if sweep.points.settings.design == "one_at_a_time" and len(axes) > 1:
        moved = [(axis, level) for axis, level in point.levels if level != sweep.points.origin.level(axis)]
        return ", ".join(f"{axis_words(axis)} {level_name(sweep, axis, level)}" for axis, level in moved) or "as it is"
    return ", ".join(f"{axis_words(axis)} {level_name(sweep, axis, level)}" for axis, level in point.levels)


def level_name(sweep: RecordedSweep, axis: str, level: str) -> str:
    """Return a level of an axis as people read it."""
    return level_words(level, sweep.points.settings.axes[axis][level])
