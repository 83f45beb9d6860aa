"""One traded instrument, as the market needs it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instrument:
    """A perpetual or spot pair.

    `tick` is the smallest price step and `lot` the smallest quantity, both in floats of the quote and base currency;
    `price_ticks` is the mid price at the start, in ticks; `rank` (1 = most active) decides its share of the feed.
    """

    name: str
    tick: float
    lot: float
    price_ticks: int
    rank: int
