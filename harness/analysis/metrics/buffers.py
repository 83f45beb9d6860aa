"""What the target counted of its samples: what its buffers may and did hold, and whether none went missing."""

from __future__ import annotations

from dataclasses import replace

from harness.analysis.estimates import Reading, absent
from harness.analysis.metrics.levels import not_reached
from harness.analysis.runs import Run


def capacity_mb(run: Run) -> Reading:
    """What the sample buffers of all symbols hold when full, MB at full scale."""
    return _megabytes(run, "buffer_capacity_bytes")


def peak_mb(run: Run) -> Reading:
    """The most that the sample buffers ever held, MB at full scale; a lower bound where the run ended early."""
    reading = _megabytes(run, "buffered_bytes_peak")
    if reading.value is None or run.reached_horizon:
        return reading
    return Reading(reading.value, "lower", reason=f"{run.config} {run.ending}")


def unaccounted(run: Run) -> Reading:
    """Samples collected that were neither persisted nor reported lost; due once stop() has returned."""
    if not run.stop.returned:
        return not_reached(run)
    counts = [run.told.counter(name) for name in ("collected", "persisted", "lost")]
    if any(count is None for count in counts):
        return absent("not applicable", f"{run.config} does not count collected, persisted and lost samples")
    collected, persisted, lost = (count or 0.0 for count in counts)
    return Reading(collected - persisted - lost)


def collected(run: Run) -> float | None:
    """Samples that the target collected, by its counters or by its last event that counts them; None without either."""
    count = run.told.counter("collected")
    if count is not None:
        return count
    counts = _samples(run, "collected")
    return counts[-1] if counts else None


def lost(run: Run) -> Reading:
    """Samples that the target reported lost; a lower bound where stop() was not reached.

    Of a run that did not finish all that was collected and not persisted is lost. Where it was killed it has no
    counters, and its events say what was collected and saved.
    """
    count = run.told.counter("lost")
    if run.unfinished:
        count = _not_saved(run, count)
    if count is None:
        return absent("not applicable", f"{run.config} does not count lost samples")
    return Reading(count) if run.stop.returned else Reading(count, "lower", reason=f"{run.config} {run.ending}")


def lost_share(run: Run) -> Reading:
    """What was lost of the samples collected; 0 where none was collected and none lost."""
    reading, gathered = lost(run), collected(run)
    if reading.value is None:
        return reading
    if gathered is None:
        return absent("not applicable", f"{run.config} does not count collected samples")
    if not gathered:
        nothing = absent("not applicable", f"{run.config} lost samples and collected none")
        return nothing if reading.value else replace(reading, value=0.0)
    return replace(reading, value=reading.value / gathered)


def _not_saved(run: Run, reported: float | None) -> float | None:
    """Samples collected less those persisted; what was `reported` where the counters do not say, None without either.

    What a run without counters saved is the sum of its flushes.
    """
    gathered, persisted = collected(run), run.told.counter("persisted")
    if gathered is None or not run.facts.get("counters"):
        return reported if gathered is None else gathered - sum(_samples(run, "flush"))
    return reported if persisted is None else gathered - persisted


def _samples(run: Run, kind: str) -> list[float]:
    """The samples that events of one kind tell of; a target may emit what it wants by the same name."""
    told = [event.get("samples") for event in run.events if event["kind"] == kind]
    return [float(count) for count in told if isinstance(count, int | float)]


def _megabytes(run: Run, counter: str) -> Reading:
    count = run.told.counter(counter)
    if count is None:
        return absent("not applicable", f"{run.config} does not count {counter}")
    return Reading(count / run.memory_scale / 1e6)
