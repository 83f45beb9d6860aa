"""The tables of a feed, ``[market]``, and of its faults, ``[market.faults]``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Self

from annotated_types import Ge, Gt, Le
from pydantic import AfterValidator, AwareDatetime, StringConstraints, model_validator

from harness.scaling import RATE, STOCK
from harness.scenario.refusals import Refusal
from harness.scenario.settings import Settings
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


def _in_utc(value: datetime) -> datetime:
    if not datetime(2000, 1, 1, tzinfo=UTC) <= value < datetime(2100, 1, 1, tzinfo=UTC):
        raise ValueError("must lie between 2000 and 2100")
    return value.astimezone(UTC)


class MarketSettings(Settings):
    """The feed: symbols, levels a side, mean books per second and symbol at full scale, seconds a candle, start.

    With `season`, activity follows the hour of the day (UTC); `faults` are those of the feed, None for a feed without.
    With a `recording`, a file, the feed is what is recorded there from its start on: the same for every seed, without
    more faults, of so many symbols and books per second, which are checked; books have at most `depth` levels a side.
    """

    symbols: Annotated[int, Ge(1), Le(5000)]
    depth: Annotated[int, Ge(1), Le(1000)]
    books_per_second: Annotated[float, Gt(0), Le(1000), RATE]
    candle_s: Annotated[int, Ge(1), Le(86_400)] = 60
    start: Annotated[AwareDatetime, AfterValidator(_in_utc)] = datetime(2025, 1, 6, tzinfo=UTC)
    season: bool = False
    faults: FaultSettings | None = None
    recording: Annotated[str, StringConstraints(pattern=r"\.(parquet|csv)$", max_length=1000)] | None = None

    @model_validator(mode="after")
    def _is_made_or_recorded(self) -> Self:
        if self.recording is not None and (self.season or self.faults is not None):
            key = "season" if self.season else "faults"
            raise Refusal(key, self.season or {}, "belongs to a synthetic market; a recording is as it is")
        return self
