"""What the command line makes of a sweep: options that win over its table, and axes declared by ``--over``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any, Final

from pydantic import ValidationError

from harness.errors import UsageError
from harness.scenario import Scenario
from harness.scenario.refusals import problems_of
from harness.sweeps.worlds import points_of
from harness.text import shown_path

OVER: Final = "over"
"""How a sweep is called that only the command line declares."""


def asked_for(
    scenario: Scenario,
    name: str | None,
    *,
    over: Sequence[str] = (),
    scale: float | None = None,
    seeds: int | None = None,
    hours: float | None = None,
    configs: Sequence[str] | None = None,
) -> tuple[Scenario, str]:
    """The scenario with the one sweep that is asked for, its options resolved, and the name of the sweep.

    Raises UsageError where the sweep is not declared, is declared twice, or an option is not allowed.
    """
    if over and name in scenario.sweeps:
        raise UsageError(
            f"--over {over[0]}: {shown_path(scenario.path)} declares the sweep {name}: leave one of them out"
        )
    if not over and name is None:
        known = ", ".join(sorted(scenario.sweeps)) or "none"
        raise UsageError(f"which sweep? {shown_path(scenario.path)} declares: {known}; --over KEY=A,B declares one")
    called = name or OVER
    if over:
        table: dict[str, Any] = {"axes": _axes(over)}
    else:
        points_of(scenario, called)
        table = scenario.sweeps[called].model_dump()
    options = {"scale": scale, "seeds": seeds, "hours": hours, "configs": None if configs is None else list(configs)}
    given = {key: value for key, value in options.items() if value is not None}
    whole = {**scenario.model_dump(), "sweeps": {called: {**table, **given}}}
    try:
        return Scenario.model_validate(whole), called
    except ValidationError as error:
        problem = problems_of(error, Scenario, whole)[0]
    option = problem.key.rpartition(".")[2]
    if option in given:
        raise UsageError(f"--{option} {_written(given[option])}: {problem.text}")
    raise UsageError(f"--over {' --over '.join(over)}: {problem}")


def _axes(over: Sequence[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """An axis for each KEY=A,B,C, called by the last word of the key; a level for each value."""
    axes: dict[str, dict[str, dict[str, Any]]] = {}
    for text in over:
        key, equals, values = text.partition("=")
        words = [word.strip() for word in values.split(",")]
        if not (equals and key.strip() and all(words) and len(words) > 1):
            raise UsageError(f"--over {text}: must be KEY=A,B or more values, such as time.cycle_s=1,5")
        key = key.strip()
        levels = {_name(word): {key: _value(word)} for word in words}
        if len(levels) < len(words):
            raise UsageError(f"--over {text}: has two levels of one name ({', '.join(map(_name, words))})")
        axis = _name(key.rpartition(".")[2])
        if axis in axes:
            raise UsageError(f"--over {text}: a second axis {axis}")
        axes[axis] = levels
    return axes


def _name(word: str) -> str:
    return re.sub(r"[^a-z0-9_]", "_", word.strip("\"'").lower())[:40]


def _value(word: str) -> Any:
    """A value as TOML reads it; what it cannot read is text."""
    try:
        return tomllib.loads(f"value = {word}")["value"]
    except tomllib.TOMLDecodeError:
        return word


def _written(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else f"{value}"
