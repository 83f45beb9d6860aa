"""The table of a config against the parameters dataclass of its target's factory."""

from __future__ import annotations

import dataclasses
import json
import math
import typing
from collections.abc import Mapping
from datetime import date, time
from typing import Any

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

from harness.errors import UsageError
from harness.problems import Problem, allowed
from harness.scaling import Scaled
from harness.target import load_factory, parameters_type
from harness.text import did_you_mean, dotted

ENV = "env"
"""The key of a config that is no parameter of the target: what it sets in the environment of its processes."""

_STRICT = ConfigDict(strict=True, allow_inf_nan=False, arbitrary_types_allowed=True)


def complete_configs(
    reference: str, configs: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, dict[str, Any]], list[Problem]]:
    """The configs with every parameter that the target's factory has, as plain values, and what is wrong with them.

    `reference` is ``module:factory``. Where the factory takes a plain table, the configs are returned as they are; so
    is the environment of a config. Raises UsageError where the factory cannot be loaded.
    """
    kind = parameters_type(load_factory(reference))
    completed: dict[str, dict[str, Any]] = {}
    problems: list[Problem] = []
    for name, table in configs.items():
        if kind is None:
            completed[name] = dict(table)
            problems += not_finite(table, "configs", name)
        else:
            parameters, environment = split(table)
            completed[name], found = _completed(parameters, kind, name)
            completed[name] |= environment
            problems += found
    return completed, problems


def split(table: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A config's table as the parameters of the target and, under ENV where it has one, its environment."""
    return {key: value for key, value in table.items() if key != ENV}, {ENV: table[ENV]} if ENV in table else {}


def not_finite(value: object, *location: str | int) -> list[Problem]:
    """The NaN and infinite numbers anywhere in `value`."""
    if isinstance(value, float):
        return [] if math.isfinite(value) else [Problem(dotted(*location), "must be a finite number", value)]
    entries = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    return [problem for key, entry in entries for problem in not_finite(entry, *location, key)]


def markers(kind: type[Any]) -> dict[str, Scaled]:
    """The fields of a dataclass or model that follow the memory scale, each with its marker."""
    hints = typing.get_type_hints(kind, include_extras=True)
    found = {name: _marker(hint) for name, hint in hints.items()}
    return {name: marker for name, marker in found.items() if marker is not None}


def _marker(hint: Any) -> Scaled | None:
    """The marker in an annotation, be it ``Annotated[int, STOCK] | None`` or ``Annotated[int | None, STOCK]``."""
    for metadata in getattr(hint, "__metadata__", ()):
        if isinstance(metadata, Scaled):
            return metadata
    inner = (_marker(part) for part in typing.get_args(hint) if not isinstance(part, Scaled))
    return next((marker for marker in inner if marker is not None), None)


def _completed(table: Mapping[str, Any], kind: type[Any], config: str) -> tuple[dict[str, Any], list[Problem]]:
    fields = {field.name: field for field in dataclasses.fields(kind) if field.init}
    problems = [
        Problem(
            dotted("configs", config, key), f"unknown parameter; {did_you_mean(key, fields, noun='the parameters are')}"
        )
        for key in table
        if key not in fields
    ]
    values: dict[str, Any] = {}
    for name, adapter in _adapters(kind, tuple(fields)).items():
        key = dotted("configs", config, name)
        if name in table:
            try:
                # As JSON, so that an array may become a tuple and text a path while "5" stays text and true no number.
                value = adapter.validate_json(json.dumps(table[name], default=_plain))
            except ValidationError as error:
                entry = error.errors(include_url=False)[0]
                places = [part for part in entry["loc"] if isinstance(part, int)]
                problems.append(
                    Problem(key + dotted(*places), _alternatives(error), table[name] if not places else entry["input"])
                )
                continue
        elif fields[name].default is not dataclasses.MISSING:
            value = fields[name].default
        else:
            make_default = fields[name].default_factory
            if make_default is dataclasses.MISSING:
                problems.append(Problem(key, "missing; this parameter has no default"))
                continue
            value = make_default()
        values[name] = adapter.dump_python(value, mode="json")
    if not problems:
        problems = refused_together(kind, values, config)
    return values, problems


def refused_together(kind: type[Any], values: Mapping[str, Any], config: str) -> list[Problem]:
    """What the dataclass itself says against these values, in its ``__post_init__``."""
    try:
        kind(**values)
    except (ValueError, TypeError, ArithmeticError, AssertionError) as error:
        return [Problem(dotted("configs", config), " ".join(str(error).split()) or type(error).__name__)]
    return []


def _adapters(kind: type[Any], names: tuple[str, ...]) -> dict[str, TypeAdapter[Any]]:
    try:
        hints = typing.get_type_hints(kind, include_extras=True)
    except NameError as error:
        raise UsageError(f"target.factory: the annotations of {kind.__name__} cannot be resolved: {error}") from error
    return {name: _adapter(hints[name]) for name in names}


def _adapter(hint: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(hint, config=_STRICT)
    except PydanticUserError:  # a dataclass or a model has its own configuration
        return TypeAdapter(hint)


def _alternatives(error: ValidationError) -> str:
    """What is allowed; of a union, every member's answer."""
    answers = dict.fromkeys(allowed(entry) for entry in error.errors(include_url=False))
    first, *others = answers
    return first + "".join(f", or {answer.removeprefix('must be ')}" for answer in others)


def _plain(value: object) -> str:
    """Dates and times, which TOML has and JSON has not."""
    if isinstance(value, (date, time)):  # a datetime is a date
        return value.isoformat()
    raise TypeError(f"not a value of a TOML file: {value!r}")
