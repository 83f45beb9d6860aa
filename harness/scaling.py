"""How a scenario field follows the memory scale: markers for its type, and the one rounding rule.

A field declares itself: ``Annotated[int, Ge(1), STOCK]``. Stocks (bytes, counts, capacities, thresholds, limits) and
rates of retention (books per second, leak rates) shrink with ``memory.scale``; a field without a marker (times, ratios,
names) does not. Only :mod:`harness.scenario` applies the scale.
"""

from __future__ import annotations

import typing
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal


@dataclass(frozen=True)
class Scaled:
    """The marker: `kind` says why the field shrinks with the world."""

    kind: Literal["stock", "rate"]


STOCK = Scaled("stock")
RATE = Scaled("rate")


def scaled_value(value: float, scale: float) -> float:
    """`value` in a world of size `scale`: a float is exact, an int is rounded half up to at least 1 (0 stays 0)."""
    if isinstance(value, int):
        if value == 0:
            return 0
        exact = Decimal(value) * Decimal(repr(scale))
        return max(1, int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)))
    return value * scale


def markers(kind: type[Any]) -> dict[str, Scaled]:
    """The fields of a dataclass or model that follow the memory scale, each with its marker."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return {name: marker for name, hint in hints.items() if (marker := _marker(hint)) is not None}


def _marker(hint: Any) -> Scaled | None:
    """The marker in an annotation, be it ``Annotated[int, STOCK] | None`` or ``Annotated[int | None, STOCK]``."""
    for metadata in getattr(hint, "__metadata__", ()):
        if isinstance(metadata, Scaled):
            return metadata
    inner = (_marker(part) for part in typing.get_args(hint) if not isinstance(part, Scaled))
    return next((marker for marker in inner if marker is not None), None)
