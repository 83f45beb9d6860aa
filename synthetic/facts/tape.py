"""A stream written down per symbol, in the form in which its facts are measured: quotes, trades, samples of books."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from synthetic.events import Book, Delta, Event, Trade
from synthetic.facts.days import Day

F64 = NDArray[np.float64]

CELL_MS = 100  # books are compared over this time
DETAIL_MS = 4 * 3_600_000  # quotes, trades and deltas are kept for this long, mids of every second throughout
SAMPLED_MS = 3_600_000  # sample books are kept for this long
_COMPARE_EVERY = 10  # every tenth interval is compared, and its book sampled


def _numbers() -> array[float]:
    return array("d")


@dataclass(slots=True)
class SymbolTape:
    """One symbol's tape from `start_ms` on: flat arrays, a row per event.

    `quotes` has rows of time (ms), best bid, best ask and their quantities; `trades` of time, price, quantity and sign.
    `mids` holds the mid at every whole second, `books` counts all books, `hours` those of each hour of the day (UTC).
    """

    name: str
    start_ms: int
    _quotes: array[float] = field(default_factory=_numbers)
    _trades: array[float] = field(default_factory=_numbers)
    _delta_sizes: array[float] = field(default_factory=_numbers)
    _unchanged: array[float] = field(default_factory=_numbers)  # share of levels that are as they were CELL_MS before
    samples: list[Book] = field(default_factory=list)
    mids: F64 = field(default_factory=lambda: np.empty(0))
    hours: list[int] = field(default_factory=lambda: [0] * 24)
    crossed: int = 0
    _mids: array[float] = field(default_factory=_numbers)
    _last: Book | None = None
    _compared: tuple[int, Book] | None = None  # an interval's number and the book as it began

    @property
    def books(self) -> int:
        """The number of books, with those that have no row among `quotes`."""
        return sum(self.hours)

    @property
    def quotes(self) -> F64:
        """Shape (books, 5): time in ms, best bid, best ask, quantity at each."""
        return np.frombuffer(self._quotes).reshape(-1, 5)

    @property
    def trades(self) -> F64:
        """Shape (trades, 4): time in ms, price, quantity, sign of the taker."""
        return np.frombuffer(self._trades).reshape(-1, 4)

    @property
    def delta_sizes(self) -> F64:
        """Changed levels per delta, both sides."""
        return np.frombuffer(self._delta_sizes)

    @property
    def unchanged(self) -> F64:
        """Share of levels unchanged, for each compared interval in which there was an update."""
        return np.frombuffer(self._unchanged)

    def observe(self, event: Event) -> None:
        """Record one event; candles are ignored."""
        if isinstance(event, Book):
            self._observe_book(event)
        elif event.timestamp_ms >= self.start_ms + DETAIL_MS:
            return
        elif isinstance(event, Trade):
            sign = 1.0 if event.side == "buy" else -1.0
            self._trades.extend((event.timestamp_ms, event.price, event.quantity, sign))
        elif isinstance(event, Delta) and event.sequence > 1:
            self._delta_sizes.append(len(event.bids) + len(event.asks))

    def _observe_book(self, book: Book) -> None:
        bid, ask = book.bids[0].tolist(), book.asks[0].tolist()
        self.crossed += bid[0] >= ask[0]
        self.hours[book.timestamp_ms // 3_600_000 % 24] += 1
        self._hold_until(book.timestamp_ms)
        past_ms = book.timestamp_ms - self.start_ms
        if past_ms >= DETAIL_MS:
            self._last = book
            return
        self._quotes.extend((book.timestamp_ms, bid[0], ask[0], bid[1], ask[1]))
        interval = book.timestamp_ms // CELL_MS
        if self._compared and self._compared[0] != interval and self._last is not None:
            self._unchanged.append(share_unchanged(self._compared[1], self._last))
            self._compared = None
        if self._last is not None and self._compared is None and interval % _COMPARE_EVERY == 0:
            self._compared = (interval, self._last)
            if past_ms < SAMPLED_MS:
                self.samples.append(book)
        self._last = book

    def _hold_until(self, time_ms: int) -> None:
        """Record the last book's mid at every whole second before `time_ms`; NaN before the first book."""
        missing = -((self.start_ms - time_ms) // 1000) - len(self._mids)
        if missing > 0:
            last = self._last
            mid = float("nan") if last is None else float(last.bids[0, 0] + last.asks[0, 0]) / 2
            self._mids.extend([mid] * missing)

    def close(self, end_ms: int) -> None:
        """End the tape, which makes `mids` available."""
        self._hold_until(end_ms)
        self.mids = np.frombuffer(self._mids)


def share_unchanged(before: Book, after: Book) -> float:
    """The share of levels of `before` that are in `after` with the same quantity."""
    old = np.concatenate([before.bids, -before.asks]).view(np.complex128)
    new = np.concatenate([after.bids, -after.asks]).view(np.complex128)
    return float(np.isin(old, new).mean())


@dataclass(slots=True)
class Tape:
    """The tapes of all symbols of a stream, most active first.

    It covers [start_ms, end_ms); quotes, trades and deltas are those before `detail_end_ms`. `hours` (24,) are books
    of each hour of a day, UTC; None where there is less than a day.
    """

    start_ms: int
    end_ms: int
    symbols: list[SymbolTape]
    hours: NDArray[np.int64] | None = None

    @property
    def detail_end_ms(self) -> int:
        """Where the quotes, trades and deltas end."""
        return min(self.end_ms, self.start_ms + DETAIL_MS)

    def use_day(self, day: Day, hours: NDArray[np.int64] | None = None) -> None:
        """Measure what takes a day over the mids of `day`, and the season by `hours`."""
        for symbol in self.symbols:
            symbol.mids = day.mids[day.names.index(symbol.name)]
        self.hours = hours


def record(events: Iterable[Event], *, start_ms: int, end_ms: int) -> Tape:
    """Record a stream that covers [start_ms, end_ms); symbols are ranked by their number of books."""
    tapes: dict[str, SymbolTape] = {}
    for event in events:
        tape = tapes.get(event.symbol)
        if tape is None:
            tape = tapes[event.symbol] = SymbolTape(event.symbol, start_ms)
        tape.observe(event)
    for tape in tapes.values():
        tape.close(end_ms)
    tape_of_all = Tape(start_ms, end_ms, sorted(tapes.values(), key=lambda tape: -tape.books))
    if end_ms - start_ms >= 86_400_000:
        tape_of_all.hours = np.sum([tape.hours for tape in tapes.values()], axis=0)
    return tape_of_all
