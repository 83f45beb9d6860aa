"""Faults put into the raw stream, a span at a time: updates that are added, moved, taken away or not delivered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthetic.draws.carried import carried_sum, previous
from synthetic.draws.hashes import I64
from synthetic.faults.kinds import Faults
from synthetic.faults.occurrences import Occurrences
from synthetic.instrument import Instrument
from synthetic.model.arrivals import Updates

# Why an update exists. The order is that of updates at the same instant: a resync comes first.
HALT, RECONNECT, EARLY, FIRST, SECOND, GAP, OTHER, USUAL = range(8)
_SYMBOL_SHIFT = 48  # a span is shorter than 2^48 microseconds, nine years


@dataclass(frozen=True, slots=True)
class Marks:
    """What is special about the updates of a span, in the order of those, all (updates,).

    `cause` is why each exists; `silent` ones happen and are not delivered; a book shows `levels` a side, and
    showed `levels_before` at the symbol's update before. Before a resync, nothing was sent since `since_ms`.
    """

    cause: I64
    silent: NDArray[np.bool_]
    levels: I64
    levels_before: I64
    since_ms: I64

    def at(self, rows: NDArray[np.intp]) -> Marks:
        """Those of the updates `rows`."""
        return Marks(
            self.cause[rows], self.silent[rows], self.levels[rows], self.levels_before[rows], self.since_ms[rows]
        )


@dataclass(frozen=True, slots=True)
class Disturbed:
    """What faults did to the updates that are sent: `levels` a side, at each and at the one before, (updates,).

    `delta_of` (updates,) is the place of the update whose delta is sent with each. `resyncs` are the places of the
    updates with which a symbol begins again, `resync_cause` why, and nothing was sent since `resync_since_ms`, all
    (resyncs,).
    """

    levels: I64
    levels_before: I64
    delta_of: I64
    resyncs: I64
    resync_cause: I64
    resync_since_ms: I64


class Disturbance:
    """The faults of a market. It keeps two numbers per symbol; when a fault comes is a function of its number."""

    def __init__(
        self, instruments: Sequence[Instrument], faults: Faults, *, seed: int, depth: int, cell_us: int
    ) -> None:
        names = [instrument.name for instrument in instruments]

        def occurrences(kind: str, per_hour: float, length_s: float = 0.0) -> Occurrences | None:
            return Occurrences(names, seed=seed, kind=kind, per_hour=per_hour, length_s=length_s) if per_hour else None

        self._gaps = occurrences("price gap", faults.price_gaps_per_hour)
        self._bursts = occurrences("burst", faults.bursts_per_hour)
        self._thinnings = occurrences("thinned book", faults.thinned_books_per_hour, faults.thinned_book_s)
        self._halts = occurrences("halt", faults.halts_per_hour, faults.halt_s)
        self._reconnects = occurrences("reconnect", faults.reconnects_per_hour, faults.reconnect_s)
        self._misorders = occurrences("misordered delta", faults.misordered_deltas_per_hour)
        self._faults = faults
        self._depth = depth
        self._cell_us = cell_us
        self._offset = np.zeros(len(names), dtype=np.int64)  # ticks that price gaps have added up to
        self._levels = np.full(len(names), depth, dtype=np.int64)
        # By cause: the silence before an update, and how many updates on the one is whose delta is sent with it.
        self._silence_us, self._swap = np.zeros((2, USUAL + 1), dtype=np.int64)
        for cause, kind in ((HALT, self._halts), (RECONNECT, self._reconnects)):
            if kind is not None:
                self._silence_us[cause] = kind.length_us
        self._swap[[FIRST, SECOND]] = 1, -1
        if faults.deltas_before_snapshot:
            self._swap[[RECONNECT, EARLY]] = 1, -1

    def disturb(self, updates: Updates, first_cell: int, cells: int) -> tuple[Updates, Marks]:
        """The updates of consecutive spans of cells, with those that faults add and without those of halts."""
        start_us, stop_us = first_cell * self._cell_us, (first_cell + cells) * self._cell_us
        added = self._added(start_us, stop_us)
        symbol = np.concatenate([*(symbol for _, symbol, _ in added), updates.symbol])
        time_us = np.concatenate([*(time_us for _, _, time_us in added), updates.time_us])
        sizes = [*(symbol.size for _, symbol, _ in added), updates.symbol.size]
        cause = np.repeat(np.array([*(cause for cause, _, _ in added), USUAL], dtype=np.int64), sizes)
        # At one instant the delta that comes early is right behind its reconnect, the second right behind the first.
        order = np.argsort((symbol << _SYMBOL_SHIFT) + (time_us - start_us), kind="stable")
        if self._halts is not None:
            order = order[~self._halts.under_way(symbol[order], time_us[order])]
        symbol, time_us, cause = symbol[order], time_us[order], cause[order]
        cell = time_us // self._cell_us
        part = ((time_us - cell * self._cell_us) << 16) // self._cell_us
        return Updates(symbol=symbol, time_us=time_us, cell=cell, part=part), self._marked(symbol, time_us, cause)

    def move(self, updates: Updates, marks: Marks, bid: I64, ask: I64, floor: I64) -> tuple[I64, I64]:
        """Best prices with all price gaps so far; bids are reflected at the symbols' `floor`. All (updates,)."""
        if self._gaps is None:
            return bid, ask
        steps = np.zeros(bid.size, dtype=np.int64)
        gap = np.flatnonzero(marks.cause == GAP)
        steps[gap] = self._faults.price_gap_ticks * self._gaps.signs(updates.symbol[gap], updates.time_us[gap])
        lowest = floor[updates.symbol]
        moved = lowest + np.abs(bid + carried_sum(updates.symbol, steps, self._offset) - lowest)
        return moved, moved + (ask - bid)

    def seen(self, marks: Marks) -> Disturbed:
        """What the receiver sees of the updates with these `marks`: those that are sent of a window, in time order."""
        resyncs = np.flatnonzero((marks.cause == HALT) | (marks.cause == RECONNECT)).astype(np.int64)
        return Disturbed(
            levels=marks.levels,
            levels_before=marks.levels_before,
            delta_of=np.arange(marks.cause.size, dtype=np.int64) + self._swap[marks.cause],
            resyncs=resyncs,
            resync_cause=marks.cause[resyncs],
            resync_since_ms=marks.since_ms[resyncs],
        )

    def _added(self, start_us: int, stop_us: int) -> list[tuple[int, I64, I64]]:
        """Cause, symbols and times of the updates that faults add to [start_us, stop_us), by cause."""
        added = []
        if self._halts is not None:
            added.append((HALT, *self._halts.ends(start_us, stop_us)))
        if self._reconnects is not None:
            resync = self._reconnects.ends(start_us, stop_us)
            added.append((RECONNECT, *resync))
            if self._faults.deltas_before_snapshot:
                added.append((EARLY, *resync))
        if self._misorders is not None:
            both = self._misorders.begins(start_us, stop_us)
            added += [(FIRST, *both), (SECOND, *both)]
        if self._gaps is not None:
            added.append((GAP, *self._gaps.begins(start_us, stop_us)))
        if self._thinnings is not None:
            added += [(OTHER, *edge(start_us, stop_us)) for edge in (self._thinnings.begins, self._thinnings.ends)]
        if self._bursts is not None:
            symbol, time_us = self._bursts.begins(start_us, stop_us)
            size = self._faults.burst_updates
            added.append((OTHER, symbol.repeat(size), time_us.repeat(size)))
        return added

    def _marked(self, symbol: I64, time_us: I64, cause: I64) -> Marks:
        levels = np.full(symbol.size, self._depth, dtype=np.int64)
        if self._thinnings is not None:
            thin = self._thinnings.under_way(symbol, time_us)
            levels[thin] = min(self._faults.thinned_book_levels, self._depth)
        silent = np.zeros(symbol.size, dtype=np.bool_)
        if self._reconnects is not None:
            silent = self._reconnects.under_way(symbol, time_us)
        since_ms = (time_us - self._silence_us[cause]) // 1000
        return Marks(cause, silent, levels, previous(symbol, levels, self._levels), since_ms)
