"""The runs of a soak as immutable objects, judged on the terms of its scenario."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.analysis.children_held import ChildrenHeld
from harness.analysis.tables import (
    CHILDREN_SINCE,
    COLUMNS,
    OWNER_COLUMNS,
    REQUIRED,
    no_children,
    no_owners,
    no_samples,
    refuse_without,
)
from harness.analysis.told import Stop, Told
from harness.scenario import Scenario
from harness.soaks.children_file import CHILDREN_COLUMNS
from harness.worker.recorder import DELIVERED, FED, PHASES

STATUSES = ("complete", "limit", "failed", "died", "interrupted", "running", "damaged")
"""How a run ended, if it did: in "running" it still goes on; of one that is "damaged" nothing is taken for evidence."""

UNFINISHED = frozenset({"failed", "died", "interrupted", "running", "damaged"})
_ENDINGS = {
    "complete": "ended",
    "limit": "reached the memory limit",
    "interrupted": "was interrupted",
    "running": "is still running",
}


def ending(status: str, t_s: float | None) -> str:
    """How and when a run of this status ended: ``died at 0.50 h``, ``failed before its first sample``."""
    if status == "damaged":
        return "is damaged"
    when = "before its first sample" if t_s is None else f"at {t_s / 3600:.2f} h"
    return f"{_ENDINGS.get(status, status)} {when}"


_Array = TypeVar("_Array", bound="NDArray[Any]")

EPSILON_S = 1e-6

CLEANUP_EVENTS = ("cleanup", "cleanup_skipped")
"""By which events a target tells of its cleanups: done, or attempted and skipped."""


@dataclass(frozen=True)
class Terms:
    """What a run was asked for, as far as judging it needs: virtual seconds, symbols, and the budget of a leak."""

    horizon_s: float
    warmup_s: float
    sample_every_s: float
    cycle_s: float
    symbols: int
    leak_budget_gb_per_hour: float

    @classmethod
    def of(cls, scenario: Scenario) -> Terms:
        """The terms of every run of a scenario."""
        time = scenario.time
        return cls(
            horizon_s=time.hours * 3600,
            warmup_s=time.warmup_minutes * 60,
            sample_every_s=time.sample_every_s,
            cycle_s=time.cycle_s,
            symbols=scenario.market.symbols,
            leak_budget_gb_per_hour=scenario.memory.leak_budget_gb_per_hour,
        )


@dataclass(frozen=True, eq=False)
class Load:
    """What of the feed the target had been handed by each sample, all kinds of events together.

    All arrays are (samples,) of float64 and never decrease: `t_s` in seconds since the feed began, `events` their
    number since then, `bytes` their sizes (synthetic.events.size_bytes). Both are those of the run's own world, not of
    full scale, and stand still once the feed has ended.
    """

    t_s: NDArray[np.float64]
    events: NDArray[np.float64]
    bytes: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Run:
    """One run of one config, finished or not. Bytes are real bytes; :meth:`gb` brings them to full scale.

    `judged_by` are its terms; None where it was read without the scenario that asked for it.
    `samples` has the COLUMNS of a recording (`t_s` in seconds of the run, never decreasing; NaN where a tier was not
    read or the recording is older than the column), `events` are mappings with at least `t_s` and `kind`, `facts` is
    the content of run.json, `owners` has OWNER_COLUMNS: one row per owner and walk, empty where none was walked.
    `children` has CHILDREN_COLUMNS: one row per command and reading, empty where the run had none or it was not
    recorded. Raises ValueError where these do not hold; nothing downstream checks again.
    """

    config: str
    seed: int
    status: str
    memory_scale: float
    samples: pd.DataFrame
    events: tuple[dict[str, Any], ...]
    facts: dict[str, Any]
    owners: pd.DataFrame = field(default_factory=no_owners)
    judged_by: Terms | None = None
    children: pd.DataFrame = field(default_factory=no_children)

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"status {self.status!r} is none of {', '.join(STATUSES)}")
        if not (math.isfinite(self.memory_scale) and self.memory_scale > 0):
            raise ValueError(f"memory_scale {self.memory_scale!r} is not a positive number")
        refuse_without(REQUIRED, self.samples, "samples")
        refuse_without(OWNER_COLUMNS, self.owners, "owners")
        refuse_without(CHILDREN_COLUMNS, self.children, "children")
        older = {name: np.nan for name in COLUMNS if name not in self.samples.columns}
        if older:
            object.__setattr__(self, "samples", self.samples.assign(**older))
        if self.samples.empty and not self.unfinished:
            raise ValueError(f"a {self.status} run has no samples")
        times = self.t_s
        if not np.isfinite(times).all() or (np.diff(times) < 0).any():
            raise ValueError("t_s is not finite and increasing")
        strange = set(self.samples["phase"]) - set(PHASES)
        if strange:
            raise ValueError(f"phase {sorted(map(str, strange))} is none of {', '.join(PHASES)}")
        for event in self.events:
            time = event.get("t_s")
            if not isinstance(event.get("kind"), str) or not isinstance(time, int | float) or not math.isfinite(time):
                raise ValueError(f"event {event!r} has no kind or no finite t_s")

    @property
    def unfinished(self) -> bool:
        """Whether the run ended neither by reaching its end nor by reaching the memory limit."""
        return self.status in UNFINISHED

    @cached_property
    def told(self) -> Told:
        """What run.json tells of the run."""
        return Told(self.facts, complete=self.status == "complete")

    @property
    def stop(self) -> Stop:
        """What was measured at the stop."""
        return self.told.stop

    def under(self, terms: Terms | Scenario) -> Run:
        """This run, judged on these terms or on those of a scenario."""
        wanted = terms if isinstance(terms, Terms) else Terms.of(terms)
        return self if wanted == self.judged_by else replace(self, judged_by=wanted)

    @property
    def ending(self) -> str:
        """How and when the run ended: ``reached the memory limit at 1.36 h``."""
        return ending(self.status, float(self.t_s[-1]) if self.t_s.size else None)

    @property
    def terms(self) -> Terms:
        """The terms that it is judged on; ValueError where it has none."""
        if self.judged_by is None:
            raise ValueError(f"{self.config} seed {self.seed} was read without the scenario that asked for it")
        return self.judged_by

    @property
    def horizon_s(self) -> float:
        """The virtual time, in seconds, for which values at its end are asked."""
        return self.terms.horizon_s

    @property
    def warmup_s(self) -> float:
        """The virtual time, in seconds, from which on it is judged."""
        return self.terms.warmup_s

    @cached_property
    def reached_horizon(self) -> bool:
        """Whether it was fed up to the horizon."""
        fed = self.t_s[self.fed]
        return bool(fed.size) and (self.status == "complete" or fed[-1] >= self.horizon_s - EPSILON_S)

    @cached_property
    def until_horizon(self) -> NDArray[np.bool_]:
        """Which samples were taken under feed and no later than the horizon, shape (samples,)."""
        return _shared(self.fed & (self.t_s <= self.horizon_s + EPSILON_S))

    @cached_property
    def cleanups_s(self) -> NDArray[np.float64]:
        """Times in seconds of the done cleanups up to the horizon, shape (cleanups,)."""
        times = self.event_times("cleanup")
        return _shared(times[times <= self.horizon_s + EPSILON_S])

    @property
    def cleanups(self) -> int | None:
        """How many cleanups were done up to the horizon; None where the target tells of none.

        It tells of them by its events, done or skipped, or by the counter of that name, which counts all of the run.
        """
        if any(event["kind"] in CLEANUP_EVENTS for event in self.events):
            return len(self.cleanups_s)
        counted = self.told.counter("cleanups")
        return None if counted is None else int(counted)

    @property
    def limit_s(self) -> float | None:
        """When it reached the machine's memory limit, if it did: a target may emit an event by that name as well."""
        times = self.event_times("limit")
        return float(times[-1]) if self.status == "limit" and times.size else None

    @property
    def late_cleanups_s(self) -> NDArray[np.float64]:
        """Those after the warm-up, shape (cleanups,)."""
        return self.cleanups_s[self.cleanups_s >= self.warmup_s]

    def stop_gb(self, step: str, measure: str) -> float:
        """Memory at a step of the stop, GB at full scale, NaN where not read.

        `measure` is "rss_bytes" or "live_bytes"; the ballast is added to live bytes.
        """
        value = self.stop.read(step, measure)
        if not value >= 0:
            return math.nan
        return self.gb(value + (self.told.ballast_bytes if measure == "live_bytes" else 0))

    @cached_property
    def t_s(self) -> NDArray[np.float64]:
        """Sample times in seconds since the feed began, shape (samples,)."""
        return _shared(self.column("t_s"))

    @cached_property
    def fed(self) -> NDArray[np.bool_]:
        """Which samples were taken before the stop, shape (samples,)."""
        return _shared(self.samples["phase"].isin(FED).to_numpy(dtype=bool))

    @cached_property
    def loaded(self) -> NDArray[np.bool_]:
        """Which samples fall in the load phase, after the warm-up, shape (samples,)."""
        return _shared((self.samples["phase"] == "load").to_numpy(dtype=bool))

    @cached_property
    def load(self) -> Load | None:
        """The load up to each sample; None where it was not recorded, as in format 1, or where there is no sample."""
        counts, sizes = (
            np.sum([self.column(name) for name in names], axis=0) for names in zip(*DELIVERED.values(), strict=True)
        )
        if not counts.size or np.isnan(counts + sizes).any():
            return None
        return Load(self.t_s, _shared(counts), _shared(sizes))

    @cached_property
    def rss_gb(self) -> NDArray[np.float64]:
        """Resident set at every sample, GB at full scale, shape (samples,)."""
        return _shared(self.column("rss_bytes") / self.memory_scale / 1e9)

    @cached_property
    def live_gb(self) -> NDArray[np.float64]:
        """Live bytes plus ballast, GB at full scale, NaN where not read, shape (samples,)."""
        return _shared((self.column("live_bytes") + self.told.ballast_bytes) / self.memory_scale / 1e9)

    @cached_property
    def held_gb(self) -> NDArray[np.float64]:
        """Live bytes without ballast and, where they were read, what the program mapped itself: what the owners add up
        to. GB at full scale, NaN where not read, shape (samples,)."""
        mapped = np.nan_to_num(self.column("mappings_bytes"), nan=0.0)
        return _shared((self.column("live_bytes") + mapped) / self.memory_scale / 1e9)

    @property
    def has_children(self) -> bool:
        """Whether the target had started a process when one was looked for."""
        return not self.children.empty and bool(self.t_s.size)

    @property
    def childless(self) -> str:
        """Why it has no children, in words: ``old started no process``; or none were recorded."""
        if int(self.facts.get("format") or 1) >= CHILDREN_SINCE:
            return f"{self.config} started no process"
        return f"{self.config} was recorded without the processes that it may have started"

    @cached_property
    def children_held(self) -> ChildrenHeld:
        """What the processes that the target started held, at every sample."""
        return ChildrenHeld(self.children, self.t_s, self.column("rss_bytes"), self.fed, self.memory_scale)

    def column(self, name: str) -> NDArray[np.float64]:
        """One column of the samples as floats, shape (samples,)."""
        return self.samples[name].to_numpy(dtype=np.float64, na_value=np.nan)

    def gb(self, real_bytes: float) -> float:
        """Real bytes of this run as GB at full scale."""
        return real_bytes / self.memory_scale / 1e9

    def event_times(self, *kinds: str) -> NDArray[np.float64]:
        """Times in seconds of the events of these kinds, in order, shape (events,)."""
        return np.sort(np.array([event["t_s"] for event in self.events if event["kind"] in kinds], dtype=np.float64))


