"""What the stop gave back, step by step, and what the rest is. GB at full scale; the parts add up for every seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from harness.analysis.estimates import Estimate, Reading, absent, over_seeds
from harness.analysis.metrics.afterlife import Afterlife, afterlife
from harness.analysis.metrics.levels import GROWN_SHARE, not_reached
from harness.analysis.metrics.rss_lines import PARTS, parts_gb, reading
from harness.analysis.owners.growth import after_step
from harness.analysis.runs import Run
from harness.analysis.tables import LINES, RESIDUAL
from harness.analysis.told import STEPS

GIVEN_BACK = ("stop", "drop", "trim")
"""By stop(); once every reference was dropped and collected; by malloc_trim(0)."""

OUTLIVING = {
    "processes": "processes", "tasks": "tasks", "timers": "timers", "threads": "threads", "open_files": "open files",
}  # fmt: skip

POOLS = ("pymalloc_bytes", *PARTS["pinned"])
"""All of the arenas of Python's pools: blocks in use, free blocks, and what administers them."""


@dataclass(frozen=True)
class Fall:
    """The stop of one run, GB over its start.

    grown = the three steps of `given_back` + left; `parts` add up to left. `parts` has "live", "pinned", "slack" and
    "other" where a breakdown was recorded, without those whose allocator is replaced; otherwise "live" and "other";
    only "other" where not even live bytes were recorded.
    """

    grown: float
    given_back: dict[str, float]
    left: float
    parts: dict[str, float]


@dataclass(frozen=True)
class Survivor:
    """A holder of blocks in arenas that are still mapped after everything was dropped; medians over the seeds.

    `sole_arenas` are kept mapped by it alone; `held` is what its own blocks take, MB at full scale.
    """

    name: str
    arenas: float
    sole_arenas: float
    held_mb: float


@dataclass(frozen=True)
class Waterfall:
    """The stop of one config over its seeds, each number a mean with its interval; `seeds` are those that stopped.

    `forgotten` are the owners of what is still live after stop(), GB over the start; `outlives` names processes,
    tasks, timers, threads and open files that were not there before the target and are after stop(), with the number of
    seeds that have them; `survivors` are None where no census was taken, `broken_down` is false where parts are not
    told apart; `afterlife` is of the target itself.
    """

    config: str
    seeds: tuple[int, ...]
    grown: Estimate
    given_back: dict[str, Estimate]
    left: Estimate
    parts: dict[str, Estimate]
    broken_down: bool
    forgotten: dict[str, Estimate]
    outlives: dict[str, dict[str, int]]
    survivors: tuple[Survivor, ...] | None
    arenas: float | None
    afterlife: Afterlife


def fall(run: Run) -> Fall | None:
    """The stop of one run, None where it did not get to its end."""
    steps = [stop_reading(run, step) for step in STEPS]
    if not run.t_s.size or any(math.isnan(step["rss_bytes"]) for step in steps):
        return None
    start = reading(run, 0)
    before, after_stop, after_drop, after_trim = (run.gb(step["rss_bytes"] - start["rss_bytes"]) for step in steps)
    parts = parts_gb(run, start, steps[-1])
    if not parts.keys() - {"other"} or not broken_down(run):
        live = run.gb(steps[-1]["live_bytes"] - start["live_bytes"])
        parts = {"other": after_trim} if math.isnan(live) else {"live": live, "other": after_trim - live}
    given = {"stop": before - after_stop, "drop": after_stop - after_drop, "trim": after_drop - after_trim}
    return Fall(before, given, after_trim, parts)


def stop_reading(run: Run, step: str) -> dict[str, float]:
    """What was read at a step of the stop, real bytes by column, NaN where it was not."""
    return {name: run.stop.read(step, name) for name in ("rss_bytes", "live_bytes", *LINES, RESIDUAL)}


def broken_down(run: Run) -> bool:
    """Whether RSS was broken down at the start and at the end of a run."""
    return all(not math.isnan(read[RESIDUAL]) for read in (reading(run, 0), stop_reading(run, STEPS[-1])))


def waterfall(config: str, runs: Sequence[Run]) -> Waterfall | None:
    """The stop of `config`, None where none of its runs got to its end."""
    mine = [run for run in runs if run.config == config]
    falls = {run.seed: found for run in mine if (found := fall(run)) is not None}
    if not falls:
        return None
    stopped = [run for run in mine if run.seed in falls]

    def over(values: Iterable[float]) -> Estimate:
        return over_seeds({seed: Reading(value) for seed, value in zip(falls, values, strict=True)})

    every = falls.values()
    parts = [part for part in (*PARTS, "other") if any(part in one.parts for one in every)]
    return Waterfall(
        config=config,
        seeds=tuple(sorted(falls)),
        grown=over(one.grown for one in every),
        given_back={step: over(one.given_back[step] for one in every) for step in GIVEN_BACK},
        left=over(one.left for one in every),
        parts={part: over(one.parts.get(part, 0.0) for one in every) for part in parts},
        broken_down=all(broken_down(run) for run in stopped),
        forgotten=after_step(config, stopped, "after_stop"),
        outlives=_outlives(stopped),
        survivors=_survivors(stopped),
        arenas=_median(_census(run).get("arenas") for run in stopped),
        afterlife=afterlife(stopped),
    )


