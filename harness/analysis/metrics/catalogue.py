"""The table of metrics that a claim may name: what each is, how it is read, what arithmetic alone would say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.analysis import estimates
from harness.analysis.estimates import Average, Estimate, Reading, over_seeds
from harness.analysis.leaks import config_leaks as leaks
from harness.analysis.leaks.sequential import confidence_of
from harness.analysis.metrics import (
    afterlife,
    arithmetic,
    buffers,
    cpu,
    crash,
    errors,
    levels,
    losses,
    restarts,
    structures,
    teeth,
    waterfall,
)
from harness.analysis.metrics import rss_lines as breakdown
from harness.analysis.metrics.arithmetic import Arithmetic, Premise
from harness.analysis.metrics.pairing import Pairing, paired, ratio, reduction, relative_difference
from harness.analysis.runs import Run, Runs
from harness.analysis.trouble import ERRORS, UNHANDLED
from harness.scenario import Scenario

Read = Callable[[Run], Reading]

Unit = Literal[
    "GB", "MB", "GB/h", "minutes", "s", "ms", "samples", "tasks", "files", "threads", "errors", "objects", "budgets",
    "share", "times", "",
]  # fmt: skip
"""GB and MB are 10^9 and 10^6 bytes at full scale; a share is of 1; counts and CPU are those of the scaled world.

A budget is what a quantity may grow per hour (see harness.analysis.leaks.config_leaks).
"""

Moves = Literal["no", "course", "release", "whole", "cost", "tree"]
"""How a metric moves with the memory scale: not at all; with the floors of the course, which can be carried to another
scale; with what stays after the stop, which can be, too; so that only whole runs at full scale tell it; as CPU does,
which goes with the feed; or with what programs beside the judged process take before they do anything."""


@dataclass(frozen=True)
class Metric:
    """One metric: a reading of each run of one config or, where there is a `pair`, of each pair of runs with one seed.

    `moves` says whether and how a metric moves with the memory scale, as it was measured (docs/reference/scales.md):
    what depends on floors does, since a nearly constant number of survivors pins more of a smaller world.
    `leak` names the measure whose verdict on leaks judges a claim on this metric, in place of a band.
    `counted` is what every run tells exactly: a claim on it is decided by each run alone, and missed by one of them.
    `beside` says in words of all runs and a config what belongs beside the value, empty where nothing does.
    """

    name: str
    description: str
    unit: Unit
    read: Read
    moves: Moves = "no"
    pair: Pairing | None = None
    average: Average = estimates.ARITHMETIC
    arithmetic: Arithmetic = arithmetic.none
    leak: leaks.MeasureName | None = None
    counted: bool = False
    beside: Callable[[Sequence[Run], str], str] | None = None

    @property
    def moves_with_scale(self) -> bool:
        """Whether its value at a small scale is that of the small world only."""
        return self.moves != "no"

    @property
    def configs(self) -> int:
        """How many configs the metric is about, 1 or 2."""
        return 1 if self.pair is None else 2

    def compute(
        self, runs: Sequence[Run], configs: Sequence[str], confidence: float = estimates.CONFIDENCE
    ) -> Estimate:
        """The metric of `configs` (as many as it is about) from all `runs`, over their seeds."""
        readings = [self.readings(runs, config) for config in configs]
        pairs = readings[0] if self.pair is None else paired(readings[0], readings[1], self.pair)
        return over_seeds(pairs, self.average, confidence, counted=self.counted)

    def readings(self, runs: Sequence[Run], config: str) -> dict[int, Reading]:
        """The reading of every run of `config`, by seed."""
        return {run.seed: self.read(run) for run in runs if run.config == config}

    def by_arithmetic(self, scenario: Scenario, runs: Sequence[Run], configs: Sequence[str]) -> float | None:
        """What the model's arithmetic alone would give, None where there is none."""
        return self.arithmetic(Premise(scenario, configs, Runs.of(scenario, runs)))


def _reduction(
    name: str, description: str, read: Read, by_model: Arithmetic = arithmetic.none, *, moves: Moves = "no"
) -> Metric:
    return Metric(
        name, description, "share", read, moves=moves, pair=reduction, average=estimates.REDUCTION, arithmetic=by_model
    )


LEVELS: dict[str, tuple[Read, str, str, Moves]] = {
    "peak": (levels.peak, "at the peak", "to the peak, net of the start", "no"),
    "horizon": (levels.horizon, "in the last whole tooth", "to the last whole tooth", "course"),
    "horizon_instant": (levels.horizon_instant, "at the horizon", "to the horizon", "course"),
    "mean": (levels.mean, "in the mean", "in the mean", "course"),
}
"""Where memory is compared, with the words for a saving there, gross and of the growth; how it moves with the scale."""


