"""What is wrong with a table, as one line for its author: the file, the key, the value, what is allowed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from harness.errors import UsageError
from harness.text import dotted, number, shown

_NO_VALUE: Final = object()

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


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: a dotted key, its value where it has one, and what is allowed instead."""

    key: str
    text: str
    value: object = _NO_VALUE

    def __str__(self) -> str:
        value = "" if self.value is _NO_VALUE else f" = {shown(self.value)}"
        return f"{self.key}{value}: {self.text}"

    def plain(self) -> list[object]:
        """The fields that it has, for JSON: `Problem` of them is an equal one."""
        return [self.key, self.text, *([] if self.value is _NO_VALUE else [self.value])]

    def below(self, key: str, written: Mapping[str, object]) -> Problem:
        """The same in a table that is at `key` of a file; its value as it is `written` there, where it is known."""
        whole = f"{key}.{self.key}" if self.key else key
        return Problem(whole, self.text, self.value if self.value is _NO_VALUE else written.get(self.key, self.value))


def refused(source: str, problems: Sequence[Problem]) -> UsageError:
    """The error that shows the first of `problems` and says how many more there are in `source`, its file."""
    more = len(problems) - 1
    rest = "" if not more else f" (and {more} more problem{'s' if more > 1 else ''})"
    return UsageError(f"{source}: {problems[0]}{rest}")


def not_finite(value: object, *location: str | int) -> list[Problem]:
    """The NaN and infinite numbers anywhere in `value`."""
    if isinstance(value, float):
        return [] if math.isfinite(value) else [Problem(dotted(*location), "must be a finite number", value)]
    entries = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    return [problem for key, entry in entries for problem in not_finite(entry, *location, key)]


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
