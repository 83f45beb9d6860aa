"""What the target counted of its samples: what its buffers hold, how often they are saved, whether any goes missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.analysis.estimates import Reading, absent
from harness.analysis.leaks.floors import theil_sen
from harness.analysis.metrics.levels import not_reached
from harness.analysis.runs import EPSILON_S, Run

SPANS = 8
"""The load is cut into so many equal spans, each with its fewest unsaved samples."""


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
        count = not_saved(run, count)
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


def written_mb(run: Run) -> Reading:
    """What the target wrote to disk, all files together, MB at full scale; due once stop() has returned."""
    return _megabytes(run, "written_bytes") if run.stop.returned else not_reached(run)


def write_cpu_s(run: Run) -> Reading:
    """CPU seconds that the target spent writing samples, in the world that ran; due once stop() has returned."""
    if not run.stop.returned:
        return not_reached(run)
    seconds = run.told.counter("write_cpu_s")
    if seconds is None:
        return absent("not applicable", f"{run.config} does not count the CPU of its writes")
    return Reading(seconds)


def save_interval_minutes(run: Run) -> Reading:
    """The median time between two saves of one symbol up to the horizon, the first counted from the start.

    A lower bound where none was saved.
    """
    if not run.reached_horizon:
        return not_reached(run)
    if collected(run) is None:
        return absent("not applicable", f"{run.config} does not count collected samples")
    times: dict[str, list[float]] = {}
    for event in run.events:
        if event["kind"] == "flush" and event["t_s"] <= run.horizon_s + EPSILON_S:
            times.setdefault(str(event.get("symbol", "")), [0.0]).append(event["t_s"])
    if not times:
        return Reading(run.horizon_s / 60, "lower", reason=f"{run.config} saved nothing up to the horizon")
    return Reading(float(np.median(np.concatenate([np.diff(sorted(saved)) for saved in times.values()]))) / 60)


def backlog_growth(run: Run) -> Reading:
    """The share of what is collected under load by which unsaved samples pile up; 0 where saving keeps up.

    The Theil-Sen slope through the fewest unsaved samples of SPANS equal spans of the load, over the samples collected
    per hour. Buffers fill and are saved again: what they hold at the least is what waits for the disk.
    """
    if not run.reached_horizon:
        return not_reached(run)
    told = sorted(
        (float(event["t_s"]), event["kind"] == "collected", float(event["samples"]))
        for event in run.events
        if event["kind"] in ("collected", "flush") and isinstance(event.get("samples"), int | float)
    )
    rows: list[tuple[float, float, float]] = []  # hours, collected so far, unsaved
    gathered = saved = 0.0
    for t_s, collecting, samples in told:
        gathered, saved = (samples, saved) if collecting else (gathered, saved + samples)
        if run.warmup_s <= t_s <= run.horizon_s + EPSILON_S:
            rows.append((t_s / 3600, gathered, gathered - saved))
    table = np.array(rows).reshape(-1, 3)
    if len(table) < 2 * SPANS or table[-1, 1] <= table[0, 1]:
        return absent("not applicable", f"{run.config} tells of too few samples collected under load")
    edges = np.linspace(table[0, 0], table[-1, 0], SPANS + 1)
    span = np.clip(np.searchsorted(edges, table[:, 0], side="right") - 1, 0, SPANS - 1)
    lows = [table[span == one][table[span == one, 2].argmin()] for one in range(SPANS) if (span == one).any()]
    slope = float(theil_sen(np.array([low[0] for low in lows]), np.array([low[2] for low in lows])))
    per_hour = (table[-1, 1] - table[0, 1]) / (table[-1, 0] - table[0, 0])
    return Reading(slope / float(per_hour))


def first_collection(run: Run) -> Reading:
    """Unreachable objects that the first collection of stop() found."""
    return _collected(run, ("stop_collection_1",))


def later_collections(run: Run) -> Reading:
    """Unreachable objects that the second and the third found together."""
    return _collected(run, ("stop_collection_2", "stop_collection_3"))


def _collected(run: Run, names: tuple[str, ...]) -> Reading:
    if not run.stop.returned:
        return not_reached(run)
    counts = [run.told.counter(name) for name in names]
    if any(count is None for count in counts):
        return absent("not applicable", f"{run.config} does not count what the collections of its stop() find")
    return Reading(sum(count or 0.0 for count in counts))


def not_saved(run: Run, reported: float | None) -> float | None:
    """Return samples collected less those persisted; what was `reported` where counters do not say; None without both.

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