def _reductions() -> list[Metric]:
    """What the second config saves at every level, gross and then net of the start."""
    by_model = {"peak": arithmetic.peak_reduction, "peak_net": arithmetic.net_peak_reduction}
    gross, net = [], []
    for level, (read, where, grown, moves) in LEVELS.items():
        saver = "the second config" if level == "peak" else "it"
        model = by_model.get(level, arithmetic.none)
        gross.append(_reduction(f"reduction.{level}", f"what {saver} saves {where}", read, model, moves=moves))
        model = by_model.get(f"{level}_net", arithmetic.none)
        words = f"what it saves of the growth {grown}"
        net.append(_reduction(f"reduction.{level}_net", words, levels.net_of_start(read), model, moves=moves))
    return [*gross, *net]


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


def _releases() -> list[Metric]:
    steps = {
        "stop": ("after_stop", "by stop()"),
        "drop": ("after_drop", "once every reference was dropped"),
        "trim": ("after_trim", "after malloc_trim(0)"),
    }
    found: list[Metric] = []
    for name, (step, when) in steps.items():
        beside = None if name == "stop" else afterlife.said
        grown = f"share of what had grown over the start that was given back {when}"
        held = f"share of all that was held that was given back {when}"
        found += [
            Metric(
                f"release.{name}",
                f"{grown}, RSS",
                "share",
                waterfall.release(step),
                moves="release",
                beside=beside,
            ),
            Metric(
                f"release.{name}_gross",
                f"{held}, RSS",
                "share",
                waterfall.release(step, gross=True),
                moves="release",
                beside=beside,
            ),
            Metric(
                f"release.{name}_live",
                f"{grown}, live bytes",
                "share",
                waterfall.release(step, "live_bytes"),
                beside=beside,
            ),
        ]
    return found


def _left() -> list[Metric]:
    """The parts of what is left, over the start, after stop(), drop and trim."""
    what: dict[str, tuple[str, Moves]] = {
        "live": ("still live", "no"),
        "pinned": ("free in Python's pools, kept mapped by what survived", "release"),
        "slack": ("free in glibc's hands, not given back by the trim", "whole"),
        "mapped": ("in mappings of the program's own: shared memory, anonymous, written files, stacks", "no"),
        "other": ("in files, Arrow's pool and what no allocator explains", "no"),
    }
    return [
        Metric(
            f"left.{part}",
            f"growth over the start that remains after stop, drop and trim, {words}",
            "GB",
            waterfall.left(part),
            moves=moves,
        )
        for part, (words, moves) in what.items()
    ]


def _structures() -> list[Metric]:
    """What the note names, by the attributes that hold it."""
    what = {
        "snapshots": ("order-book snapshots", structures.SNAPSHOTS),
        "candles": ("candle histories", structures.CANDLES),
        "features": ("feature buffers", structures.FEATURES),
        "records": ("label and metadata buffers", structures.RECORDS),
    }
    most = "the most that the note's {} held in a walk under feed"
    found = [
        Metric(f"named.{name}_mb", most.format(words), "MB", structures.most_mb(*attributes))
        for name, (words, attributes) in what.items()
    ]
    histories = structures.most_mb(*structures.SNAPSHOTS, *structures.CANDLES)
    return [
        *found,
        _reduction("named.histories_reduction", "what the second config saves of both histories", histories),
        Metric(
            "named.growth_share",
            "share of the growth of live bytes, where these were highest, held by what the note names",
            "share",
            structures.growth_share,
        ),
    ]


