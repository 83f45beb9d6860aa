"""A recorded market as a stream: the events of a Parquet or CSV file, checked on the way, in constant memory."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synthetic.events import Book, Candle, Delta, Event, Reconnect, Trade
from synthetic.feed import RecordingError
from synthetic.model.candles import CandleMaker
from synthetic.recorded.batches import last_row
from synthetic.recorded.columns import listed
from synthetic.recorded.groups import Group, HashedRows, count_updates, grouped
from synthetic.recorded.held_books import HeldSide
from synthetic.recorded.rows import BUY, DELTA, END, RECONNECT, SIDES, SNAPSHOT, TRADE, RowReader, read_header
from synthetic.ticks import Scale

_TRADES_AT_ONCE = 4096
_DAY_MS = 86_400_000
LONGEST_MS = 366 * _DAY_MS
"""How long a recording may be: candles are made for all of it, so an end that is a typing error would never come."""


def mean_rate(path: Path) -> float:
    """Read a whole recorded market once: book updates per second, the mean over its symbols.

    Raises RecordingError.
    """
    recording = Recording(path)
    updates = count_updates(RowReader(path).pieces())
    return updates * 1000 / max(1, recording.end_ms - recording.start_ms) / len(recording.instruments)


class Recording:
    """The stream of a recorded market: the interface of `Market`, on the user's own data.

    `instruments` are those of the file, the first one rank 1; it covers `start_ms` to `end_ms`. Books have the best
    `depth` levels a side, or as many as are known. Candles are made of the trades. `gaps` counts the jumps of a
    symbol's sequence so far, each marked by a `Reconnect`. Raises RecordingError, a ValueError that names the file and
    the row, when it is opened if an end of the file is wrong, while it streams for the rest.
    """

    def __init__(self, path: Path | str, *, depth: int = 50, candle_s: int = 60) -> None:
        if depth < 1 or candle_s < 1:
            raise ValueError(f"depth = {depth}, candle_s = {candle_s}: both are at least 1")
        self.path = Path(path)
        kind, self.end_ms, where = last_row(self.path)
        if kind != "end":
            raise RecordingError(
                f"{self.path}: is cut off: {where}, is no end row but {listed([kind]) if kind else 'empty'}"
            )
        self._reader = RowReader(self.path)
        pieces = self._reader.pieces()
        self.instruments, self.start_ms, body = read_header(self._reader, pieces)
        if self.end_ms - self.start_ms > LONGEST_MS:
            days = (self.end_ms - self.start_ms) / _DAY_MS
            text = f"it covers {days:,.0f} days, from {self.start_ms} to {self.end_ms}: at most {LONGEST_MS // _DAY_MS}"
            raise RecordingError(f"{self.path}: {where}: {text}")
        self.gaps = 0
        self._depth = depth
        self._candle_ms = 1000 * candle_s
        self._next_close_ms = self.start_ms + self._candle_ms
        self._groups = grouped(self._reader, body, pieces)
        self._ahead = next(self._groups, None)
        self._due: deque[tuple[int, type[Event], Callable[[], Event]]] = deque()
        self._names = [instrument.name for instrument in self.instruments]
        count = len(self._names)
        self._sides = [(HeldSide(-1), HeldSide(1)) for _ in range(count)]
        self._sequence = [0] * count
        self._seen_ms = [self.start_ms] * count  # the time of each symbol's last row
        self._void = [True] * count  # whether nothing is known of the book
        self._candles = CandleMaker(np.array([i.price_ticks for i in self.instruments], dtype=np.int64))
        self._tick = [Scale(instrument.tick) for instrument in self.instruments]
        self._lot = [Scale(instrument.lot) for instrument in self.instruments]
        self._traded: list[tuple[int, int, int]] = []  # symbol, ticks and lots of trades that no bar has yet
        self._hash = HashedRows(self.start_ms)

    def stream(self, until_s: float, kinds: Collection[type[Event]]) -> Iterator[Event]:
        """Events before `until_s` seconds after the start, in the order of the file, from where the last call ended.

        Only the classes in `kinds` are made. It ends where the recording does. Raises RecordingError.
        """
        limit_ms = self.start_ms + math.ceil(until_s * 1000)
        due = self._due
        while due or self._advance(limit_ms):
            while due and due[0][0] < limit_ms:
                _, kind, make = due.popleft()
                if kind in kinds:
                    yield make()
            if due:
                return

    def past_candles(self, symbol: str, count: int) -> NDArray[np.float64]:
        """Candles before the start: (count, 6) open time in ms, open, high, low, close, volume, oldest first.

        Nothing is recorded of them: they are flat at the opening price, without volume. Raises KeyError.
        """
        instrument = {listed.name: listed for listed in self.instruments}[symbol]
        past = np.zeros((count, 6))
        past[:, 0] = self.start_ms - self._candle_ms * np.arange(count, 0, -1, dtype=np.int64)
        past[:, 1:5] = Scale(instrument.tick)(instrument.price_ticks)
        return past

    def feed_hash(self) -> str:
        """A hash of the rows so far: of symbols, times from the start, prices and quantities."""
        return self._hash.hexdigest()

    def _advance(self, limit_ms: int) -> bool:
        """Queue the next candles or the events of the next group; False where there is none before the limit."""
        group = self._ahead
        time_ms = self.end_ms if group is None else group.time_ms
        if self._next_close_ms <= time_ms:
            if self._next_close_ms >= limit_ms:
                return False
            self._close_candles()
            return True
        if group is None or time_ms >= limit_ms:
            return False
        self._take(group)
        self._ahead = next(self._groups, None)
        return True

    def _take(self, group: Group) -> None:
        """Queue the events of one group of rows, checked against what is known."""
        kind, symbol, time_ms = group.kind, group.symbol, group.time_ms
        if kind == END:
            return
        self._hash.take(group)
        if kind == TRADE:
            self._take_trade(group)
        elif kind == RECONNECT:
            self._begin_again(symbol, time_ms, SIDES[group.rows.side[group.start]])
        else:
            self._take_levels(group)
        self._seen_ms[symbol] = time_ms

    def _take_trade(self, row: Group) -> None:
        rows, at, symbol, time_ms = row.rows, row.start, row.symbol, row.time_ms
        price, quantity = float(rows.price[at]), float(rows.quantity[at])
        side = "buy" if rows.side[at] == BUY else "sell"
        instrument = self.instruments[symbol]
        self._traded.append((symbol, round(price / instrument.tick), round(quantity / instrument.lot)))
        if len(self._traded) >= _TRADES_AT_ONCE:
            self._add_trades()
        self._due.append((time_ms, Trade, partial(Trade, self._names[symbol], time_ms, price, quantity, side)))

    def _take_levels(self, group: Group) -> None:
        kind, symbol, time_ms, sequence = group.kind, group.symbol, group.time_ms, group.sequence
        name, last = self._names[symbol], self._sequence[symbol]
        if sequence <= last:
            raise self._error(group, f"update {sequence} of {name} follows {last}: sequences rise")
        if kind == DELTA and self._void[symbol]:
            raise self._error(group, f"a delta of {name} before its snapshot")
        if last and sequence != last + 1 and not self._void[symbol]:
            if kind == DELTA:
                raise self._error(group, f"update {sequence} of {name} follows {last}: after a gap comes a snapshot")
            self.gaps += 1
            self._begin_again(symbol, time_ms, "disconnect")
        changed = []
        for side, (prices, quantities) in zip(self._sides[symbol], group.sides(), strict=True):
            try:
                if kind == SNAPSHOT:
                    changed.append(side.replace(prices, quantities, known=not self._void[symbol]))
                else:
                    changed.append(side.change(prices, quantities))
            except ValueError as error:
                raise self._error(group, f"update {sequence} of {name}: {error}") from None
        bids, asks = self._sides[symbol]
        self._refuse_crossed(group, name, bids.best, asks.best)
        self._sequence[symbol], self._void[symbol] = sequence, False
        self._due.append((time_ms, Delta, partial(Delta, name, time_ms, sequence, *changed)))
        self._due.append((time_ms, Book, partial(self._book, symbol, time_ms, sequence)))

    def _refuse_crossed(self, group: Group, name: str, bid: float | None, ask: float | None) -> None:
        if bid is None or ask is None:
            raise self._error(group, f"the book of {name} has no {'bids' if bid is None else 'asks'}")
        if bid >= ask:
            raise self._error(group, f"the book of {name} is crossed: its best bid is {bid:g}, its best ask {ask:g}")

    def _book(self, symbol: int, time_ms: int, sequence: int) -> Book:
        """The current book: it is asked for before the next group is taken."""
        bids, asks = self._sides[symbol]
        return Book(self._names[symbol], time_ms, sequence, bids.top(self._depth), asks.top(self._depth))

    def _begin_again(self, symbol: int, time_ms: int, reason: str) -> None:
        self._void[symbol] = True
        make = partial(Reconnect, self._names[symbol], time_ms, reason, self._seen_ms[symbol])
        self._due.append((time_ms, Reconnect, make))

    def _close_candles(self) -> None:
        self._add_trades()
        close_ms = self._next_close_ms
        self._next_close_ms += self._candle_ms
        bars = self._candles.close().tolist()
        for name, price, quantity, bar in zip(self._names, self._tick, self._lot, bars, strict=True):
            first, high, low, last = (price(edge) for edge in bar[:4])
            make = partial(Candle, name, close_ms, close_ms - self._candle_ms, first, high, low, last, quantity(bar[4]))
            self._due.append((close_ms, Candle, make))

    def _add_trades(self) -> None:
        if self._traded:
            symbol, ticks, lots = np.array(self._traded, dtype=np.int64).T
            self._candles.add(symbol, ticks, lots)
            self._traded.clear()

    def _error(self, group: Group, text: str) -> RecordingError:
        return self._reader.error(group.rows, group.start, text.replace("{", "{{").replace("}", "}}"))
