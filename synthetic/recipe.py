"""What a feed is made from, plain enough to be handed to another process."""

from __future__ import annotations

from dataclasses import dataclass

from synthetic.faults.kinds import Faults
from synthetic.feed import Feed
from synthetic.instrument import Instrument
from synthetic.market import Market


@dataclass(frozen=True, kw_only=True)
class FeedRecipe:
    """The one recipe of a feed: a seeded market, or the file of a recorded one.

    `books_per_second` is the mean per symbol, `candle_s` in seconds, `start_ms` in milliseconds since the epoch. Of a
    recorded market `recording` is the file; it is the same for every seed.
    """

    instruments: tuple[Instrument, ...]
    seed: int
    start_ms: int
    depth: int
    books_per_second: float
    candle_s: int
    season: bool = False
    faults: Faults | None = None
    recording: str | None = None

    def feed(self, *, start_ms: int | None = None) -> Feed:
        """A fresh feed. `start_ms` moves the start of a seeded market: in real time a run begins when it begins."""
        if self.recording is not None:
            from synthetic.recorded.market_file import Recording  # noqa: PLC0415 - pyarrow, only where it is needed

            return Recording(self.recording, depth=self.depth, candle_s=self.candle_s)
        return Market(
            self.instruments,
            seed=self.seed,
            start_ms=self.start_ms if start_ms is None else start_ms,
            depth=self.depth,
            books_per_second=self.books_per_second,
            candle_s=self.candle_s,
            season=self.season,
            faults=self.faults,
        )
