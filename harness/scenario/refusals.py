"""What a model of the scenario refuses, as problems of its file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from harness.problems import Problem, allowed
from harness.text import did_you_mean, dotted


class Refusal(ValueError):
    """Raised inside a validator: `key`, below the table that is validated, has a value that the rest does not allow."""

    def __init__(self, key: str, value: object, text: str) -> None:
        super().__init__(text)
        self.key = key
        self.value = value


def problems_of(error: ValidationError, model: type[BaseModel], table: Mapping[str, Any]) -> list[Problem]:
    """The problems of `table`, which `model` refused: unknown keys first, for a typo also makes a key missing."""
    return [problem for _, problem in sorted(_problems(error, model, table), key=lambda entry: not entry[0])]


def _problems(
    error: ValidationError, model: type[BaseModel], table: Mapping[str, Any]
) -> Iterator[tuple[bool, Problem]]:
    """Each problem, and whether it is an unknown key."""
    for entry in error.errors(include_url=False):
        location: tuple[str | int, ...] = entry["loc"]
        key = _key(location, table)
        refusal = entry.get("ctx", {}).get("error")
        if entry["type"] == "extra_forbidden":
            yield True, Problem(key, _unknown_key(str(location[-1]), location[:-1], model))
        elif entry["type"] == "missing":
            yield False, Problem(key, "missing" if isinstance(location[-1], str) else "missing: two entries are needed")
        elif isinstance(refusal, Refusal):
            yield False, Problem(f"{key}.{refusal.key}" if key else refusal.key, str(refusal), refusal.value)
        elif location and location[-1] == "[key]":
            yield False, Problem(_key(location[:-1], table), "a name is made of a-z, 0-9 and _, at most 40 of them")
        else:
            yield False, Problem(key, allowed(entry), entry["input"])


def _key(location: Sequence[str | int], table: Mapping[str, Any]) -> str:
    """The dotted key; a claim is called by its name where it has one, for nobody counts them."""
    parts = list(location)
    if len(parts) > 1 and parts[0] == "claims" and isinstance(parts[1], int):
        claim = table["claims"][parts[1]]
        name = claim.get("name") if isinstance(claim, Mapping) else None
        if isinstance(name, str) and name and parts[2:] != ["name"]:
            parts[1] = name
    return dotted(*parts)


def _unknown_key(key: str, location: Sequence[str | int], model: type[BaseModel]) -> str:
    known = _keys_at(location, model)
    top = model.model_fields
    if location and key in top:
        return f'unknown key; "{key}" belongs to the top of the file, above the first [table]'
    return f"unknown key; {did_you_mean(key, known, noun='the keys here')}"


def _keys_at(location: Sequence[str | int], model: type[BaseModel]) -> list[str]:
    """The keys that `model` allows in the table at `location`."""
    kind: Any = model
    for part in location:
        if get_origin(kind) is dict:  # a table whose keys are names
            kind = get_args(kind)[1]
        else:
            kind = get_args(kind)[0] if isinstance(part, int) else kind.model_fields[part].annotation
        if type(None) in get_args(kind):  # a table that may be left out
            kind = get_args(kind)[0]
    return list(kind.model_fields)
