"""Detectors beside the collector: the note's "other components with .data_buffer" that no fix of it reaches."""

from __future__ import annotations

from typing import NamedTuple

from harness.collector.orderbook import Level, LevelLifetime, OrderBookSnapshot


class LayeringEvent(NamedTuple):
    """A level that was in the last book and is absent from this one, with the levels that stand nearest the touch."""

    timestamp_ms: int
    price: float
    side: str
    age_ms: int
    context: tuple[Level, ...]


class LayeringDetector:
    """Notes one event per vanished level in `data_buffer`, to look for orders that are placed and pulled in layers.

    Its pruning runs over the first `pruned_symbols` symbols only, so the buffers of all others grow for ever: a leak
    in plain sight, whatever the collector's cleanup does.
    """

    def __init__(self, symbols: tuple[str, ...], *, context_levels: int, pruned_symbols: int, keep_ms: int) -> None:
        self.data_buffer: dict[str, list[LayeringEvent]] = {symbol: [] for symbol in symbols}
        self._context_levels = context_levels
        self._pruned_symbols = symbols[:pruned_symbols]
        self._keep_ms = keep_ms

    def observe(self, snapshot: OrderBookSnapshot, vanished: list[LevelLifetime]) -> None:
        """Note the levels that vanished with `snapshot`; the context is copied, so that an event outlives its book."""
        if not vanished:
            return
        events = self.data_buffer[snapshot.symbol]
        for level in vanished:
            side = snapshot.bids if level.side == "bid" else snapshot.asks
            context = tuple((price, quantity) for price, quantity in side[: self._context_levels])
            events.append(
                LayeringEvent(snapshot.timestamp_ms, level.price, level.side, level.gone_ms - level.born_ms, context)
            )

    def prune(self, now_ms: int) -> None:
        """Forget events older than `keep_ms`, of the symbols on the schedule."""
        for symbol in self._pruned_symbols:
            events = self.data_buffer[symbol]
            keep = next(
                (i for i, event in enumerate(events) if now_ms - event.timestamp_ms <= self._keep_ms), len(events)
            )
            del events[:keep]
