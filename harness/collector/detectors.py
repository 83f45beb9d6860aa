"""Detectors beside the collector: the note's "other components with .data_buffer" that no fix of it reaches."""

from __future__ import annotations

from typing import NamedTuple

from harness.collector.orderbook import Level, OrderBookSnapshot


class QuoteEvent(NamedTuple):
    """One book update, with how many levels vanished in it and the levels then nearest the touch."""

    timestamp_ms: int
    vanished: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class QuoteStuffingDetector:
    """Notes every book update in `data_buffer`, to look for bursts of quotes that are placed and pulled.

    Its pruning runs over the first `pruned_symbols` symbols only, so the buffers of all others grow for ever: a leak
    in plain sight, whatever the collector's cleanup does.
    """

    def __init__(self, symbols: tuple[str, ...], *, context_levels: int, pruned_symbols: int, keep_ms: int) -> None:
        self.data_buffer: dict[str, list[QuoteEvent]] = {symbol: [] for symbol in symbols}
        self._context_levels = context_levels
        self._pruned_symbols = symbols[:pruned_symbols]
        self._keep_ms = keep_ms

    def observe(self, snapshot: OrderBookSnapshot, vanished: int) -> None:
        """Note the update that led to `snapshot`."""
        levels = self._context_levels
        self.data_buffer[snapshot.symbol].append(
            QuoteEvent(snapshot.timestamp_ms, vanished, tuple(snapshot.bids[:levels]), tuple(snapshot.asks[:levels]))
        )

    def prune(self, now_ms: int) -> None:
        """Forget events older than `keep_ms`, of the symbols on the schedule."""
        for symbol in self._pruned_symbols:
            events = self.data_buffer[symbol]
            kept = (i for i, event in enumerate(events) if now_ms - event.timestamp_ms <= self._keep_ms)
            del events[: next(kept, len(events))]
