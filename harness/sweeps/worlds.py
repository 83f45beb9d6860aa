"""The scenarios that a sweep runs: each point's keys set, each world validated as a file would be."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from harness.errors import UsageError
from harness.problems import Problem
from harness.scenario import Scenario
from harness.scenario.contents import ENV
from harness.scenario.described import described
from harness.scenario.overrides import with_options
from harness.scenario.refusals import problems_of
from harness.sweeps.points import Point, Points
from harness.text import did_you_mean, dotted, shown_path


def points_of(scenario: Scenario, name: str) -> Points:
    """The points of the sweep `name` of a scenario. Raises UsageError where it declares no such sweep."""
    if name not in scenario.sweeps:
        offer = did_you_mean(name, scenario.sweeps, noun="sweeps in it")
        raise UsageError(f'{shown_path(scenario.path)}: no sweep "{name}"; {offer}')
    settings = scenario.sweeps[name]
    return Points(settings, settings.configs or tuple(scenario.configs))


def worlds_of(scenario: Scenario, name: str, *, complete: bool = True) -> dict[str, Scenario]:
    """The scenario of every world of the sweep `name`, by the name of the world.

    `scenario` holds configs as they are written. Claims stay where the configs that they are about do. Where they are
    to be `complete`, another process imports the target and completes the configs, as for a soak. Raises UsageError,
    one line that names the axis and the level, where a value is not allowed.
    """
    points = points_of(scenario, name)
    return {
        world: _world(scenario, name, points, inside, complete=complete) for world, inside in points.by_world().items()
    }


def _world(scenario: Scenario, name: str, points: Points, inside: Sequence[Point], *, complete: bool) -> Scenario:
    settings, (first, *_) = points.settings, inside
    table = with_options(scenario, scale=settings.scale, seeds=settings.seeds, hours=settings.hours).model_dump()
    for key, value in points.values(first, configs=False).items():
        *tables, last = key.split(".")
        below = functools.reduce(_table_at, tables, table)
        below[last] = value
    by_config = {points.config_of(point, base): point for base in points.bases for point in inside}
    table["configs"] = {
        points.config_of(point, base): _changed(scenario.configs[base], points.values(point, configs=True))
        for base in points.bases
        for point in inside
    }
    table["claims"] = [claim for claim in table["claims"] if set(claim["configs"]) <= set(table["configs"])]
    table |= {"max_seeds": None, "sweeps": {}}
    try:
        made = Scenario.model_validate(table)
    except ValidationError as error:
        raise _refused(scenario, name, points, first, problems_of(error, Scenario, table)[0]) from None
    if not complete:
        return made
    try:
        description = described(made, made.path)
    except UsageError as error:
        raise UsageError(f"{shown_path(scenario.path)}: sweeps.{name}: {error}") from error
    for problem in description.problems:
        config = problem.key.split(".")[1]
        inner = problem.key.replace(f"configs.{config}.", "configs.", 1)
        raise _refused(scenario, name, points, by_config[config], Problem(inner, problem.text, *problem.plain()[2:]))
    return made.model_copy(update={"configs": made.configs_with(description.configs)})


def _table_at(table: dict[str, Any], part: str) -> dict[str, Any]:
    if not isinstance(table.get(part), dict):  # one that was left out
        table[part] = {}
    below: dict[str, Any] = table[part]
    return below


def _changed(config: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """A config with some of its parameters, and of what it sets in its environment, at other values."""
    own = {key: value for key, value in values.items() if not key.startswith(f"{ENV}.")}
    environment = {key.partition(".")[2]: value for key, value in values.items() if key not in own}
    changed = {**config, **own}
    return {**changed, ENV: {**changed.get(ENV, {}), **environment}} if environment else changed


def _refused(scenario: Scenario, name: str, points: Points, point: Point, problem: Problem) -> UsageError:
    """The error that names what in the file is wrong: the level whose key it is, else the sweep."""
    setter = points.setter(point, problem.key)
    where = dotted("sweeps", name) if setter is None else dotted("sweeps", name, "axes", *setter)
    return UsageError(f"{shown_path(scenario.path)}: {where}: {problem}")
