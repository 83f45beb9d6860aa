"""What may leak in a config, and whether it does: RSS, live bytes, children, tasks, threads, files, each by its budget.

Bytes are judged at full scale against the scenario's budget. Counts are whole numbers, those of the scaled world: in a
short run a slow rise is no step at all. So their budget is one in 24 hours or, where the run is too short to tell that,
two in the hours judged, and the least rise that would have been found is at least three times as much: simulated with
three seeds (5 and 24 hours, steps at equal distances), six steps in a run were called LEAK in 98 to 100 % of soaks and
never OK, and none was always OK.

What the program mapped itself (shared memory, anonymous mappings, files that it wrote, stacks) is no live byte and held
all the same: it is judged by the budget of bytes (`mappings`).

What the processes that a target started hold is judged alone (`children`) and with RSS of the judged process (`tree`),
by the budget of bytes and only where there were some. What the target tells of cleanups is its own: floors of children
lie between their own falls, or in blocks. A child whose time virtual time could not follow is never OK.

The blocks that pymalloc has handed out are not judged: live bytes hold what they hold, and a number of blocks has no
budget that would mean anything to anybody.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from harness.analysis.estimates import Estimate, Reading, absent
from harness.analysis.leaks.child_commands import Command, fastest
from harness.analysis.leaks.floors import FEWEST_ALONE, FEWEST_FLOORS, FEWEST_IN_BLOCK, Series, slopes
from harness.analysis.leaks.leak_verdict import LeakVerdict, judge_floors, too_few, with_load
from harness.analysis.leaks.load import LoadCourse, load_of
from harness.analysis.leaks.sequential import leak_confidence_of
from harness.analysis.metrics.levels import not_reached
from harness.analysis.metrics.rss_lines import ALLOCATORS_HOLD_FREE, growth_gb
from harness.analysis.runs import Run, Runs
from harness.command_line import HIDDEN
from harness.scenario import Scenario
from harness.text import first_of

MeasureName = Literal[
    "rss", "live", "mappings", "children", "tree", "tasks", "threads", "open_files", "pymalloc", "glibc"
]

PER_HOUR = 1 / 24
"""Of tasks, threads and open files."""

LEAST_FALL = 1 / 8
"""Falls of a curve that are smaller than this share of what the budget allows in the hours judged part no floors.

