"""The options that override keys of a scenario's file, for one soak."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from pydantic import ValidationError

from harness.errors import UsageError
from harness.problems import refused
from harness.scenario.contents import Scenario
from harness.scenario.refusals import problems_of
from harness.text import did_you_mean, shown_path

OPTIONS = {
    "time.hours": "--hours",
    "market.symbols": "--symbols",
    "memory.scale": "--scale",
    "seeds": "--seeds",
    "max_seeds": "--max-seeds",
    "first_seed": "--first-seed",
    "memory.anchors.minutes": "--anchor-minutes",
}
"""The options of the command line, by the keys of the file that they override."""


def with_options(
    scenario: Scenario,
    *,
    hours: float | None = None,
    symbols: int | None = None,
    scale: float | None = None,
    seeds: int | None = None,
    max_seeds: int | None = None,
    first_seed: int | None = None,
    anchor_minutes: float | None = None,
    configs: Sequence[str] | None = None,
) -> Scenario:
    """The scenario with a user's options, validated again.

    Configs keep the scenario's order; claims about a config that is not selected are dropped, and so are sweeps. Where
    fewer `hours` would leave the warm-up more than a fifth of the run, it becomes a fifth.

    Raises UsageError, naming the option, where a value is not allowed or a config does not exist.
    """
    values = (hours, symbols, scale, seeds, max_seeds, first_seed, anchor_minutes)
    given = {key: value for key, value in zip(OPTIONS, values, strict=True) if value is not None}
    if not given and configs is None:
        return scenario
    table = scenario.model_dump()
    for key, value in given.items():
        *tables, name = key.split(".")
        functools.reduce(dict.__getitem__, tables, table)[name] = value
    if hours is not None and hours < scenario.time.hours:
        table["time"]["warmup_minutes"] = min(scenario.time.warmup_minutes, hours * 60 / 5)
    if configs is not None:
        table["configs"] = {name: scenario.configs[name] for name in _selected(scenario, configs)}
        table["claims"] = [claim.model_dump() for claim in scenario.claims if set(claim.configs) <= set(configs)]
        table["sweeps"] = {}
    try:
        return Scenario.model_validate(table)
    except ValidationError as error:
        first, *others = problems_of(error, Scenario, table)
    if first.key in given:
        raise UsageError(f"{OPTIONS[first.key]} {given[first.key]}: {first.text}")
    written = " ".join(f"{OPTIONS[key]} {value}" for key, value in given.items())
    raise refused(f"{shown_path(scenario.path)} with {written}", [first, *others])


def _selected(scenario: Scenario, configs: Sequence[str]) -> list[str]:
    for name in configs:
        if name not in scenario.configs:
            offer = did_you_mean(name, scenario.configs, noun=f"the configs of {scenario.name} are")
            raise UsageError(f'--configs {",".join(configs)}: no config "{name}"; {offer}')
    if not configs:
        known = ", ".join(sorted(scenario.configs))
        raise UsageError(f"--configs: names no config; the configs of {scenario.name} are: {known}")
    return [name for name in scenario.configs if name in configs]
