"""What is run of one candidate: the scenario with the one config that is it, in a result folder of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from harness.environments.packages import names_of
from harness.environments.pip import canonical
from harness.environments.provided import provide
from harness.environments.versions import BUILD, PACKAGES, PATH, REVISION, Version
from harness.errors import UsageError
from harness.histories.candidate import Candidate
from harness.histories.freezing import Frozen, Installed, differing, installed, installed_alone
from harness.scenario import Scenario
from harness.scenario.files import checked
from harness.scenario.overrides import with_options
from harness.soaks.run_rows import World
from harness.text import did_you_mean, shown_path

WORLDS_FOLDER: Final = "worlds"
"""Where in the result of a search its worlds lie, each a result folder."""


def base_of(scenario: Scenario, package: str, config: str | None) -> str:
    """The config that a search starts from: the one that is named, else the only one, else the first that has it.

    `scenario` holds its configs as they are written. Raises UsageError where that is none.
    """
    if config is not None:
        if config not in scenario.configs:
            offer = did_you_mean(config, scenario.configs, noun="the configs are")
            raise UsageError(f'--config {config}: no config "{config}"; {offer}')
        return config
    having = [name for name, version in scenario.versions().items() if canonical(package) in names_of(version)]
    if len(scenario.configs) > 1 and not having:
        known = ", ".join(scenario.configs)
        raise UsageError(f"{shown_path(scenario.path)}: no config asks for {package}: --config names one of {known}")
    return (having or [*scenario.configs])[0]


def beside(scenario: Scenario, config: str, package: str) -> tuple[str, ...]:
    """The packages that a config asks for beside the one that is searched."""
    version = scenario.versions()[config]
    return tuple(one for one in version.packages if canonical(package) not in names_of(Version(packages=(one,))))


def provided(scenario: Scenario, candidate: Candidate, frozen: Frozen) -> Installed:
    """What a candidate is run with, installed or checked out here: beside the frozen versions where it can be.

    Raises Skipped where pip cannot have it at all, UsageError or SoakError for whatever else forbids it.
    """
    first = installed(candidate, frozen)
    try:
        return replace(first, differing=_differing(scenario, first, frozen))
    except UsageError:
        alone = installed_alone(candidate, frozen)
        return replace(alone, differing=_differing(scenario, alone, frozen))


def _differing(scenario: Scenario, one: Installed, frozen: Frozen) -> tuple[str, ...]:
    config = one.candidate.config
    program = provide({config: Version.of(one.keys)}, scenario.target.factory, scenario.path)[config]
    return differing(program.packages, frozen)


def scenario_of(scenario: Scenario, base: str, installed: Installed, *, hours: float, most_seeds: int) -> Scenario:
    """The scenario of one candidate: nothing is claimed, one seed, to which others are added while it is open.

    Its target is described. Raises UsageError where that cannot be.
    """
    table = _table(scenario, base, installed, most_seeds)
    made = checked(table, shown_path(scenario.path), name=scenario.name, path=scenario.path, trusted=True)
    return with_options(made, hours=hours) if hours != made.time.hours else made


def world_of(scenario: Scenario, installed: Installed, folder: Path) -> World:
    """Where a candidate is run for the hours of its scenario, below the result `folder` of the search."""
    name = f"{installed.candidate.folder_name}-{scenario.time.hours:g}h"
    return World(scenario, folder / WORLDS_FOLDER / name)


def _table(scenario: Scenario, base: str, installed: Installed, most_seeds: int) -> dict[str, Any]:
    own: Mapping[str, Any] = scenario.configs[base]
    replaced = {PACKAGES, BUILD, PATH, REVISION} if installed.candidate.package else {PACKAGES, BUILD, REVISION}
    kept = {key: value for key, value in own.items() if key not in replaced}
    return {
        **scenario.model_dump(exclude={"name", "path"}),
        "seeds": 1,
        "max_seeds": most_seeds,
        "configs": {installed.candidate.config: {**kept, **installed.keys}},
        "claims": (),
        "sweeps": {},
    }