def left(part: str) -> Callable[[Run], Reading]:
    """The reading of one part of what is left after stop, drop and trim, GB over the start."""

    def read(run: Run) -> Reading:
        found = fall(run)
        if found is None:
            return not_reached(run)
        if part not in found.parts or not broken_down(run):
            return absent("not applicable", f"{run.config} recorded no breakdown of RSS")
        return Reading(found.parts[part])

    return read


def release(step: str, measure: str = "rss_bytes", *, gross: bool = False) -> Callable[[Run], Reading]:
    """The reading (before - after `step`) / (before - start), or over `before` where `gross`.

    `step` is after_stop, after_drop or after_trim; `measure` is rss_bytes or live_bytes (plus ballast, which cancels in
    the difference). The reading is not applicable where the run had grown by less than 5 % of its start, or where the
    measure was not read in the very first sample: what grew before a later one would be missing.
    """

    def read(run: Run) -> Reading:
        before, after = run.stop_gb("before", measure), run.stop_gb(step, measure)
        if math.isnan(before) or math.isnan(after):
            if run.status == "complete":
                return absent("not applicable", f"{run.config} did not record {measure} at the stop")
            return not_reached(run)
        if gross:
            return Reading((before - after) / before)
        start = next(iter(run.rss_gb if measure == "rss_bytes" else run.live_gb), math.nan)
        if math.isnan(start):
            return absent("not applicable", f"{run.config} did not record {measure} at its start")
        if before - start < GROWN_SHARE * start:
            return absent("not applicable", f"{run.config} had grown by less than {GROWN_SHARE:.0%} of its start")
        return Reading((before - after) / (before - start))

    return read


def released_pools(run: Run) -> Reading:
    """What the pools of Python gave back to the system after all was dropped, as a share of what they had grown.

    Without killing the process: (before - after_trim) / (before - start) of all bytes in pymalloc's arenas.
    """
    if fall(run) is None:
        return not_reached(run)
    start, before, after = (
        sum(read[name] for name in POOLS)
        for read in (reading(run, 0), stop_reading(run, "before"), stop_reading(run, "after_trim"))
    )
    grown = before - start
    if math.isnan(grown) or math.isnan(after):
        return absent("not applicable", f"{run.config} did not record the pools of Python at its stop")
    if grown < GROWN_SHARE * run.column("rss_bytes")[0]:
        grew_little = f"its pools had grown by less than {GROWN_SHARE:.0%} of the start of {run.config}"
        return absent("not applicable", grew_little)
    return Reading((before - after) / grown)


def _outlives(runs: Sequence[Run]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for kind in OUTLIVING:
        counts: dict[str, int] = {}
        for run in runs:
            left = run.told.outlived if kind == "processes" else (run.facts.get("outlives") or {}).get(kind)
            for name in dict.fromkeys(left or ()):
                counts[str(name)] = counts.get(str(name), 0) + 1
        if counts:
            found[kind] = counts
    return found


def _census(run: Run) -> Mapping[str, Any]:
    return run.facts.get("pinned") or {}


def _survivors(runs: Sequence[Run]) -> tuple[Survivor, ...] | None:
    """The survivors by name, those that keep most arenas mapped alone first."""
    censuses = [(run, _census(run)) for run in runs if _census(run)]
    if not censuses:
        return None
    rows: dict[str, list[tuple[float, float, float]]] = {}
    for run, census in censuses:
        for one in census.get("survivors") or ():
            held_mb = 1000 * run.gb(_number(one.get("bytes")))
            rows.setdefault(str(one.get("name")), []).append(
                (_number(one.get("arenas")), _number(one.get("sole_arenas")), held_mb)
            )
    absent_in = {name: [(0.0, 0.0, 0.0)] * (len(censuses) - len(values)) for name, values in rows.items()}
    found = [
        Survivor(name, *(median(column) for column in zip(*values, *absent_in[name], strict=True)))
        for name, values in rows.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.sole_arenas, one.arenas), reverse=True))


def _median(values: Any) -> float | None:
    known = [_number(value) for value in values if value is not None]
    return median(known) if known else None


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
