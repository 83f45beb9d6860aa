"""How a scenario field follows the memory scale: markers for its type, and the one rounding rule.

A field declares itself: ``Annotated[int, Ge(1), STOCK]``. Stocks (bytes, counts, capacities, thresholds, limits) and
rates of retention (books per second, leak rates) shrink with ``memory.scale``; a field without a marker (times, ratios,
names) does not. Only :mod:`harness.scenario` applies the scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal


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
