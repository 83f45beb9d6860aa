"""What is wrong with a scenario, as one line for its author: the file, the key, the value, what is allowed."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from harness.errors import UsageError

_NO_VALUE: Final = object()
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_VALUE: Final = 60

_EXPECTED: Final = {
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "string_type": 'must be text in "quotes"',
    "bool_type": "must be true or false",
    "datetime_type": "must be a date and time with its zone, such as 2025-01-06T00:00:00Z",
    "timezone_aware": "must be a date and time with its zone, such as 2025-01-06T00:00:00Z",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "tuple_type": "must be an array",
    "list_type": "must be an array",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "must be one line that does not begin with a space",
}


class Refusal(ValueError):
    """Raised inside a validator: `key`, below the table that is validated, has a value that the rest does not allow."""

    def __init__(self, key: str, value: object, text: str) -> None:
        super().__init__(text)
        self.key = key
        self.value = value


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: a dotted key, its value where it has one, and what is allowed instead."""

    key: str
    text: str
    value: object = _NO_VALUE

    def __str__(self) -> str:
        value = "" if self.value is _NO_VALUE else f" = {shown(self.value)}"
        return f"{self.key}{value}: {self.text}"


def refused(source: str, problems: Sequence[Problem]) -> UsageError:
    """The error that shows the first of `problems` and says how many more there are in `source`, its file."""
    more = len(problems) - 1
    rest = "" if not more else f" (and {more} more problem{'s' if more > 1 else ''})"
    return UsageError(f"{source}: {problems[0]}{rest}")


def shown(value: object) -> str:
    """A value as its author would have written it, on one line and of a bearable length."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, float) and not math.isfinite(value):
        text = str(value)
    elif isinstance(value, (bool, str, list, tuple)):
        text = json.dumps(value, ensure_ascii=False, default=str)
    else:
        text = str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."


def number(value: float) -> str:
    """A number for people: no exponent where it can be read without, no trailing zeros."""
    whole = isinstance(value, int) or (value.is_integer() and abs(value) < 1e15)
    return str(int(value)) if whole else f"{value:.6g}"


def shown_path(path: Path) -> str:
    """A path as short as it can be said from here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_absolute() and path.is_relative_to(here) else str(path)


def near(word: str, words: Iterable[str]) -> list[str]:
    """The words that `word` may have been meant to be, nearest first."""
    by_folded = {candidate.casefold(): candidate for candidate in words}
    return [by_folded[found] for found in difflib.get_close_matches(word.casefold(), by_folded, n=3)]


def did_you_mean(word: str, words: Iterable[str], *, noun: str) -> str:
    """`did you mean ...?` where something is near, else the words there are."""
    known = sorted(words)
    candidates = near(word, known)
    if candidates:
        return f"did you mean {' or '.join(candidates)}?"
    return f"{noun}: {', '.join(known)}" if known else f"there are no {noun}"


def dotted(*parts: str | int) -> str:
    """A key as TOML would write it, with 1-based places in arrays: ``configs.old.depth``, ``claims[2].metric``."""
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            bare = part if _BARE_KEY.fullmatch(part) else json.dumps(part, ensure_ascii=False)
            text += f".{bare}" if text else bare
    return text


def allowed(error: Mapping[str, Any]) -> str:
    """What is allowed instead, from one entry of ``ValidationError.errors()``."""
    kind, context = error["type"], error.get("ctx", {})
    for name, words in (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than")):
        if name in context:
            return f"must be {words} {number(context[name])}"
    if kind == "literal_error":
        return f"must be {context['expected']}".replace("'", '"')
    if kind in {"too_long", "too_short"}:
        bound = f"at most {context['max_length']}" if kind == "too_long" else f"at least {context['min_length']}"
        return f"must have {bound} {'entry' if bound.endswith(' 1') else 'entries'}"
    if kind == "string_too_long":
        return f"must have at most {context['max_length']} characters"
    if kind == "value_error":
        return str(context["error"])
    return _EXPECTED.get(kind, str(error["msg"]).replace("Input should", "must").replace("Value error, ", ""))


def problems_of(error: ValidationError, model: type[BaseModel], table: Mapping[str, Any]) -> list[Problem]:
    """The problems of `table`, which `model` refused: unknown keys first, for a typo also makes a key missing."""
    found = list(_problems(error, model, table))
    return [problem for unknown, problem in found if unknown] + [problem for unknown, problem in found if not unknown]


def _problems(
    error: ValidationError, model: type[BaseModel], table: Mapping[str, Any]
) -> Iterator[tuple[bool, Problem]]:
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
        kind = get_args(kind)[0] if isinstance(part, int) else kind.model_fields[part].annotation
        if type(None) in get_args(kind):  # a table that may be left out
            kind = get_args(kind)[0]
    return list(kind.model_fields)
