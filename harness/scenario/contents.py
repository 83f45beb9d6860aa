"""A scenario: all tables of its file, and whether its seeds, environments and claims go together with its configs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from annotated_types import Ge, Gt, Le, Len
from pydantic import Field, Strict, StringConstraints, model_validator

from harness.environments import versions
from harness.environments.versions import Version
from harness.scenario.claims import Claim
from harness.scenario.exchange_settings import ExchangeSettings
from harness.scenario.market_settings import MarketSettings
from harness.scenario.refusals import Refusal
from harness.scenario.settings import Line, MemorySettings, Paragraph, Settings, TargetSettings, TimeSettings
from harness.scenario.sweep_settings import Name as SweepName
from harness.scenario.sweep_settings import SweepSettings
from harness.text import did_you_mean

ENV = "env"
"""The key of a config for what it sets in the environment of its processes."""

NO_PARAMETERS = frozenset({ENV, *versions.KEYS})
"""The keys of a config that are no parameters of the target."""

FIXED_ENV = ("PYTHONHASHSEED", "PYTHONPATH", "PYTHONHOME", "PATH", "HOME", "TZ")
"""What a config may not set: other runs could not be compared with it, or it would run another program."""

SEEDS_MOST = 30
"""To which seeds may be added: more of them are a run that is too short."""

FIRST_SEED_MOST = 1_000_000_000

ConfigName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]


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
    exchange: ExchangeSettings | None = None
    configs: Annotated[dict[ConfigName, dict[str, Any]], Len(1)]
    claims: Annotated[tuple[Claim, ...], Strict(False)] = ()
    sweeps: dict[SweepName, SweepSettings] = Field(default_factory=dict)

    def parameters(self) -> dict[str, dict[str, Any]]:
        """The parameters of every config."""
        return {
            name: {key: table[key] for key in table if key not in NO_PARAMETERS} for name, table in self.configs.items()
        }

    def configs_with(self, parameters: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """The configs with these parameters instead, each with its own environment and version."""
        return {name: {**parameters[name], **self.beside_parameters(name)} for name in self.configs}

    def beside_parameters(self, config: str) -> dict[str, Any]:
        """What a config holds that is no parameter of the target."""
        return {key: value for key, value in self.configs[config].items() if key in NO_PARAMETERS}

    def env_of(self, config: str) -> dict[str, str]:
        """What is set in the environment of the processes of `config`: for all configs alike, and by itself."""
        return {**self.target.environment, **self.configs[config].get(ENV, {})}

    def versions(self) -> dict[str, Version]:
        """The version of the program that every config is about."""
        return {name: Version.of(table) for name, table in self.configs.items()}

    @property
    def makes(self) -> bool:
        """Whether something is checked out or installed for a config, or for a setting of a sweep."""
        levels = (level for sweep in self.sweeps.values() for axis in sweep.axes.values() for level in axis.values())
        swept = {key for level in levels for key in level}
        by_sweep = any(f"configs.{key}" in swept for key in versions.KEYS if key != versions.PATH)
        return by_sweep or any(version.makes for version in self.versions().values())

    def run_beside(self) -> list[tuple[str, str]]:
        """What configs have run or loaded beside the factory: variables of their environments, keys of versions."""
        own = [(*self.env_of(name).items(), *version.named()) for name, version in self.versions().items()]
        return [pair for pairs in own for pair in pairs]

    @model_validator(mode="after")
    def _seeds_may_be_added(self) -> Self:
        if self.max_seeds is not None and self.max_seeds < self.seeds:
            raise Refusal("max_seeds", self.max_seeds, f"must be at least seeds, which is {self.seeds}")
        return self

    @model_validator(mode="after")
    def _versions_are_sound(self) -> Self:
        for config, table in self.configs.items():
            for key, value, text in versions.refused(table):
                raise Refusal(f"configs.{config}.{key}", value, text)
        return self

    @model_validator(mode="after")
    def _environments_are_sound(self) -> Self:
        tables = {f"configs.{config}.{ENV}": table.get(ENV, {}) for config, table in self.configs.items()}
        for key, environment in {"target.environment": self.target.environment, **tables}.items():
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

    @model_validator(mode="after")
    def _sweeps_start_from_configs(self) -> Self:
        for name, sweep in self.sweeps.items():
            for config in sweep.configs or ():
                if config not in self.configs:
                    offer = did_you_mean(config, self.configs, noun="the configs are")
                    raise Refusal(f"sweeps.{name}.configs", list(sweep.configs or ()), f'no config "{config}"; {offer}')
        return self


class Scenario(ScenarioContents):
    """One scenario: the market, the virtual duration, the target, its configs, the claims.

    `name` is the stem of its file, `seeds` the runs per config, `max_seeds` up to how many are added while a verdict is
    open (None: none), `first_seed` the first of these seeds, which follow one another; `stall_s` the real seconds
    without a sample after which a run counts as stalled, `assumptions` what the numbers take for granted, `sweeps` what
    `soak sweep` can vary. Configs hold plain values and, when the scenario was loaded with its target, every parameter.
    """

    name: Annotated[str, Field(pattern=r"^\w[\w .-]*$", max_length=200)]
    path: Path

    def planned_seeds(self) -> range:
        """The seeds that every config has before any is added."""
        return range(self.first_seed, self.first_seed + self.seeds)

    def further_seeds(self) -> range:
        """The seeds that may be added, in their order; none without `max_seeds`."""
        return range(self.first_seed + self.seeds, self.first_seed + (self.max_seeds or self.seeds))

    def reduction_pair(self) -> tuple[str, str] | None:
        """The configs without the fix and with it: those of the first claim on a reduction, None without such."""
        for claim in self.claims:
            if claim.metric.startswith("reduction."):
                return claim.configs[0], claim.configs[-1]
        return None
