"""The raw stream in integers, a span of virtual time at once: every event is made from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synthetic.draws.carried import running_sum
from synthetic.draws.hashes import I64
from synthetic.faults.disturbance import Disturbance, Disturbed, Marks
from synthetic.faults.kinds import Faults
from synthetic.instrument import Instrument
from synthetic.model.arrivals import Arrivals, updates_per_cell
from synthetic.model.books import Books, lowest_tick
from synthetic.model.candles import CandleMaker
from synthetic.model.prices import Prices, sd_per_update
from synthetic.model.trades import LOTS_PER_UPDATE, Executions, Trades

_CLUSTERED_SD = 1.3  # a minute's move over that of unclustered updates; measured
_UPDATES = 3000


@dataclass(frozen=True, slots=True)
class Window:
    """A span of the stream in time order. Times are milliseconds since the start, prices ticks, quantities lots.

    `time_ms`, `symbol`, `sequence`, `clock`, `bid`, `ask` are (updates,); `clock_before`, `bid_before` and `ask_before`
    are those of the symbol's update before, where it is `known` to the receiver; `trades` is in time order and refers
    to updates by their place here; `candles` is (closings, symbols, 5), closed at `candle_ms`; `candle_update` is the
    first update at or after each. `disturbed` is None in a market without faults.
    """

    end_ms: int
    time_ms: I64
    symbol: I64
    sequence: I64
    clock: I64
    bid: I64
    ask: I64
    clock_before: I64
    bid_before: I64
    ask_before: I64
    known: NDArray[np.bool_]
    trades: Executions
    candles: I64
    candle_ms: I64
    candle_update: I64
    disturbed: Disturbed | None = None


class RawStream:
    """Makes the windows one after another. It keeps a few numbers per symbol and nothing per event."""

    def __init__(
        self,
        instruments: Sequence[Instrument],
        *,
        seed: int,
        books: Books,
        books_per_second: float,
        candle_ms: int,
        season_from_ms: int | None,
        faults: Faults | None,
    ) -> None:
        self._arrivals = Arrivals(
            instruments, seed=seed, books_per_second=books_per_second, season_from_ms=season_from_ms
        )
        self._prices = Prices(instruments, seed=seed, lowest=lowest_tick(books.depth))
        self._books = books
        self._trades = Trades(instruments, seed=seed)
        self._candles = CandleMaker(np.array([i.price_ticks for i in instruments], dtype=np.int64))
        self._candle_ms = candle_ms
        self._next_close_ms = candle_ms
        self._sequence = np.zeros(len(instruments), dtype=np.int64)
        self._cells = min(1024, max(1, round(_UPDATES / self._arrivals.updates_per_cell)))
        self._cell = 0
        self._disturbance = None
        if faults is not None and faults.any:
            self._disturbance = Disturbance(
                instruments, faults, seed=seed, depth=books.depth, cell_us=self._arrivals.cell_us
            )

    def usual_bar(self, instrument: Instrument) -> tuple[float, float]:
        """A usual bar of a symbol: the standard deviation of its move in ticks, and its mean volume in lots."""
        updates = self._candle_ms * 1000 / self._arrivals.cell_us * updates_per_cell(instrument)
        return _CLUSTERED_SD * sd_per_update(instrument) * math.sqrt(updates), LOTS_PER_UPDATE * updates

    def next_window(self) -> Window:
        """Draw the next window."""
        first = self._cell
        self._cell += self._cells
        updates = self._arrivals.span(first, self._cells)
        marks = None
        if self._disturbance is not None:
            updates, marks = self._disturbance.disturb(updates, first, self._cells)
        symbol = updates.symbol
        counts = np.bincount(symbol, minlength=self._sequence.size)
        before = self._sequence - (running_sum(counts) - counts)
        sequence = np.arange(1, symbol.size + 1, dtype=np.int64) + before[symbol]
        self._sequence += counts
        bid, ask = self._prices.span(updates, first, self._cells, sequence)
        if self._disturbance is not None and marks is not None:
            bid, ask = self._disturbance.move(updates, marks, bid, ask, self._prices.floor)
        clock_before, clock = self._books.clocks(symbol, sequence)
        bid_before, ask_before, trades = self._trades.span(symbol, sequence, bid, ask)
        order = np.argsort(updates.time_us, kind="stable")
        time_ms = updates.time_us[order] // 1000
        trades = _in_time(trades, order)
        end_ms = -(-self._cell * self._arrivals.cell_us // 1000)
        candles, candle_ms, candle_update = self._close_candles(end_ms, time_ms, symbol[order], trades)
        window = Window(
            end_ms=end_ms,
            time_ms=time_ms,
            symbol=symbol[order],
            sequence=sequence[order],
            clock=clock[order],
            bid=bid[order],
            ask=ask[order],
            clock_before=clock_before[order],
            bid_before=bid_before[order],
            ask_before=ask_before[order],
            known=sequence[order] > 1,
            trades=trades,
            candles=candles,
            candle_ms=candle_ms,
            candle_update=candle_update,
        )
        if self._disturbance is None or marks is None:
            return window
        return _delivered(window, marks.at(order), self._disturbance)

    def _close_candles(self, end_ms: int, time_ms: I64, symbol: I64, trades: Executions) -> tuple[I64, I64, I64]:
        """Close the bars that end in this window and take the trades after them: bars, closing times, updates."""
        candle_ms = np.arange(self._next_close_ms, end_ms, self._candle_ms, dtype=np.int64)
        candle_update = np.searchsorted(time_ms, candle_ms).astype(np.int64)
        candles = np.empty((candle_ms.size, self._sequence.size, 5), dtype=np.int64)
        taken = 0
        for closing, upto in enumerate(np.searchsorted(trades.update, candle_update).tolist()):
            self._take(symbol, trades, taken, upto)
            candles[closing] = self._candles.close()
            taken = upto
        self._take(symbol, trades, taken, trades.update.size)
        self._next_close_ms += self._candle_ms * candle_ms.size
        return candles, candle_ms, candle_update

    def _take(self, symbol: I64, trades: Executions, start: int, stop: int) -> None:
        if start < stop:
            self._candles.add(symbol[trades.update[start:stop]], trades.tick[start:stop], trades.lots[start:stop])


def _in_time(trades: Executions, order: NDArray[np.intp]) -> Executions:
    """Trades of updates sorted by symbol as trades of the same updates in the order of time."""
    rank = np.empty(order.size, dtype=np.int64)
    rank[order] = np.arange(order.size)
    update = rank[trades.update]
    by_time = np.argsort(update, kind="stable")
    return Executions(update[by_time], trades.tick[by_time], trades.lots[by_time], trades.sign[by_time])


def _delivered(window: Window, marks: Marks, disturbance: Disturbance) -> Window:
    """What is sent of a window with these `marks`, both in time order: all but the silent updates and their trades."""
    before = np.concatenate([np.zeros(1, dtype=np.int64), running_sum(~marks.silent)])  # how many are sent before each
    rows = np.flatnonzero(~marks.silent)
    disturbed = disturbance.seen(marks.at(rows))
    known = window.known[rows]
    known[disturbed.resyncs] = False
    trades = window.trades
    traded = np.flatnonzero(~marks.silent[trades.update])
    return replace(
        window,
        time_ms=window.time_ms[rows],
        symbol=window.symbol[rows],
        sequence=window.sequence[rows],
        clock=window.clock[rows],
        bid=window.bid[rows],
        ask=window.ask[rows],
        clock_before=window.clock_before[rows],
        bid_before=window.bid_before[rows],
        ask_before=window.ask_before[rows],
        known=known,
        trades=Executions(before[trades.update[traded]], trades.tick[traded], trades.lots[traded], trades.sign[traded]),
        candle_update=before[window.candle_update],
        disturbed=disturbed,
    )
