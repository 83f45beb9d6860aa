"""Anchor runs: a few runs of a soak's configs in larger worlds, as large and as long as memory and time allow.

What moves with the memory scale is judged by them. A config whose peak fits the free memory is run at full scale; any
other in a larger and in a smaller world than the soak's, for an extrapolation from three scales. They are planned from
what the small runs needed.
"""

from __future__ import annotations

import dataclasses
import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import UsageError
from harness.files import read_json, write_json
from harness.soaks.admission import MARGIN, RESERVE_BYTES
from harness.soaks.run_rows import OtherWorld

FORMAT = 1
ANCHORS_FOLDER = "anchors"
"""Where in the result of a soak its anchor runs lie, each config and scale a result folder."""

PLAN_FILE = "anchors.json"

STEPS_UP = (2.0, 1.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.5, 10.0, 15.0, 20.0)
"""How many times as large as the soak's the largest world is that is tried where full scale does not fit.

Twice is enough for an interval that decides (docs/reference/scales.md), so the time that is left goes first into
longer runs at full scale, and then into larger worlds.
"""

LARGER = min(STEPS_UP)
"""A world that is less than this many times as large as the soak's says nothing new."""

START_S = 4.0
"""Real seconds that a run takes before its first sample and after its last."""


@dataclass(frozen=True)
class Need:
    """What one config needs to be anchored, from what its small runs took.

    `peak_bytes` is its peak at full scale, `wall_s_per_hour` what a virtual hour takes there in real seconds, and
    `least_scale` the smallest world that is larger than the idle process. `hours` are those of the scenario; a run may
    be shorter by whole `period_h`, but has at least `least_hours`. `seeds` above 1 asks for whole hours at full scale
    of so many seeds: a verdict on a leak.
    """

    config: str
    peak_bytes: float
    wall_s_per_hour: float
    hours: float
    least_hours: float
    period_h: float = 0.0
    least_scale: float = 0.0
    seeds: int = 1


@dataclass(frozen=True)
class Plan:
    """The worlds that are run, and why a config has none; about how long it takes, and what runs hold together."""

    worlds: tuple[OtherWorld, ...] = ()
    unfit: Mapping[str, str] = field(default_factory=dict)
    wall_s: float = 0.0
    memory_bytes: float = 0.0

    def without(self, unfit: Mapping[str, str]) -> Plan:
        """The plan, with why there are no runs of some other configs."""
        return dataclasses.replace(self, unfit={**self.unfit, **unfit})


def plan(
    needs: Sequence[Need],
    *,
    scale: float,
    seeds: Sequence[int],
    run_on_h: float,
    room_bytes: float,
    at_once: int,
    minutes: float,
) -> Plan:
    """The largest worlds, and the longest runs in them, that `room_bytes` and `minutes` of an idle machine allow.

    `scale` and `seeds` are those of the soak: anchors take the first seeds, and so have markets in common with it.
    """
    if not minutes:
        left_out = "anchor runs were left out (memory.anchors.minutes = 0, or --no-anchors)"
        return Plan(unfit={need.config: left_out for need in needs})
    by_config = {need.config: need for need in needs}
    return _Planner(by_config, scale, tuple(seeds), run_on_h, room_bytes, at_once, minutes * 60).plan()


