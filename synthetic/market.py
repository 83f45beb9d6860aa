"""A seeded market of many symbols in virtual time: one resumable stream of books, deltas, trades and candles."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from synthetic.draws.hashes import I64, stream_keys
from synthetic.events import Book, Candle, Delta, Event, Reconnect, Trade
from synthetic.faults.kinds import Faults
from synthetic.instrument import Instrument
from synthetic.model.books import ROWS, Books, lowest_tick
from synthetic.model.candles import past_bars
from synthetic.model.emission import Emission
from synthetic.model.window import RawStream
from synthetic.ticks import Scale

MARKET_VERSION = 1
"""Counts the changes of the stream: what a seed gives is the same within a version."""

_ORDER: tuple[type[Event], ...] = (Candle, Reconnect, Trade, Delta, Book)  # of what goes with one update
_NONE = np.empty(0, dtype=np.int64)


class Market:
    """Streams `instruments` from `start_ms` (milliseconds since the epoch) on, for as long as it is asked.

    `books_per_second` is the mean over symbols of book updates per second and symbol; activity falls with the rank. The
    market moves per update: a thinner feed has the same updates, later. `depth` is the number of levels a side. With
    `season`, activity also follows the hour of the day (UTC); the mean is that of a whole day then. The feed has the
    `faults`, with their updates beside its own.
    Raises ValueError where there is no instrument, a name occurs twice, or a number is out of range.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        *,
        seed: int,
        start_ms: int,
        depth: int = 50,
        books_per_second: float,
        candle_s: int = 60,
        season: bool = False,
        faults: Faults | None = None,
    ) -> None:
        _refuse_nonsense(instruments, depth=depth, books_per_second=books_per_second, candle_s=candle_s)
        self._instruments = {instrument.name: instrument for instrument in instruments}
        self._seed = seed
        self._start_ms = start_ms
        self._candle_ms = candle_s * 1000
        books = Books(instruments, seed=seed, depth=depth)
        self._raw = RawStream(
            instruments,
            seed=seed,
            books=books,
            books_per_second=books_per_second,
            candle_ms=self._candle_ms,
            season_from_ms=start_ms if season else None,
            faults=faults,
        )
        self._emission = Emission(instruments, books=books, start_ms=start_ms, candle_ms=self._candle_ms)
        self._makers: dict[type[Event], Callable[[int], Event]] = {
            Candle: self._emission.candle,
            Reconnect: self._emission.reconnect,
            Trade: self._emission.trade,
            Delta: self._emission.delta,
            Book: self._emission.book,
        }
        self._head_hash, self._tick_hash, self._lot_hash, self._trade_hash = (hashlib.sha256() for _ in range(4))
        self._fault_hash = hashlib.sha256()
        self._window = self._raw.next_window()
        self._next = dict.fromkeys(_ORDER, 0)  # per kind, the index in the window of the next to send
        self._hashed = (0, 0)  # updates and trades of the window that the hashes have seen

    def stream(self, until_s: float, kinds: Collection[type[Event]]) -> Iterator[Event]:
        """Events before `until_s` seconds after the start, in time order, from where the last call ended.

        Only the classes in `kinds` are made. A stream that is left early resumes after the last event it gave.
        """
        limit_ms = math.ceil(until_s * 1000)
        while True:
            window = self._window
            updates = int(np.searchsorted(window.time_ms, limit_ms))
            while (start := min(self._next[Book], self._next[Delta])) < updates:
                stop = min(start + ROWS, updates)
                yield from self._send(start, stop, int(np.searchsorted(window.candle_update, stop)), kinds)
            yield from self._send(updates, updates, int(np.searchsorted(window.candle_ms, limit_ms)), kinds)
            if window.end_ms >= limit_ms:
                return
            self._window = self._raw.next_window()
            self._next = dict.fromkeys(_ORDER, 0)
            self._hashed = (0, 0)

    def past_candles(self, symbol: str, count: int) -> NDArray[np.float64]:
        """Candles before the start: (count, 6) open time in ms, open, high, low, close, volume, oldest first.

        The last one closes at the start, at the price the stream opens with. Raises KeyError for an unknown symbol.
        """
        instrument = self._instruments[symbol]
        sd_ticks, mean_lots = self._raw.usual_bar(instrument)
        key = stream_keys(self._seed, "past", [symbol])
        bars = past_bars(key, closing=instrument.price_ticks, sd_ticks=sd_ticks, mean_lots=mean_lots, count=count)
        past = np.empty((count, 6), dtype=np.float64)
        past[:, 0] = self._start_ms - self._candle_ms * np.arange(count, 0, -1, dtype=np.int64)
        past[:, 1:5] = Scale(instrument.tick).of(bars[:, :4])
        past[:, 5] = Scale(instrument.lot).of(bars[:, 4])
        return past

    def feed_hash(self) -> str:
        """A hash of the raw stream so far: times from the start, symbols, ticks and lots of every book and trade.

        The same for a seed whatever calls, kinds and start the stream was asked with (with a `season`, the hour of the
        start counts); sequences, resyncs and orders too where there are faults. A stream that was left early counts to
        the end of its block.
        """
        parts = [self._head_hash, self._tick_hash, self._lot_hash, self._trade_hash]
        if self._window.disturbed is not None:
            parts.append(self._fault_hash)
        return hashlib.sha256(b"".join([b"%d" % MARKET_VERSION, *(part.digest() for part in parts)])).hexdigest()

    def _send(self, start: int, stop: int, closings: int, kinds: Collection[type[Event]]) -> Iterator[Event]:
        """Send what is not yet sent of the updates from `start` to `stop`, and candles up to `closings`."""
        window = self._window
        self._emission.load(window, start, stop, books=Book in kinds, deltas=Delta in kinds)
        trades = int(np.searchsorted(window.trades.update, stop))
        self._hash(start, stop, trades)
        resyncs = 0 if window.disturbed is None else int(np.searchsorted(window.disturbed.resyncs, stop))
        candles = closings * len(self._instruments)
        ends = {Candle: candles, Reconnect: resyncs, Trade: trades, Delta: stop, Book: stop}
        asked = [kind for kind in _ORDER if kind in kinds]
        places = [np.arange(self._next[kind], ends[kind], dtype=np.int64) for kind in asked]
        turns = np.concatenate([_NONE, *(self._turns(kind, place) for kind, place in zip(asked, places, strict=True))])
        maker = np.repeat(np.arange(len(asked)), [place.size for place in places])
        order = np.argsort(turns, kind="stable")
        maker, place = maker[order], np.concatenate([_NONE, *places])[order]
        makers = [self._makers[kind] for kind in asked]
        sent = 0
        try:
            for which, index in zip(maker.tolist(), place.tolist(), strict=True):
                sent += 1
                yield makers[which](index)
        finally:
            if sent == order.size:
                self._next = ends
            else:
                counts = np.bincount(maker[:sent], minlength=len(asked)).tolist()
                self._stop_behind(int(turns[order[sent - 1]]), dict(zip(asked, counts, strict=True)), ends)

    def _turns(self, kind: type[Event], places: I64) -> I64:
        """Sort keys of events of one kind: by update, and within it in the order of _ORDER."""
        window = self._window
        if kind is Candle:
            return np.asarray(window.candle_update[places // len(self._instruments)] * len(_ORDER))
        updates = places
        if kind is Trade:
            updates = window.trades.update[places]
        elif kind is Reconnect and window.disturbed is not None:
            updates = window.disturbed.resyncs[places]
        return np.asarray(updates * len(_ORDER) + _ORDER.index(kind))

    def _stop_behind(self, turn: int, sent: dict[type[Event], int], ends: dict[type[Event], int]) -> None:
        """Resume after the events of `turn`: `sent` counts those of the kinds asked for; others are skipped."""
        for kind in _ORDER:
            if kind in sent:
                self._next[kind] += sent[kind]
            else:
                turns = self._turns(kind, np.arange(self._next[kind], ends[kind], dtype=np.int64))
                self._next[kind] += int(np.searchsorted(turns, turn))

    def _hash(self, start: int, stop: int, trades: int) -> None:
        """Hash what is new of the block, as little-endian integers."""
        window = self._window
        seen_updates, seen_trades = self._hashed
        if seen_updates < stop:
            rows = slice(seen_updates, stop)
            self._head_hash.update(_bytes(window.time_ms[rows], window.symbol[rows]))
            self._tick_hash.update(self._emission.ticks[seen_updates - start : stop - start].data)
            self._lot_hash.update(self._emission.lots[seen_updates - start : stop - start].data)
            if window.disturbed is not None:
                own = np.arange(seen_updates, stop, dtype=np.int64)
                order = window.disturbed.delta_of[rows] - own
                self._fault_hash.update(_bytes(window.sequence[rows], window.known[rows].astype(np.int64), order))
        if seen_trades < trades:
            rows, made = slice(seen_trades, trades), window.trades
            update = made.update[rows]
            times, symbols = window.time_ms[update], window.symbol[update]
            self._trade_hash.update(_bytes(times, symbols, made.tick[rows], made.lots[rows], made.sign[rows]))
        self._hashed = (max(seen_updates, stop), max(seen_trades, trades))


def _bytes(*columns: I64) -> bytes:
    """Columns of the same length as rows of little-endian 64-bit integers."""
    return np.stack(columns, axis=1).astype("<i8").tobytes()


def _refuse_nonsense(instruments: Sequence[Instrument], *, depth: int, books_per_second: float, candle_s: int) -> None:
    names = [instrument.name for instrument in instruments]
    if not names:
        raise ValueError("instruments = []: a market has at least 1")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"instruments: {twice} is there twice; names are unique")
    if depth < 1 or candle_s < 1:
        raise ValueError(f"depth = {depth}, candle_s = {candle_s}: both are at least 1")
    if not (math.isfinite(books_per_second) and books_per_second > 0):
        raise ValueError(f"books_per_second = {books_per_second}: any positive number is allowed")
    least, most = lowest_tick(depth) + 16, 1 << 30
    for i in instruments:
        if not least <= i.price_ticks <= most:
            raise ValueError(f"{i.name}: price_ticks = {i.price_ticks}: {least} to {most} are allowed at depth {depth}")
        if i.rank < 1 or not (0 < i.tick < math.inf and 0 < i.lot < math.inf):
            raise ValueError(
                f"{i.name}: rank = {i.rank}, tick = {i.tick}, lot = {i.lot}: all are positive, ranks from 1"
            )
