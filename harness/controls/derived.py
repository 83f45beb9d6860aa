"""The standing controls as soaks: scenarios derived from the one under control, and their runs in one folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from harness.controls.leaking import LEAKING, leaking_configs
from harness.scenario import Scenario
from harness.scenario.overrides import with_options
from harness.soaks import run_rows
from harness.soaks.plan import cores
from harness.soaks.run_rows import World
from harness.soaks.supervisor import Observer

NULL = "harness.null_target:build"

FEWEST_SEEDS = 3
"""A verdict on a leak needs them, and so does an interval that is narrower than a per cent."""

WALKS = 12
"""How often owners are walked, at least, in the run that leaks: enough for their rates under cleanups."""

OFTENER = 60
"""How many times as often the probe samples in its control."""

REAL_MINUTES = 10.0

SHORT_HOURS, SHORT_SYMBOLS = 1.25, 10

SHORT_PAIR_HOURS, SHORT_PAIR_SEEDS = 0.6, 5
"""Of two configs that are the same no more is to be learnt in more hours, but in more seeds: their peaks in a world as
small as `smoke` differ by 0.3 % (sd of three pairs), and the interval of three seeds reached beyond 1 %."""

SHORT_REAL_S = 12.0
DENSE_SYMBOLS, DENSE_BOOKS_PER_SECOND = 20, 100.0
"""The world of the short control in real time: so dense that 12 s grow by a tenth of a GB."""


class Roles(NamedTuple):
    """The configs that the controls are made of: one without the fix, one with it; maybe the same."""

    old: str
    fixed: str


@dataclass(frozen=True)
class ControlSoak:
    """One soak among the controls: its scenario, and whether it runs in real time."""

    name: str
    scenario: Scenario
    real_time: bool = False


def roles(scenario: Scenario) -> Roles:
    """The configs of the first claim on a reduction, else the first config and the second, if there is one."""
    pair = scenario.reduction_pair()
    if pair is not None:
        return Roles(*pair)
    first, *others = scenario.configs
    return Roles(first, others[0] if others else first)


def fewer_hours(scenario: Scenario, hours: float = SHORT_HOURS) -> Scenario:
    """The scenario for `hours` at most."""
    return with_options(scenario, hours=min(scenario.time.hours, hours))


def shortened_pair(scenario: Scenario) -> Scenario:
    """The shortened scenario for two configs that are the same: fewer hours still, more seeds."""
    fewer = fewer_hours(shortened(scenario), SHORT_PAIR_HOURS)
    return _derived(fewer, {"seeds": max(fewer.seeds, SHORT_PAIR_SEEDS), "max_seeds": None})


def shortened(scenario: Scenario) -> Scenario:
    """The scenario in a world small enough for all controls in a minute: fewer symbols, hours and seeds."""
    fewer = _derived(fewer_hours(scenario), {"seeds": min(scenario.seeds, FEWEST_SEEDS)})
    if scenario.market.recording is not None:
        return fewer
    return _derived(fewer, {"market": {"symbols": min(scenario.market.symbols, SHORT_SYMBOLS)}})


def old_against_old(scenario: Scenario) -> ControlSoak:
    """Two configs of the same parameters; the claims on reductions are held against them.

    Not those that nothing saved would meet: they pass by right.
    """
    old, fixed = roles(scenario)
    pair = (_named(old, "a"), _named(old, "b"))
    claims = [
        {**claim.model_dump(), "configs": pair, "known": None, "reason": None}
        for claim in scenario.claims
        if claim.metric.startswith("reduction.")
        and claim.configs == (old, fixed)
        and claim.not_testable is None
        and not _holds_nothing(claim.band)
    ]
    return ControlSoak("same", _with_configs(scenario, dict.fromkeys(pair, scenario.configs[old]), claims))


def _holds_nothing(band: tuple[float | None, float | None]) -> bool:
    low, high = band
    return (low is None or low <= 0) and (high is None or high >= 0)


def clean(scenario: Scenario) -> ControlSoak:
    """The fixed config as it is: what the leak and the oftener probe are held against."""
    return ControlSoak("clean", _often_walked(_alone(scenario, roles(scenario).fixed, "clean")))


def leaking(scenario: Scenario, bytes_per_s: float) -> ControlSoak:
    """The fixed config with a leak of `bytes_per_s`, at the scale of the world, beside it."""
    fixed = roles(scenario).fixed
    configs = {_named(fixed, "leaking"): leaking_configs(scenario, {fixed: bytes_per_s})[fixed]}
    return ControlSoak("leak", _often_walked(_with_configs(scenario, configs, factory=LEAKING)))


def null(scenario: Scenario) -> ControlSoak:
    """A target that keeps nothing, on the same market."""
    return ControlSoak("null", _with_configs(scenario, {"null": {}}, factory=NULL))


def probed(scenario: Scenario) -> ControlSoak:
    """The first seed of the fixed config, sampled OFTENER times as often."""
    derived = _often_walked(_alone(scenario, roles(scenario).fixed, "probed"))
    changes = {"seeds": 1, "time": {"sample_every_s": scenario.time.sample_every_s / OFTENER}}
    return ControlSoak("probe", _derived(derived, changes))


def clocks(scenario: Scenario, *, short: bool) -> tuple[ControlSoak, ControlSoak]:
    """The first minutes of the old config, in virtual and in real time; where `short`, seconds of a dense world."""
    old = roles(scenario).old
    time: dict[str, Any] = {"warmup_minutes": 0.0, "run_on_s": 0.0, "settle_minutes": 0.0, "starts": 1}
    changes: dict[str, Any] = {"seeds": 1, "time": time}
    if short and scenario.market.recording is None:
        time |= {"hours": SHORT_REAL_S / 3600, "sample_every_s": 0.5, "cycle_s": 1.0}
        books_per_second = min(DENSE_BOOKS_PER_SECOND / scenario.memory.scale, 1000.0)
        changes["market"] = {"symbols": DENSE_SYMBOLS, "books_per_second": books_per_second}
    else:
        time["hours"] = min(scenario.time.hours, REAL_MINUTES / 60)
    virtual, real = (_derived(_alone(scenario, old, clock), changes) for clock in ("virtual", "real"))
    return ControlSoak("virtual", virtual), ControlSoak("real", real, real_time=True)


def carry_out(
    soaks: Sequence[ControlSoak], folder: Path, *, at_once: int | None, real_beside: bool, observe: Observer
) -> dict[str, Path]:
    """Carry out all runs of these soaks together, each soak in a result folder of its own below `folder`, by name.

    What runs in real time goes first; with `real_beside` it is one more than run at once, for a world that hardly needs
    the processor. Raises what :func:`harness.soaks.run_rows.carry_out` raises.
    """
    ordered = sorted(soaks, key=lambda soak: not soak.real_time)
    folders = {soak.name: folder / soak.name for soak in ordered}
    rows = [row for soak in ordered for row in World(soak.scenario, folders[soak.name], soak.real_time).rows()]
    processes = (at_once or cores()) + sum(row.job.real_time and real_beside for row in rows)
    run_rows.carry_out(rows, at_once=processes, observe=observe)
    return folders


def _named(config: str, suffix: str) -> str:
    """The name of a config derived from another; a name has 40 characters at the most."""
    return f"{config[:30]}_{suffix}"


def _alone(scenario: Scenario, config: str, suffix: str) -> Scenario:
    """One config of the scenario as it is, by a name derived from its own."""
    return _with_configs(scenario, {_named(config, suffix): scenario.configs[config]})


def _with_configs(
    scenario: Scenario,
    configs: Mapping[str, Mapping[str, Any]],
    claims: Sequence[Mapping[str, Any]] = (),
    *,
    factory: str | None = None,
) -> Scenario:
    seeds = max(scenario.seeds, FEWEST_SEEDS)
    target = {**scenario.target.model_dump(), "factory": factory or scenario.target.factory}
    if factory == NULL:
        target = {"factory": factory}  # what else is said of the target is not said of this one
    changed = {"configs": {name: dict(table) for name, table in configs.items()}, "claims": list(claims), "sweeps": {}}
    looks = {"seeds": seeds, "max_seeds": None}  # a control is looked at once
    return Scenario.model_validate({**scenario.model_dump(), **changed, **looks, "target": target})


def _often_walked(scenario: Scenario) -> Scenario:
    minutes = min(scenario.time.anatomy_every_minutes, scenario.time.hours * 60 / WALKS)
    return _derived(scenario, {"time": {"anatomy_every_minutes": minutes}})


def _derived(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """The scenario with some of its values changed, table by table, validated again."""
    table = scenario.model_dump()
    for key, value in changes.items():
        table[key] = {**table[key], **value} if isinstance(value, Mapping) else value
    return Scenario.model_validate(table)