@dataclass(frozen=True)
class _Planner:
    needs: Mapping[str, Need]
    scale: float
    seeds: tuple[int, ...]
    run_on_h: float
    room_bytes: float
    at_once: int
    budget_s: float

    def plan(self) -> Plan:
        unfit = {config: reason for config, need in self.needs.items() if (reason := self._too_large(need))}
        left = [need for config, need in self.needs.items() if config not in unfit]
        chosen: dict[str, list[OtherWorld]] = {}
        while left and not chosen:
            chosen = self._within_time(left)
            if not chosen:  # without the one that takes longest
                longest = max(left, key=self._cheapest_s)
                unfit[longest.config] = self._too_long(longest)
                left.remove(longest)
        worlds = self._longest_first(world for worlds in self._extended(chosen).values() for world in worlds)
        wall_s, memory_bytes = self._schedule(worlds)
        return Plan(tuple(worlds), unfit, wall_s, memory_bytes)

    def _within_time(self, needs: Sequence[Need]) -> dict[str, list[OtherWorld]]:
        """The worlds of every config that the time allows: full scale for those that fit, if it allows that."""
        for full in (True, False):
            for times in STEPS_UP[:2]:
                chosen = {need.config: self._worlds(need, times, full=full) for need in needs}
                if all(chosen.values()) and self._fits_time(chosen):
                    return chosen
        return {}

    def _fits_time(self, chosen: Mapping[str, Sequence[OtherWorld]]) -> bool:
        return self._seconds(world for worlds in chosen.values() for world in worlds) <= self.budget_s

    def _worlds(self, need: Need, times: float, *, full: bool) -> list[OtherWorld]:
        """Those of one config: full scale, or one so many `times` as large as the soak's and a third."""
        if need.seeds > 1:
            return [OtherWorld(need.config, 1.0, need.hours, self._first(need.seeds))] if full else []
        if full and self._largest(need) == 1:
            return [OtherWorld(need.config, 1.0, need.least_hours, self._first(1))]
        largest = _floored(min(self._largest(need), times * self.scale))
        if largest < LARGER * self.scale - 1e-9:
            return []
        third = self.scale / 2 if self.scale / 2 >= need.least_scale else _floored(math.sqrt(self.scale * largest))
        return [OtherWorld(need.config, scale, need.least_hours, self._first(1)) for scale in (largest, third)]

    def _extended(self, chosen: dict[str, list[OtherWorld]]) -> dict[str, list[OtherWorld]]:
        """Where time is left: longer runs at full scale, then larger worlds, then more seeds."""
        for more in (self._longer, self._higher, self._more_seeds):
            growing = [self.needs[config] for config in self.needs if config in chosen]
            while growing:
                for need in tuple(growing):
                    worlds = more(chosen[need.config], need)
                    trial = chosen if worlds is None else {**chosen, need.config: worlds}
                    if worlds is None or not self._fits_time(trial):
                        growing.remove(need)
                    else:
                        chosen = trial
        return chosen

    def _longer(self, worlds: Sequence[OtherWorld], need: Need) -> list[OtherWorld] | None:
        (world, *_) = worlds
        if world.scale < 1 or world.hours >= need.hours or not need.period_h:
            return None
        steps = max(round(0.05 * need.hours / need.period_h), 1)
        return [dataclasses.replace(world, hours=min(world.hours + steps * need.period_h, need.hours))]

    def _higher(self, worlds: Sequence[OtherWorld], need: Need) -> list[OtherWorld] | None:
        (world, *_) = worlds
        if world.scale == 1:
            return None
        for times in sorted(STEPS_UP):
            higher = self._worlds(need, times, full=False)
            if higher and higher[0].scale > world.scale:
                return higher
        return None

    def _more_seeds(self, worlds: Sequence[OtherWorld], need: Need) -> list[OtherWorld] | None:
        """A seed more in the largest world, once it has all hours that it may have there."""
        world, *others = worlds
        if (world.scale == 1 and world.hours < need.hours) or len(world.seeds) == len(self.seeds):
            return None
        return [dataclasses.replace(world, seeds=self._first(len(world.seeds) + 1)), *others]

    def _first(self, count: int) -> tuple[int, ...]:
        return self.seeds[:count]

    def _largest(self, need: Need) -> float:
        return min(self.room_bytes / (need.peak_bytes * MARGIN), 1.0)

    def _too_large(self, need: Need) -> str:
        """Why no larger world of a config fits the memory, with the memory that would do; empty where one does."""
        at_full = need.seeds > 1
        enough = 1.0 if at_full else LARGER * self.scale
        if _floored(self._largest(need)) >= min(enough, 1.0):
            return ""
        wanted = (need.peak_bytes * MARGIN + RESERVE_BYTES) / 1e9
        free = (self.room_bytes + RESERVE_BYTES) / 1e9
        return f"{need.config} needs {wanted:.1f} GB of free memory at scale 1, and {free:.1f} GB are free"

    def _too_long(self, need: Need) -> str:
        minutes = math.ceil(self._cheapest_s(need) / 60)
        return (
            f"anchor runs of {need.config} take {minutes} minutes or more, and {self.budget_s / 60:g} are allowed for "
            f"all: use --anchor-minutes {max(minutes, math.floor(self.budget_s / 60) + 1)}"
        )

    def _cheapest_s(self, need: Need) -> float:
        """Real seconds that a config takes at the least."""
        trials = (self._worlds(need, times, full=full) for times in STEPS_UP for full in (True, False))
        return min(self._seconds(worlds) for worlds in trials if worlds)

    def _run_s(self, world: OtherWorld) -> float:
        return START_S + self.needs[world.config].wall_s_per_hour * world.scale * (world.hours + self.run_on_h)

    def _longest_first(self, worlds: Iterable[OtherWorld]) -> list[OtherWorld]:
        return sorted(worlds, key=lambda world: -self._run_s(world))

    def _seconds(self, worlds: Iterable[OtherWorld]) -> float:
        return self._schedule(self._longest_first(worlds))[0]

    def _schedule(self, worlds: Sequence[OtherWorld]) -> tuple[float, float]:
        """Real seconds until all runs are done, as the supervisor starts them; the most that they hold together."""
        waiting = []
        for world in worlds:
            held_bytes = self.needs[world.config].peak_bytes * MARGIN * world.scale
            waiting += [(self._run_s(world), min(held_bytes, self.room_bytes))] * len(world.seeds)
        running: list[tuple[float, float]] = []
        now_s = held = most = 0.0
        while waiting or running:
            fitting = [task for task in waiting if held + task[1] <= self.room_bytes]
            if fitting and len(running) < self.at_once:
                seconds, need_bytes = fitting[0]
                waiting.remove(fitting[0])
                heapq.heappush(running, (now_s + seconds, need_bytes))
                held += need_bytes
                most = max(most, held)
            else:
                now_s, need_bytes = heapq.heappop(running)
                held -= need_bytes
        return now_s, most


def _floored(scale: float) -> float:
    """A scale in two digits, rounded down."""
    digits = 10.0 ** (1 - math.floor(math.log10(scale)))
    return min(math.floor(scale * digits + 1e-9) / digits, 1.0)


def write_plan(planned: Plan, result: Path) -> None:
    """Write anchors.json, in one piece: what was planned, and why a config has no anchor."""
    folder = result / ANCHORS_FOLDER
    folder.mkdir(exist_ok=True)
    write_json({"format": FORMAT, **dataclasses.asdict(planned)}, folder / PLAN_FILE)


def read_plan(result: Path) -> Plan | None:
    """The plan of a result's anchor runs, None where it has none. Raises UsageError, naming the file, where damaged."""
    path = result / ANCHORS_FOLDER / PLAN_FILE
    if not path.exists():
        return None
    table = read_json(path)
    try:
        if table["format"] != FORMAT:
            raise UsageError(f"{path}: format is {table['format']!r}, expected {FORMAT}")
        worlds = tuple(OtherWorld(**{**world, "seeds": tuple(world["seeds"])}) for world in table["worlds"])
        unfit = {str(config): str(reason) for config, reason in table["unfit"].items()}
        return Plan(worlds, unfit, float(table["wall_s"]), float(table["memory_bytes"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path}: cannot be read: {type(error).__name__}: {error}") from error