They hide no leak and make none. Some are not even the program's own: a kernel that pages out what is cold lowers RSS by
pages of libraries, and the PSS of a child falls when another process maps the same library.
"""

STEPS_TOLD = 2.0
"""So many steps in the hours judged are the least that floors of a count tell from none."""

STEPS_FOUND = 6.0
"""And so many, at equal distances, are called LEAK (in 98 % of simulated soaks at least)."""


@dataclass(frozen=True)
class Measure:
    """A quantity of a run, sample by sample: `read` gives shape (samples,), NaN where it was not read.

    Where some of it is interpolated, `known` is what had been read of it at each sample; else None.
    """

    name: MeasureName
    words: str
    unit: Literal["GB/h", "1/h"]
    read: Callable[[Run], NDArray[np.float64]]
    known: Callable[[Run], NDArray[np.float64]] | None = None

    @property
    def counted(self) -> bool:
        """Whether it is a count, which no cleanup of the target lowers."""
        return self.unit == "1/h"


def _gb(column: str) -> Callable[[Run], NDArray[np.float64]]:
    return lambda run: run.column(column) / run.memory_scale / 1e9


RSS = Measure("rss", "RSS", "GB/h", lambda run: run.rss_gb)
LIVE = Measure("live", "live bytes", "GB/h", lambda run: run.live_gb)
MAPPINGS = Measure("mappings", "mappings", "GB/h", _gb("mappings_bytes"))
CHILDREN = Measure("children", "children", "GB/h", lambda run: run.children_held.gb)
TREE = Measure(
    "tree",
    "RSS with children",
    "GB/h",
    lambda run: run.children_held.tree_since_first_gb,
    known=lambda run: run.children_held.tree_as_known_gb,
)
TASKS = Measure("tasks", "tasks", "1/h", lambda run: run.column("tasks"))
THREADS = Measure("threads", "threads", "1/h", lambda run: run.column("threads"))
OPEN_FILES = Measure("open_files", "open files", "1/h", lambda run: run.column("open_files"))
PYMALLOC = Measure("pymalloc", "pymalloc", "GB/h", _gb("pymalloc_bytes"))
GLIBC = Measure("glibc", "glibc", "GB/h", _gb("glibc_bytes"))

COUNTS = (TASKS, THREADS, OPEN_FILES)
OF_CHILDREN = (CHILDREN, TREE)
"""What only a config has that started processes."""

JUDGED = (RSS, LIVE, MAPPINGS, *OF_CHILDREN, *COUNTS)
"""What every config has a verdict on, where it was recorded."""


@dataclass(frozen=True)
class ConfigLeak:
    """The verdict on one quantity of one config, and the budget per hour that it was held against.

    `fragmentation` marks RSS that climbs while live bytes and mappings do not, by what its allocators hold free: memory
    that the program has and does not use. `grown` is how each line of RSS, and "rss_bytes", changed over the load, GB
    at full scale (of RSS and mappings; empty where it was not recorded). `idle` are mappings that do not leak and never
    moved by as much as their budget allows: nobody need hear of them. `command` is what grows most of children that
    leak.
    """

    config: str
    measure: Measure
    budget: float
    verdict: LeakVerdict
    fragmentation: bool = False
    grown: Mapping[str, float] = field(default_factory=dict)
    idle: bool = False
    command: Command | None = None

    @property
    def rate(self) -> Estimate:
        """The slope of the part that decided, with its interval and that of every seed; empty where there is none."""
        found = self.verdict
        readings = {seed: Reading(slope) for seed, slope in found.seed_slopes.items()}
        return Estimate(found.slope, found.low, found.high, "exact", readings)

    @property
    def reason(self) -> str:
        """Why the verdict is as it is, with the hours that would decide one that is open."""
        return f"{self.verdict.reason}{hours_needed(self.verdict.hours_needed)}"


def settled_by_live(scenario: Scenario, runs: Sequence[Run]) -> bool:
    """Whether RSS of a config leaks at any scale because its live bytes do: it cannot stay below what is live."""
    judged = judge_config(scenario, runs)
    return all(name in judged and judged[name].verdict.outcome == "LEAK" for name in ("rss", "live"))


def judge_leaks(scenario: Scenario, runs: Sequence[Run]) -> tuple[ConfigLeak, ...]:
    """The verdicts on every config that has a run with a sample, however its runs ended."""
    configs = Runs.of(scenario, runs).by_config()
    return tuple(leak for mine in configs.values() for leak in judge_config(scenario, mine).values())


def judge_config(scenario: Scenario, runs: Sequence[Run]) -> dict[str, ConfigLeak]:
    """The verdicts on one config from its `runs`, by measure; what no run recorded after the warm-up has none.

    Finished runs are judged. What others recorded before they ended may show a leak beside them, and never that there
    is none.
    """
    every = Runs.of(scenario, runs)
    leaks, finished = _judge_all(scenario, every), every.finished
    if not finished or len(finished) == len(every):
        return leaks
    told = _judge_all(scenario, finished)
    return {name: leak if leak.verdict.leaks else told.get(name, leak) for name, leak in leaks.items()}


def _judge_all(scenario: Scenario, mine: Runs) -> dict[str, ConfigLeak]:
    leaks: dict[str, ConfigLeak] = {}
    loads = {run.seed: load for run in mine if (load := load_of(run, by="bytes")) is not None}
    for measure in JUDGED:
        having = [run for run in mine if series_of(run, measure).judged(run.warmup_s).any()]
        if having:
            judged = having if measure in OF_CHILDREN else mine
            leak = _judge(measure, judged, loads, leak_confidence_of(scenario))
            verdict = _cut_short(leak.verdict, mine)
            leaks[measure.name] = replace(
                leak, verdict=_beside_hidden(_in_own_time(verdict, mine), mine) if measure in OF_CHILDREN else verdict
            )
    grown = _grown(mine)
    for name in ("rss", "mappings"):
        if name in leaks:
            leaks[name] = replace(leaks[name], grown=grown)
    rss, live, mapped = leaks.get("rss"), leaks.get("live"), leaks.get("mappings")
    if rss is not None and live is not None and rss.verdict.leaks and live.verdict.outcome == "OK":
        held = mapped is not None and mapped.verdict.leaks
        leaks["rss"] = replace(rss, fragmentation=not held and _is_free(grown))
    if mapped is not None:
        idle = not mapped.verdict.leaks and not any(_moves(run, mapped.budget) for run in mine)
        leaks["mappings"] = replace(leaks["mappings"], idle=idle)
    return leaks


def _grown(runs: Sequence[Run]) -> dict[str, float]:
    """How the lines of RSS changed over the load, in the mean of the runs that recorded them."""
    recorded = [changes for run in runs if (changes := growth_gb(run))]
    names = dict.fromkeys(name for changes in recorded for name in changes)
    return {name: float(np.mean([changes.get(name, 0.0) for changes in recorded])) for name in names}


def _is_free(grown: Mapping[str, float]) -> bool:
    """Whether most of what RSS grew by is what its allocators hold free."""
    total = grown.get("rss_bytes", 0.0)
    return total > 0 and sum(grown.get(name, 0.0) for name in ALLOCATORS_HOLD_FREE) >= total / 2


def _moves(run: Run, budget: float) -> bool:
    """Whether the mappings of a run ever moved by as much as the budget allows over the hours judged."""
    series = series_of(run, MAPPINGS)
    inside = series.judged(run.warmup_s)
    if not inside.any():
        return False
    return bool(np.ptp(series.values[inside]) > budget * _judged_hours(MAPPINGS, [run]))


def _judge(measure: Measure, runs: Sequence[Run], loads: Mapping[int, LoadCourse], confidence: float) -> ConfigLeak:
    """The verdict from what there is of some runs, one of which has something to judge."""
    hours = _judged_hours(measure, runs)
    budget = _budget(measure, runs[0], hours)
    warmup_s = runs[0].warmup_s
    series = {run.seed: series_of(run, measure) for run in runs if run.t_s.size}
    floors = {seed: one.judged_floors(warmup_s) for seed, one in sorted(series.items())}
    span_h = warmup_s / 3600, max(float(one.t_s.max(initial=0.0)) for one in series.values()) / 3600
    verdict = judge_floors(floors, span_h, budget=budget, confidence=confidence)
    verdict = with_load(verdict, floors, loads, budget, confidence)
    verdict = replace(verdict, load_recorded=all(run.load is not None for run in runs if run.t_s.size))
    if measure is CHILDREN and verdict.slope is None:
        verdict = _by_readings(verdict, [int(one.judged(warmup_s).sum()) for one in series.values()], span_h)
    if measure.counted and verdict.minimum_detectable is not None:
        verdict = replace(verdict, minimum_detectable=max(verdict.minimum_detectable, STEPS_FOUND / hours))
    command = None
    if measure is CHILDREN and verdict.leaks:
        command = fastest([run for run in runs if run.seed in verdict.leaking] or runs)
    return ConfigLeak(runs[0].config, measure, budget, verdict, command=command)


def _cut_short(verdict: LeakVerdict, runs: Sequence[Run]) -> LeakVerdict:
    """What ended before the horizon may be LEAK by what there is of it, and never OK: the rest may be why it ended."""
    early = next((run for run in runs if not run.reached_horizon), None)
    if early is None or verdict.leaks:
        return verdict
    reason = f"{early.config} {early.ending}"
    return replace(verdict, outcome="INCONCLUSIVE", hours_needed=None, reason=reason, cut_short=True)


def _in_own_time(verdict: LeakVerdict, runs: Sequence[Run]) -> LeakVerdict:
    """Children that lived in real time may be LEAK and never OK: of the virtual hours they lived a small part."""
    commands = sorted({command for run in runs for command in run.told.own_time})
    if not commands or verdict.outcome != "OK":
        return verdict
    live = f"{first_of(commands, 2)} {'lives' if len(commands) == 1 else 'live'}"
    reason = f"{live} in real time, of which a virtual hour takes a few seconds: a leak may not have had its time"
    return replace(verdict, outcome="INCONCLUSIVE", hours_needed=None, reason=reason, own_time=True)


def _beside_hidden(verdict: LeakVerdict, runs: Sequence[Run]) -> LeakVerdict:
    """What is read of some children may be LEAK and never OK beside one of which nothing is known."""
    if verdict.outcome != "OK" or not any((run.children["command"] == HIDDEN).any() for run in runs):
        return verdict
    reason = f"{HIDDEN} could not be looked into (/proc is mounted with hidepid): what it holds is not known"
    return replace(verdict, outcome="INCONCLUSIVE", hours_needed=None, reason=reason, hidden=True)


def _by_readings(verdict: LeakVerdict, readings: Sequence[int], span_h: tuple[float, float]) -> LeakVerdict:
    """Why children have too few floors: they are read in real time, and a short run passes in few readings of it."""
    fewest, needed = min(readings), FEWEST_IN_BLOCK * (FEWEST_ALONE if len(readings) == 1 else FEWEST_FLOORS)
    if fewest >= needed:
        return verdict
    begin_h, end_h = span_h
    hours = begin_h + (end_h - begin_h) * needed / fewest if fewest else None
    counted = "once" if fewest == 1 else f"{fewest} times"
    reason = f"what it started was read {counted} after the warm-up, {needed} times are needed"
    return replace(verdict, reason=reason, hours_needed=hours)


def _judged_hours(measure: Measure, runs: Sequence[Run]) -> float:
    """The hours judged of the shortest of some runs, of which one at least has something to judge."""
    spans = []
    for run in runs:
        series = series_of(run, measure)
        if (inside := series.judged(run.warmup_s)).any():
            spans.append(float(np.ptp(series.t_s[inside])))
    return max(min(spans), runs[0].terms.sample_every_s) / 3600


def _budget(measure: Measure, run: Run, hours: float) -> float:
    """What a measure may grow per hour, judged over so many hours."""
    return max(PER_HOUR, STEPS_TOLD / hours) if measure.counted else run.terms.leak_budget_gb_per_hour


def series_of(run: Run, measure: Measure) -> Series:
    """A measure under feed up to the horizon, as far as the run got."""
    fed = run.until_horizon
    cleanups = np.empty(0) if measure.counted or measure is CHILDREN else run.late_cleanups_s
    known = None if measure.known is None else measure.known(run)[fed]
    t_s = run.t_s[fed]
    hours = max(float(t_s.max(initial=0.0)) - run.warmup_s, 0.0) / 3600
    least_fall = 0.0 if measure.counted else LEAST_FALL * run.terms.leak_budget_gb_per_hour * hours
    return Series(t_s, measure.read(run)[fed], cleanups, known, least_fall)


def floor_slope(run: Run) -> Reading:
    """The Theil-Sen slope of the floors of RSS after the warm-up, up to the horizon, GB per hour."""
    return slope(run, RSS) if run.reached_horizon else not_reached(run)


def live_slope(run: Run) -> Reading:
    """The Theil-Sen slope of the floors of live bytes after the warm-up, up to the horizon, GB per hour."""
    return slope(run, LIVE) if run.reached_horizon else not_reached(run)


def slope(run: Run, measure: Measure) -> Reading:
    """The Theil-Sen slope per hour of the floors that the verdict looks at, of the whole run as far as it got."""
    series = series_of(run, measure)
    if not series.judged(run.warmup_s).any():
        if not run.reached_horizon:
            return not_reached(run)
        if measure in OF_CHILDREN and not run.has_children:
            return absent("not applicable", run.childless)
        return absent("not applicable", f"{run.config} recorded no {measure.words} under load")
    floors = series.judged_floors(run.warmup_s)
    if floors.hours.size < FEWEST_FLOORS:
        reason, hours = too_few({run.seed: floors}, FEWEST_FLOORS)
        return absent("undecided", f"{run.config} has {reason}{hours_needed(hours)}")
    return Reading(float(slopes(floors).whole))


def in_budgets(measure: Measure) -> Callable[[Run], Reading]:
    """The reading of how fast the floors of one run rise, in budgets of the measure."""

    def read(run: Run) -> Reading:
        rate = slope(run, measure)
        if rate.value is None:
            return rate
        return Reading(rate.value / _budget(measure, run, _judged_hours(measure, [run])))

    return read


def hours_needed(hours: float | None) -> str:
    """The hours that would decide, in words that follow a reason; rounded up, so that they do."""
    return "" if hours is None else f"; {rounded_up(hours):.1f} hours would do"


def rounded_up(hours: float) -> float:
    """Hours to a tenth, never fewer."""
    return math.ceil(round(hours * 10, 6)) / 10
