"""The faults that a feed may have: how often each kind hits a symbol, how large it is, how long it lasts."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

RATE_LEAST, RATE_MOST = 0.001, 3600.0  # per hour and symbol


class BadFault(ValueError):
    """An option of `Faults` that is not allowed: its `key`, its `value`, and a `text` that says what is."""

    def __init__(self, key: str, value: float, text: str) -> None:
        super().__init__(f"{key} = {value:g}: {text}")
        self.key = key
        self.value = value
        self.text = text


@dataclass(frozen=True)
class Faults:
    """Faults per hour and symbol, in virtual time; a rate of 0 is none, and all are 0 at first.

    Faults are events in time: a thinner feed has as many, with fewer updates between them. Of each kind, a symbol has
    one in each 1 / rate hours, at an instant of its own in there, so 12 per hour are 60 in five hours. Lengths are in
    virtual seconds, and at most half the time between two of their kind. Raises BadFault for what is not allowed.
    """

    price_gaps_per_hour: float = 0.0
    """Between two updates the price jumps up or down by another `price_gap_ticks`, and stays there."""
    price_gap_ticks: int = 50
    bursts_per_hour: float = 0.0
    """`burst_updates` extra updates arrive in the same millisecond."""
    burst_updates: int = 200
    thinned_books_per_hour: float = 0.0
    """For `thinned_book_s` only the best `thinned_book_levels` a side remain."""
    thinned_book_s: float = 30.0
    thinned_book_levels: int = 3
    halts_per_hour: float = 0.0
    """The symbol is not traded for `halt_s`: no update, no trade, flat candles; then it is resynced."""
    halt_s: float = 60.0
    reconnects_per_hour: float = 0.0
    """For `reconnect_s` nothing is sent but candles; then the symbol is resynced."""
    reconnect_s: float = 5.0
    deltas_before_snapshot: bool = False
    """At a reconnect, the delta that follows the new snapshot arrives before it."""
    misordered_deltas_per_hour: float = 0.0
    """Of two updates in the same millisecond, the second's delta comes before the first's."""

    def __post_init__(self) -> None:
        for field in fields(self):
            self._check(field.name, getattr(self, field.name))
        for length, rate in _LENGTHS.items():
            per_hour = getattr(self, rate)
            if per_hour and getattr(self, length) > 1800 / per_hour:
                most = f"{1800 / per_hour:g}, half the time between two at {rate} = {per_hour:g}"
                raise BadFault(length, getattr(self, length), f"must be at most {most}")

    @property
    def any(self) -> bool:
        """Whether there is any fault at all."""
        return any(getattr(self, field.name) for field in fields(self) if field.name.endswith("_per_hour"))

    @staticmethod
    def _check(key: str, value: float) -> None:
        if key.endswith("_per_hour"):
            if value and not RATE_LEAST <= value <= RATE_MOST:
                raise BadFault(key, value, f"must be 0, which is none, or {RATE_LEAST:g} to {RATE_MOST:g}")
        elif key.endswith("_s"):
            if not (math.isfinite(value) and value >= 0.001):
                raise BadFault(key, value, "must be at least 0.001")
        elif key in _COUNTS and not 1 <= value <= _COUNTS[key]:
            raise BadFault(key, value, f"must be 1 to {_COUNTS[key]}")


_COUNTS = {"price_gap_ticks": 10_000, "burst_updates": 100_000, "thinned_book_levels": 1000}
_LENGTHS = {
    "thinned_book_s": "thinned_books_per_hour",
    "halt_s": "halts_per_hour",
    "reconnect_s": "reconnects_per_hour",
}
