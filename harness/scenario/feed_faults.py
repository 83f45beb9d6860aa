"""The table of a feed's faults, ``[market.faults]``."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import model_validator

from harness.scaling import STOCK
from harness.scenario.refusals import Refusal
from harness.scenario.tables import Settings
from synthetic.faults.kinds import BadFault, Faults

_OFF = Faults()


class FaultSettings(Settings):
    """The options of `synthetic.faults.kinds.Faults`, which says what each means and what is allowed.

    Rates are per hour of virtual time and symbol, and are not scaled: a smaller world has as many faults, of the same
    length. The updates of a burst are what a target takes in, and shrink with the world.
    """

    price_gaps_per_hour: float = _OFF.price_gaps_per_hour
    price_gap_ticks: int = _OFF.price_gap_ticks
    bursts_per_hour: float = _OFF.bursts_per_hour
    burst_updates: Annotated[int, STOCK] = _OFF.burst_updates
    thinned_books_per_hour: float = _OFF.thinned_books_per_hour
    thinned_book_s: float = _OFF.thinned_book_s
    thinned_book_levels: int = _OFF.thinned_book_levels
    halts_per_hour: float = _OFF.halts_per_hour
    halt_s: float = _OFF.halt_s
    reconnects_per_hour: float = _OFF.reconnects_per_hour
    reconnect_s: float = _OFF.reconnect_s
    deltas_before_snapshot: bool = _OFF.deltas_before_snapshot
    misordered_deltas_per_hour: float = _OFF.misordered_deltas_per_hour

    def faults(self) -> Faults:
        """The same for the market."""
        return Faults(**self.model_dump())

    @model_validator(mode="after")
    def _are_allowed(self) -> Self:
        try:
            self.faults()
        except BadFault as error:
            raise Refusal(error.key, error.value, error.text) from error
        return self