_METRICS = (
    Metric("start", "RSS at the start of the feed", "GB", levels.start),
    Metric(
        "start.difference",
        "how much higher the second config starts, relative to the first",
        "share",
        levels.start,
        pair=relative_difference,
    ),
    Metric("peak", "highest RSS up to the horizon", "GB", levels.peak, arithmetic=arithmetic.peak_gb),
    Metric("peak.net", "highest RSS up to the horizon over the start", "GB", levels.net_of_start(levels.peak)),
    Metric("live.peak", "most live bytes up to the horizon", "GB", levels.live_peak, moves="course"),
    Metric(
        "peak.tree",
        "most that the judged process and all that it started held together up to the horizon",
        "GB",
        levels.tree_peak,
        moves="tree",
    ),
    Metric("horizon", "median RSS of the last whole tooth before the horizon", "GB", levels.horizon, moves="course"),
    Metric(
        "horizon.instant",
        "RSS at the horizon, before any cleanup of that instant",
        "GB",
        levels.horizon_instant,
        moves="course",
    ),
    Metric("mean", "mean RSS under load", "GB", levels.mean, moves="course"),
    *_reductions(),
    Metric("cpu.seconds", "CPU seconds of a run, up to its end", "s", cpu.total_s, moves="cost"),
    *_releases(),
    Metric(
        "release.pools",
        "share of the growth of Python's own pools that was given back without killing the process",
        "share",
        waterfall.released_pools,
        moves="release",
    ),
    *_left(),
    Metric("restart.growth", "RSS after each stop(), per restart", "GB", restarts.slope("rss_bytes"), moves="whole"),
    Metric("restart.live_growth", "live bytes after each stop(), per restart", "GB", restarts.slope("live_bytes")),
    Metric(
        "restart.tasks",
        "tasks after the last stop() over the second",
        "tasks",
        restarts.difference("tasks"),
        counted=True,
    ),
    Metric(
        "restart.open_files",
        "open files after the last stop() over the second",
        "files",
        restarts.difference("open_files"),
        counted=True,
    ),
    Metric(
        "restart.threads",
        "threads after the last stop() over the second",
        "threads",
        restarts.difference("threads"),
        counted=True,
    ),
    Metric(
        "breakdown.residual",
        "the most of RSS that its breakdown does not explain, or counts twice",
        "share",
        breakdown.worst_residual,
    ),
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
    _reduction(
        "buffers.capacity_reduction",
        "what the second config saves of the buffers' capacity",
        buffers.capacity_mb,
        arithmetic.buffers_reduction,
    ),
    _reduction(
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
    _reduction(
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
    _reduction(
        "disk.write_cpu_reduction", "what it saves of the CPU of writing samples", buffers.write_cpu_s, moves="cost"
    ),
    *_structures(),
    Metric("sawtooth.crest_gb", "median RSS just before a cleanup", "GB", teeth.crest_gb),
    Metric("sawtooth.trough_gb", "median RSS just after a cleanup", "GB", teeth.trough_gb, moves="course"),
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
        "growth.drop_share",
        "median share of a tooth's height that its cleanup gives back",
        "share",
        teeth.drop_share,
        moves="whole",
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
    Metric("crash.minutes", "when RSS reached the machine's memory limit", "minutes", crash.minutes),
    Metric(
        "crash.prediction_error",
        "how much later the first 30 minutes foretell the limit than it is reached",
        "share",
        crash.prediction_error,
    ),
    Metric(
        "crash.unsaved",
        "samples collected and not on disk when the limit was reached",
        "samples",
        crash.unsaved,
        counted=True,
    ),
    _reduction("crash.unsaved_reduction", "what the second config saves of them", crash.unsaved),
    Metric(
        "stop.first_collection",
        "unreachable objects that the first collection of stop() found",
        "objects",
        buffers.first_collection,
        counted=True,
    ),
    Metric(
        "stop.later_collections",
        "unreachable objects that its second and third collection found",
        "objects",
        buffers.later_collections,
        counted=True,
    ),
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
    Metric("errors.logged", "log records of level ERROR and above", "errors", errors.counted(ERRORS), counted=True),
    Metric(
        "errors.unhandled",
        "exceptions that reached the handler of the loop, ended a thread or could not be raised",
        "errors",
        errors.counted(UNHANDLED),
        counted=True,
    ),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in _METRICS}
"""Every metric by its name."""


@dataclass(frozen=True)
class Reduced:
    """What `fixed` saves of `old` by one metric, as a share, with its interval at the confidence of the soak."""

    metric: Metric
    old: str
    fixed: str
    estimate: Estimate


def reductions(scenario: Scenario, runs: Sequence[Run]) -> tuple[Reduced, ...]:
    """Every reduction of the two configs that the scenario is about, gross and net of the start: a claim says which.

    None where no claim is about a reduction.
    """
    pair = scenario.reduction_pair()
    if pair is None:
        return ()
    confidence, soaked = confidence_of(scenario), Runs.of(scenario, runs)
    metrics = [METRICS[f"reduction.{level}{net}"] for level in LEVELS for net in ("", "_net")]
    return tuple(Reduced(metric, *pair, metric.compute(soaked, pair, confidence)) for metric in metrics)
