"""Tables of parameters against the dataclass of a target's factory. The target is imported: see `asking`."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

from harness.errors import UsageError
from harness.problems import Problem, allowed
from harness.text import did_you_mean, dotted

_STRICT = ConfigDict(strict=True, allow_inf_nan=False, arbitrary_types_allowed=True)


def complete(kind: type[Any], table: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """`table`, a JSON one, with every parameter of the dataclass `kind` as a plain value, and what is wrong with it.

    Problems have keys below the table; where the values do not go together the key is empty. Raises UsageError where
    the annotations of the dataclass cannot be resolved.
    """
    fields = {field.name: field for field in dataclasses.fields(kind) if field.init}
    problems = [
        Problem(dotted(key), f"unknown parameter; {did_you_mean(key, fields, noun='the parameters are')}")
        for key in table
        if key not in fields
    ]
    values: dict[str, Any] = {}
    for name, adapter in _adapters(kind, fields):
        if name in table:
            try:
                # As JSON, so that an array may become a tuple and text a path while "5" stays text and true no number.
                value = adapter.validate_json(json.dumps(table[name]))
            except ValidationError as error:
                problems.append(_problem(name, table[name], error))
                continue
        elif fields[name].default is not dataclasses.MISSING:
            value = fields[name].default
        else:
            make_default = fields[name].default_factory
            if make_default is dataclasses.MISSING:
                problems.append(Problem(dotted(name), "missing; this parameter has no default"))
                continue
            value = make_default()
        values[name] = adapter.dump_python(value, mode="json")
    return values, problems or refused_together(kind, values)


def refused_together(kind: type[Any], values: Mapping[str, Any]) -> list[Problem]:
    """What the dataclass itself says against these values, in its ``__post_init__``."""
    try:
        kind(**values)
    except (ValueError, TypeError, ArithmeticError, AssertionError) as error:
        return [Problem("", " ".join(str(error).split()) or type(error).__name__)]
    return []


def may_refuse(kind: type[Any]) -> bool:
    """Whether making an instance can refuse what the fields allow: the class does more than to set them."""
    made_by_dataclass = getattr(getattr(kind.__init__, "__code__", None), "co_filename", None) == "<string>"
    return hasattr(kind, "__post_init__") or not made_by_dataclass


def _adapters(kind: type[Any], names: Iterable[str]) -> Iterator[tuple[str, TypeAdapter[Any]]]:
    try:
        hints = typing.get_type_hints(kind, include_extras=True)
    except NameError as error:
        raise UsageError(f"target.factory: the annotations of {kind.__name__} cannot be resolved: {error}") from error
    for name in names:
        yield name, _adapter(hints[name])


def _adapter(hint: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(hint, config=_STRICT)
    except PydanticUserError:  # a dataclass or a model has its own configuration
        return TypeAdapter(hint)


def _problem(name: str, value: object, error: ValidationError) -> Problem:
    """What is allowed for a parameter instead; of an array, its first wrong entry."""
    entry = error.errors(include_url=False)[0]
    places = [part for part in entry["loc"] if isinstance(part, int)]
    return Problem(dotted(name, *places), _alternatives(error), value if not places else entry["input"])


def _alternatives(error: ValidationError) -> str:
    """What is allowed; of a union, every member's answer."""
    answers = dict.fromkeys(allowed(entry) for entry in error.errors(include_url=False))
    first, *others = answers
    return first + "".join(f", or {answer.removeprefix('must be ')}" for answer in others)
