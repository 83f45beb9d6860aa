"""One symbol of public market data as events: its book is followed, so that what a file may not hold is seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from synthetic.convert.public_groups import PublicGroup
from synthetic.convert.public_rows import (
    ASK,
    BID,
    CLEAR,
    NEITHER,
    NS_PER_MS,
    PublicFile,
    PublicRows,
    RepairableError,
    wrong_row,
)
from synthetic.events import Delta, Event, Reconnect, Trade
from synthetic.recorded.held_books import HeldSide
from synthetic.ticks import Scale, whole_steps

F64 = NDArray[np.float64]

Changed = tuple[dict[float, float], dict[float, float]]  # by side: price to quantity

_ALL = 1 << 62


class FollowedSymbol:
    """Makes events of the groups of one symbol, in the order of time.

    What comes before the first snapshot is left out. A snapshot later on is a `Reconnect` with the whole book behind
    it; only the first one of a file may repeat what is known, as files of a day do: then nothing has happened. A book
    that is crossed or has an empty side is refused; with `repair` the older of the levels that cross are taken away, as
    feeds forget to, and a book without a side is void until it has both again. `counts` has what happened, `left_out`
    what did not get through, by reason.
    """

    def __init__(self, name: str, tick: float, lot: float, *, repair: bool) -> None:
        self.name = name
        self.counts: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self._tick, self._lot = tick, lot
        self._price_scale, self._quantity_scale = Scale(tick), Scale(lot)
        self._repair = repair
        self._sides = (HeldSide(-1), HeldSide(1))
        self._sequence = 0
        self._last_ms = 0
        self._begun = False  # whether there was a snapshot
        self._in_snapshot = False
        self._snapshot_file: PublicFile | None = None  # the one that had the last snapshot
        self._sent = False  # whether the receiver knows the book

    def take(self, group: PublicGroup) -> Iterator[Event]:
        """The events of one group; raises SourceError."""
        if not group.is_trade:
            yield from self._take_levels(group)
        elif not self._sequence:
            self.left_out["trades before the first snapshot"] += 1
        else:
            yield from self._take_trade(group)

    def _take_trade(self, group: PublicGroup) -> Iterator[Event]:
        side = int(group.rows.side[0])
        if side == NEITHER:
            self.left_out["trades of an unknown side"] += 1
            return
        prices, quantities = self._scaled(group, group.rows)
        self._last_ms = group.time_ns // NS_PER_MS
        self.counts["trades"] += 1
        taker = "buy" if side == BID else "sell"
        yield Trade(self.name, self._last_ms, float(prices[0]), float(quantities[0]), taker)

    def _take_levels(self, group: PublicGroup) -> Iterator[Event]:
        goes_on = self._in_snapshot and group.is_snapshot and not (group.rows.kind == CLEAR).any()
        begins = group.is_snapshot and not goes_on
        self._in_snapshot = group.is_snapshot
        if not self._begun and not group.is_snapshot:
            self.left_out["book updates before the first snapshot"] += 1
            return
        before = self._whole() if begins else None
        starts_file = begins and group.file is not self._snapshot_file
        self._snapshot_file = group.file if begins else self._snapshot_file
        if begins and (group.file.restarts or not self._begun):
            self._sides = (HeldSide(-1), HeldSide(1))
        self._begun = True
        changed = self._apply(group)
        if not self._is_sound(group, changed):
            return
        if before is not None and self._sent:
            if starts_file and all(map(np.array_equal, before, self._whole())):
                self.left_out["snapshots that repeat what is known"] += 1
                return
            self._sent = False
        yield from self._update(group.time_ns // NS_PER_MS, changed)

    def _update(self, time_ms: int, changed: Changed) -> Iterator[Event]:
        levels = (_levels(changed[BID]), _levels(changed[ASK]))
        if not self._sent:
            levels = self._whole()
            if self._sequence:
                self.counts["reconnects"] += 1
                yield Reconnect(self.name, time_ms, "disconnect", self._last_ms)
        self._sent = True
        self._sequence += 1
        self._last_ms = time_ms
        self.counts["updates"] += 1
        yield Delta(self.name, time_ms, self._sequence, *levels)

    def _apply(self, group: PublicGroup) -> Changed:
        """Update the book; return the current quantities of the levels that the rows name, by side."""
        changed: Changed = ({}, {})
        rows = group.rows
        clears = np.flatnonzero(rows.kind == CLEAR).tolist()
        start = 0
        for stop in [*clears, len(rows)]:
            part = rows.at(slice(start, stop)) if clears else rows
            if len(part):
                prices, quantities = self._scaled(group, part)
                for side, held, known in zip((BID, ASK), self._sides, changed, strict=True):
                    of_side = part.side == side
                    if of_side.any():
                        levels = dict(zip(prices[of_side].tolist(), quantities[of_side].tolist(), strict=True))
                        held.change(*_arrays(levels))
                        known.update(levels)
            if stop < len(rows):
                self._clear(int(rows.side[stop]), float(rows.price[stop]))
            start = stop + 1
        return changed

    def _clear(self, which: int, price: float) -> None:
        for side, held in zip((BID, ASK), self._sides, strict=True):
            if which in (side, NEITHER):
                if which == NEITHER or not np.isfinite(price):
                    limit = 0.0 if side == BID else np.inf
                else:
                    limit = self._price_scale(round(price / self._tick))
                _take_away(held, held.prices_up_to(limit))

    def _is_sound(self, group: PublicGroup, changed: Changed) -> bool:
        """Whether the book can be sent; raises RepairableError where only a repair is missing."""
        bids, asks = self._sides
        if bids.best is not None and asks.best is not None and bids.best >= asks.best:
            self._uncross(group, changed, bids.best, asks.best)
        if bids.best is not None and asks.best is not None:
            return True
        if self._sent:
            if not self._repair:
                raise self._error(
                    group, f"the book of {self.name} has no {'bids' if bids.best is None else 'asks'} left"
                )
            self.left_out["times that a book had no bids or no asks"] += 1
        self._sent = False
        return False

    def _uncross(self, group: PublicGroup, changed: Changed, bid: float, ask: float) -> None:
        if not self._repair:
            raise self._error(
                group, f"the book of {self.name} is crossed: its best bid is {bid:g}, its best ask {ask:g}"
            )
        newer = ASK if ask in changed[ASK] else BID
        older = BID if newer == ASK else ASK
        gone = self._sides[older].prices_up_to(ask if newer == ASK else bid)
        _take_away(self._sides[older], gone)
        changed[older].update(dict.fromkeys(gone.tolist(), 0.0))
        self.left_out["levels that a newer one crossed"] += gone.size

    def _whole(self) -> tuple[F64, F64]:
        return self._sides[BID].top(_ALL), self._sides[ASK].top(_ALL)

    def _scaled(self, group: PublicGroup, rows: PublicRows) -> tuple[F64, F64]:
        """The floats nearest to whole ticks and lots."""
        _, price, quantity = group.file.columns
        scaled = []
        for values, step, scale, column, what in (
            (rows.price, self._tick, self._price_scale, price, "tick"),
            (rows.quantity, self._lot, self._quantity_scale, quantity, "lot"),
        ):
            whole, away = whole_steps(values, step)
            if away.any():
                at = int(np.argmax(away))
                raise wrong_row(
                    group.file,
                    int(rows.number[at]),
                    f"{column} = {float(values[at])!r} is no multiple of the {what} of {self.name}, {step:g}",
                )
            scaled.append(scale.of(whole))
        return scaled[0], scaled[1]

    def _error(self, group: PublicGroup, text: str) -> RepairableError:
        row = int(group.rows.number[-1])
        return RepairableError(f"{group.file.path}: row {row}: {text}; it can be repaired")


def _arrays(levels: dict[float, float]) -> tuple[F64, F64]:
    return np.array(list(levels)), np.array(list(levels.values()))


def _levels(changed: dict[float, float]) -> F64:
    prices, quantities = _arrays(changed)
    return np.column_stack([prices, quantities]) if changed else np.empty((0, 2))


def _take_away(held: HeldSide, prices: F64) -> None:
    if prices.size:
        held.change(prices, np.zeros(prices.size))
