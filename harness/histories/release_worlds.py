"""What is run of one candidate: the scenario with the one config that is it, in a result folder of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from packaging.utils import canonicalize_name

from harness.environments.packages import names_of
from harness.environments.versions import ALONE, BUILD, PACKAGES, PATH, REVISION, Version
from harness.errors import UsageError
from harness.histories.candidate import Candidate
from harness.histories.freezing import Installed, Skipped, installed, with_its_own
from harness.histories.history_file import History
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
    having = [name for name, version in scenario.versions().items() if canonicalize_name(package) in names_of(version)]
    if len(scenario.configs) > 1 and not having:
        known = ", ".join(scenario.configs)
        raise UsageError(f"{shown_path(scenario.path)}: no config asks for {package}: --config names one of {known}")
    return (having or [*scenario.configs])[0]


def beside(scenario: Scenario, config: str, package: str) -> tuple[str, ...]:
    """The packages that a config asks for beside the one that is searched."""
    version = scenario.versions()[config]
    return tuple(
        one for one in version.packages if canonicalize_name(package) not in names_of(Version(packages=(one,)))
    )


def prepared(scenario: Scenario, candidate: Candidate, history: History, *, hours: float) -> tuple[Installed, Scenario]:
    """What a candidate is run with, and the scenario of it, installed and described here.

    Beside the frozen versions where it can be, else beside its own. Nothing is claimed of it, and it has one seed, to
    which others are added while it is open. Raises Skipped, with the reason, where that cannot be.
    """
    first = installed(candidate, history.frozen)
    try:
        return first, _scenario(scenario, history.base, first, hours=hours, most_seeds=history.seeds[1])
    except UsageError as error:
        if not candidate.package:
            raise Skipped(str(error)) from None
        own = with_its_own(candidate, history.frozen)
        if not own.differing:
            raise Skipped(str(error)) from None
    try:
        return own, _scenario(scenario, history.base, own, hours=hours, most_seeds=history.seeds[1])
    except UsageError as error:
        raise Skipped(str(error)) from None


def _scenario(scenario: Scenario, base: str, one: Installed, *, hours: float, most_seeds: int) -> Scenario:
    table = _table(scenario, base, one, most_seeds)
    made = checked(table, shown_path(scenario.path), name=scenario.name, path=scenario.path, trusted=True)
    return with_options(made, hours=hours) if hours != made.time.hours else made


def world_of(scenario: Scenario, candidate: Candidate, folder: Path) -> World:
    """Where a candidate is run for the hours of its scenario, below the result `folder` of the search."""
    name = f"{candidate.folder_name}-{scenario.time.hours:g}h"
    return World(scenario, folder / WORLDS_FOLDER / name)


def _table(scenario: Scenario, base: str, installed: Installed, most_seeds: int) -> dict[str, Any]:
    own: Mapping[str, Any] = scenario.configs[base]
    replaced = {PACKAGES, BUILD, ALONE, REVISION, *([PATH] if installed.candidate.package else [])}
    kept = {key: value for key, value in own.items() if key not in replaced}
    return {
        **scenario.model_dump(exclude={"name", "path"}),
        "seeds": 1,
        "max_seeds": most_seeds,
        "configs": {installed.candidate.config: {**kept, **installed.keys}},
        "claims": (),
        "sweeps": {},
    }