def damaged_run(
    config: str, seed: int, memory_scale: float, reason: str, *, status: str = "damaged", facts: dict[str, Any]
) -> Run:
    """A run of which nothing can be told but this: no samples, no events. `facts` are what run.json is known to say."""
    return Run(config, seed, status, memory_scale, no_samples(), (), {**facts, "reason": reason})


class Runs(Sequence[Run]):
    """Runs of one soak, each judged on the terms of its scenario: by config in the scenario's order, then by seed.

    Configs that only the runs know come last. `configs` are all of them, also those of the scenario without a run.
    """

    def __init__(self, configs: Sequence[str], runs: Iterable[Run]) -> None:
        given = list(runs)
        self.configs = tuple(dict.fromkeys([*configs, *sorted({run.config for run in given})]))
        place = {config: number for number, config in enumerate(self.configs)}
        self._runs = tuple(sorted(given, key=lambda run: (place[run.config], run.seed)))

    @classmethod
    def of(cls, scenario: Scenario, runs: Iterable[Run]) -> Runs:
        """These runs of a scenario."""
        terms = Terms.of(scenario)
        return cls(tuple(scenario.configs), (run.under(terms) for run in runs))

    def of_config(self, config: str) -> tuple[Run, ...]:
        """The runs of one config by seed; none where there is none."""
        return tuple(run for run in self._runs if run.config == config)

    def by_config(self) -> dict[str, tuple[Run, ...]]:
        """The runs of every config."""
        return {config: self.of_config(config) for config in self.configs}

    @property
    def finished(self) -> Runs:
        """Those that reached their end or the memory limit: what is judged."""
        return Runs(self.configs, (run for run in self._runs if not run.unfinished))

    @property
    def telling(self) -> Runs:
        """The finished ones; of a config without any, what the others recorded before they ended."""
        finished = self.finished
        ended = {run.config for run in finished}
        return Runs(self.configs, (run for run in self._runs if not run.unfinished or run.config not in ended))

    @overload
    def __getitem__(self, index: int) -> Run: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Run, ...]: ...
    def __getitem__(self, index: int | slice) -> Run | tuple[Run, ...]:
        return self._runs[index]

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[Run]:
        return iter(self._runs)


def _shared(values: _Array) -> _Array:
    """The array, read only: it is computed once and handed to everybody."""
    values.flags.writeable = False
    return values
