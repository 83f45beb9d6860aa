"""What a scenario file may say, as frozen models that refuse the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from annotated_types import Ge, Gt, Le, Len
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    Strict,
    StringConstraints,
    ValidationError,
    model_validator,
)

from harness.errors import UsageError
from harness.problems import refused
from harness.scaling import RATE, STOCK
from harness.scenario.feed_faults import FaultSettings
from harness.scenario.parameters import ENV
from harness.scenario.refusals import Refusal, problems_of
from harness.scenario.tables import Settings
from harness.text import did_you_mean, shown_path

HOURS_MOST = 8784.0  # a leap year
SAMPLES_MOST = 5_000_000  # per run; half a gigabyte of recording
FIXED_ENV = ("PYTHONHASHSEED", "PYTHONPATH", "PYTHONHOME", "PATH", "HOME", "TZ")
"""What a config may not set: other runs could not be compared with it, or it would run another program."""

SEEDS_MOST = 30
"""To which seeds may be added: more of them are a run that is too short."""

FIRST_SEED_MOST = 1_000_000_000

SAMPLES_LEAST = 10  # after the warm-up; fewer are no curve

Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^\S[^\r\n]*$")]
Paragraph = Annotated[str, StringConstraints(max_length=10_000)]
ConfigName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]


def _in_utc(value: datetime) -> datetime:
    if not datetime(2000, 1, 1, tzinfo=UTC) <= value < datetime(2100, 1, 1, tzinfo=UTC):
        raise ValueError("must lie between 2000 and 2100")
    return value.astimezone(UTC)


def _open_end(value: object) -> object:
    if isinstance(value, str) and value != "open":
        raise ValueError('must be a number or "open"')
    return None if value == "open" else value


def _names_a_factory(value: str) -> str:
    module, colon, attribute = value.partition(":")
    if not (colon and attribute.isidentifier() and all(part.isidentifier() for part in module.split("."))):
        raise ValueError('must be "module:factory"')
    return value


End = Annotated[Annotated[float, Ge(-1e12), Le(1e12)] | None, BeforeValidator(_open_end)]


class MarketSettings(Settings):
    """The feed: symbols, levels a side, mean books per second and symbol at full scale, seconds a candle, start.

    With `season`, activity follows the hour of the day (UTC); `faults` are those of the feed, None for a feed without.
    With a `recording`, a file, the feed is what is recorded there from its start on: the same for every seed, without
    more faults, of so many symbols and books per second, which are checked; books have at most `depth` levels a side.
    """

    symbols: Annotated[int, Ge(1), Le(5000)]
    depth: Annotated[int, Ge(1), Le(1000)]
    books_per_second: Annotated[float, Gt(0), Le(1000), RATE]
    candle_s: Annotated[int, Ge(1), Le(86_400)] = 60
    start: Annotated[AwareDatetime, AfterValidator(_in_utc)] = datetime(2025, 1, 6, tzinfo=UTC)
    season: bool = False
    faults: FaultSettings | None = None
    recording: Annotated[str, StringConstraints(pattern=r"\.(parquet|csv)$", max_length=1000)] | None = None

    @model_validator(mode="after")
    def _is_made_or_recorded(self) -> Self:
        if self.recording is not None and (self.season or self.faults is not None):
            key = "season" if self.season else "faults"
            raise Refusal(key, self.season or {}, "belongs to a synthetic market; a recording is as it is")
        return self


class TimeSettings(Settings):
    """The course of a run in virtual time. Nothing of it is scaled.

    `anatomy_every_minutes` is how often it is read where RSS goes and who holds the memory; `starts` how often the
    target is started and stopped within the hours, at equal distances.
    """

    hours: Annotated[float, Gt(0), Le(HOURS_MOST)]
    cycle_s: Annotated[float, Ge(0.001), Le(3600)]
    warmup_minutes: Annotated[float, Ge(0), Le(HOURS_MOST * 60)]
    run_on_s: Annotated[float, Ge(0), Le(86_400)]
    sample_every_s: Annotated[float, Ge(0.001), Le(3600)]
    settle_minutes: Annotated[float, Ge(0), Le(1440)]
    anatomy_every_minutes: Annotated[float, Ge(0.001), Le(HOURS_MOST * 60)] = 30.0
    starts: Annotated[int, Ge(1), Le(10_000)] = 1

    @model_validator(mode="after")
    def _fits(self) -> Self:
        horizon_s, warmup_s = self.hours * 3600, self.warmup_minutes * 60
        if warmup_s >= horizon_s:
            raise Refusal(
                "warmup_minutes",
                self.warmup_minutes,
                f"must lie inside the {self.hours:g} hours, which are {horizon_s / 60:g} minutes",
            )
        if self.cycle_s > horizon_s - warmup_s:
            raise Refusal("cycle_s", self.cycle_s, f"must be at most the {horizon_s - warmup_s:g} s after the warm-up")
        longest_s = (horizon_s - warmup_s) / SAMPLES_LEAST
        if self.sample_every_s > longest_s:
            raise Refusal(
                "sample_every_s",
                self.sample_every_s,
                f"must be at most {longest_s:g}: the time after the warm-up needs at least {SAMPLES_LEAST} samples",
            )
        shortest_s = (horizon_s + self.run_on_s + self.settle_minutes * 60) / SAMPLES_MOST
        if self.sample_every_s < shortest_s:
            raise Refusal(
                "sample_every_s",
                self.sample_every_s,
                f"must be at least {shortest_s:.3g}: a run may have at most {SAMPLES_MOST:,} samples",
            )
        return self


class AnchorSettings(Settings):
    """How many real minutes the anchor runs of a soak may take, in larger worlds than its own; 0 for none."""

    minutes: Annotated[float, Ge(0), Le(1440)] = 4.5


class MemorySettings(Settings):
    """The size of the world, in GB (10^9 bytes) at full scale, and the scale that shrinks it.

    What moves with the scale is judged by `anchors`, runs in larger worlds.
    """

    scale: Annotated[float, Gt(0), Le(1)]
    baseline_gb: Annotated[float, Gt(0), Le(4096), STOCK]
    limit_gb: Annotated[float, Gt(0), Le(4096), STOCK]
    leak_budget_gb_per_hour: Annotated[float, Gt(0), Le(4096), RATE]
    anchors: AnchorSettings = AnchorSettings()

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if self.baseline_gb >= self.limit_gb:
            raise Refusal("baseline_gb", self.baseline_gb, f"must be less than limit_gb, which is {self.limit_gb:g}")
        return self


class TargetSettings(Settings):
    """The program under test: its factory, as ``module:factory``."""

    factory: Annotated[str, AfterValidator(_names_a_factory)]


class Claim(Settings):
    """An expectation: a metric of one config or of a pair, the band it is expected in, and who says so.

    `expected` is (low, high) in the metric's unit, None for an open end; `tolerance` widens the band at closed ends.
    `better` is the side on which a value outside is exceeded, not missed. `known` marks a strict expected failure, with
    its `reason`; `not_testable` says why the model cannot reach this claim by construction; `note`, how it is read.
    """

    name: Line
    metric: Line
    configs: Annotated[tuple[str, ...], Len(1, 2), Strict(False)]
    expected: Annotated[tuple[End, End], Strict(False)]
    better: Literal["higher", "lower", "neither"]
    kind: Literal["construction", "calibration", "prediction"]
    source: Line
    tolerance: Annotated[float, Ge(0), Le(1e12)] | None = None
    known: Literal["missed"] | None = None
    reason: Paragraph | None = None
    not_testable: Paragraph | None = None
    note: Paragraph | None = None

    @property
    def band(self) -> tuple[float | None, float | None]:
        """The expected range as it is judged: widened by the tolerance, None for an open end."""
        low, high = self.expected
        slack = self.tolerance or 0.0
        return (None if low is None else low - slack, None if high is None else high + slack)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        low, high = self.expected
        written = ["open" if end is None else end for end in self.expected]
        if low is None and high is None:
            raise Refusal("expected", written, "must be closed at one end at least")
        if low is not None and high is not None and low > high:
            raise Refusal("expected", written, "must be [low, high] with low at most high")
        if low == high and self.tolerance is None:
            raise Refusal(
                "expected", written, "where low is high, `tolerance` must say how near counts (0 for exactly)"
            )
        if len(set(self.configs)) < len(self.configs):
            raise Refusal("configs", self.configs, "must be two different configs")
        if self.known and not (self.reason and self.reason.strip()):
            raise Refusal("reason", self.reason or "", "must say why the claim is a known miss")
        if self.reason is not None and not self.known:
            raise Refusal("reason", self.reason, 'belongs to a known miss: write known = "missed" too')
        if self.known and self.not_testable:
            raise Refusal("known", self.known, "a claim that is not testable cannot be missed: keep one of the two")
        return self


class ScenarioContents(Settings):
    """A whole scenario file."""

    title: Line
    assumptions: Paragraph = ""
    seeds: Annotated[int, Ge(1), Le(1000)] = 3
    max_seeds: Annotated[int, Ge(1), Le(SEEDS_MOST)] | None = None
    first_seed: Annotated[int, Ge(1), Le(FIRST_SEED_MOST)] = 1
    stall_s: Annotated[float, Gt(0), Le(86_400)] = 60.0
    market: MarketSettings
    time: TimeSettings
    memory: MemorySettings
    target: TargetSettings
    configs: Annotated[dict[ConfigName, dict[str, Any]], Len(1)]
    claims: Annotated[tuple[Claim, ...], Strict(False)] = ()

    @model_validator(mode="after")
    def _seeds_may_be_added(self) -> Self:
        if self.max_seeds is not None and self.max_seeds < self.seeds:
            raise Refusal("max_seeds", self.max_seeds, f"must be at least seeds, which is {self.seeds}")
        return self

    @model_validator(mode="after")
    def _environments_are_sound(self) -> Self:
        for config, table in self.configs.items():
            environment = table.get(ENV, {})
            key = f"configs.{config}.{ENV}"
            if not isinstance(environment, dict):
                raise Refusal(key, environment, 'must be a table of text, such as { PYTHONMALLOC = "malloc" }')
            for name, value in environment.items():
                if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                    raise Refusal(key, name, "is no name of an environment variable")
                if name in FIXED_ENV:
                    raise Refusal(f"{key}.{name}", value, "is the same for all configs; leave it out")
                if not isinstance(value, str) or "\0" in value:
                    raise Refusal(f"{key}.{name}", value, 'must be text in "quotes"')
        return self

    @model_validator(mode="after")
    def _claims_are_about_configs(self) -> Self:
        names: set[str] = set()
        for claim in self.claims:
            if claim.name in names:
                raise Refusal("claims", claim.name, "two claims have this name; a name stands for one claim")
            names.add(claim.name)
            for config in claim.configs:
                if config not in self.configs:
                    offer = did_you_mean(config, self.configs, noun="the configs are")
                    raise Refusal(
                        f'claims."{claim.name}".configs', list(claim.configs), f'no config "{config}"; {offer}'
                    )
        return self


class Scenario(ScenarioContents):
    """One scenario: the market, the virtual duration, the target, its configs, the claims.

    `name` is the stem of its file, `seeds` the runs per config, `max_seeds` up to how many are added while a verdict is
    open (None: none), `first_seed` the first of these seeds, which follow one another; `stall_s` the real seconds
    without a sample after which a run counts as stalled, `assumptions` what the numbers take for granted. Configs hold
    plain values and, when the scenario was loaded with its target, every parameter.
    """

    name: Annotated[str, Field(pattern=r"^\w[\w .-]*$", max_length=200)]
    path: Path

    def planned_seeds(self) -> range:
        """The seeds that every config has before any is added."""
        return range(self.first_seed, self.first_seed + self.seeds)

    def further_seeds(self) -> range:
        """The seeds that may be added, in their order; none without `max_seeds`."""
        return range(self.first_seed + self.seeds, self.first_seed + (self.max_seeds or self.seeds))

    def env_of(self, config: str) -> dict[str, str]:
        """What `config` sets in the environment of its processes."""
        return dict(self.configs[config].get(ENV, {}))

    def with_options(
        self,
        *,
        hours: float | None = None,
        scale: float | None = None,
        seeds: int | None = None,
        max_seeds: int | None = None,
        first_seed: int | None = None,
        anchor_minutes: float | None = None,
        configs: Sequence[str] | None = None,
    ) -> Scenario:
        """This scenario with a user's options, validated again.

        Configs keep the scenario's order; claims about a config that is not selected are dropped. Where fewer `hours`
        would leave the warm-up more than a fifth of the run, it becomes a fifth.

        Raises UsageError, naming the option, where a value is not allowed or a config does not exist.
        """
        table = self.model_dump()
        if seeds is not None:
            table["seeds"] = seeds
        if max_seeds is not None:
            table["max_seeds"] = max_seeds
        if first_seed is not None:
            table["first_seed"] = first_seed
        if scale is not None:
            table["memory"]["scale"] = scale
        if anchor_minutes is not None:
            table["memory"]["anchors"]["minutes"] = anchor_minutes
        if hours is not None:
            table["time"]["hours"] = hours
            if hours < self.time.hours:
                table["time"]["warmup_minutes"] = min(self.time.warmup_minutes, hours * 60 / 5)
        if configs is not None:
            table["configs"] = {name: self.configs[name] for name in self._selected(configs)}
            table["claims"] = [claim.model_dump() for claim in self.claims if set(claim.configs) <= set(configs)]
        try:
            return Scenario.model_validate(table)
        except ValidationError as error:
            problems = problems_of(error, Scenario, table)
        options = {
            "time.hours": ("--hours", hours),
            "memory.scale": ("--scale", scale),
            "seeds": ("--seeds", seeds),
            "max_seeds": ("--max-seeds", max_seeds),
            "first_seed": ("--first-seed", first_seed),
            "memory.anchors.minutes": ("--anchor-minutes", anchor_minutes),
        }
        option, given = options.get(problems[0].key, ("", None))
        if given is not None:
            raise UsageError(f"{option} {given}: {problems[0].text}")
        written = " ".join(f"{name} {value}" for name, value in options.values() if value is not None)
        raise refused(f"{shown_path(self.path)} with {written}", problems)

    def _selected(self, configs: Sequence[str]) -> list[str]:
        for name in configs:
            if name not in self.configs:
                offer = did_you_mean(name, self.configs, noun=f"the configs of {self.name} are")
                raise UsageError(f'--configs {",".join(configs)}: no config "{name}"; {offer}')
        if not configs:
            known = ", ".join(sorted(self.configs))
            raise UsageError(f"--configs: names no config; the configs of {self.name} are: {known}")
        return [name for name in self.configs if name in configs]
