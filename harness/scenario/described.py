"""What the target of a scenario takes, asked of each version of the program that its configs name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.describing.asking import Description, describe, refused_when_scaled
from harness.describing.surroundings import Surroundings
from harness.environments.provided import Provided, provide
from harness.problems import Problem
from harness.scaling import Scaled
from harness.scenario.contents import ScenarioContents


@dataclass(frozen=True)
class Described:
    """What the target takes, for every config as its own version of the program says.

    It is imported in `surroundings`. `programs` are the versions as they are here, `configs` all parameters as plain
    values, `problems` what is wrong with them.
    """

    factory: str
    surroundings: Surroundings
    programs: dict[str, Provided]
    by_config: dict[str, Description]

    @property
    def configs(self) -> dict[str, dict[str, Any]]:
        """Every config with every parameter."""
        return {config: description.configs[config] for config, description in self.by_config.items()}

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with the parameters of all configs."""
        distinct = {id(description): description for description in self.by_config.values()}
        return [problem for description in distinct.values() for problem in description.problems]

    @property
    def honours_scale(self) -> bool:
        """Whether every version can live in a smaller world."""
        return all(description.honours_scale for description in self.by_config.values())

    def marks(self, config: str) -> dict[str, Scaled]:
        """The parameters of a config that follow the scale."""
        return self.by_config[config].marks or {}

    def refused_when_scaled(self, scaled: Mapping[str, Mapping[str, Any]]) -> list[Problem]:
        """What the dataclasses say against these complete parameters, at the scale of a smaller world."""
        return [
            problem
            for program, names in _by_program(self.programs).items()
            if self.by_config[names[0]].marks is not None
            for problem in refused_when_scaled(
                self.factory,
                {name: scaled[name] for name in names},
                program=program,
                surroundings=self.surroundings,
            )
        ]


def described(scenario: ScenarioContents, path: Path) -> Described:
    """The target of a scenario, whose file is at `path`, by every version that its configs name.

    Raises UsageError where a version cannot be had, or its factory cannot be loaded.
    """
    factory, around, parameters = scenario.target.factory, scenario.target.surroundings, scenario.parameters()
    programs = provide(scenario.versions(), factory, path)
    by_config: dict[str, Description] = {}
    for program, names in _by_program(programs).items():
        its = {name: parameters[name] for name in names}
        description = describe(factory, its, program=program, surroundings=around)
        by_config |= dict.fromkeys(names, description)
    return Described(factory, around, programs, {name: by_config[name] for name in parameters})


def _by_program(programs: Mapping[str, Provided]) -> dict[Provided, list[str]]:
    """The configs of each version."""
    groups: dict[Provided, list[str]] = {}
    for name, program in programs.items():
        groups.setdefault(program, []).append(name)
    return groups
