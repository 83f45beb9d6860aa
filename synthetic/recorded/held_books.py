"""A book as a receiver of snapshots and deltas holds it: every level it has heard of, best first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

_NO_LEVELS = np.empty(0)
_LEVELS = 256  # room at first; it is doubled when it is too small


class HeldSide:
    """One side of a book, in arrays that are reused: a long stream leaves nothing behind among a target's objects.

    Levels are told apart by keys that rise outwards from the best one: asks have their price, bids its negative.
    """

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._count = 0
        self._keys = np.full(_LEVELS, np.inf)  # infinite behind the last level
        self._quantities = np.zeros(_LEVELS)

    @property
    def best(self) -> float | None:
        """The best price; None where the side is empty."""
        return float(self._keys[0]) * self._sign if self._count else None

    def replace(self, prices: F64, quantities: F64, *, known: bool) -> F64:
        """Take a snapshot in any order; what it changed (n, 2), all of it where the side before is not `known`.

        Raises ValueError where two levels have one price.
        """
        keys, quantities = self._outwards(prices, quantities)
        before = self._keys[: self._count] if known else _NO_LEVELS
        gone = before[~np.isin(before, keys, assume_unique=True)]
        changed = np.ones(keys.size, dtype=np.bool_)
        if known:
            level = self._place(keys)
            changed = (self._keys[level] != keys) | (self._quantities[level] != quantities)
        all_keys = np.concatenate([gone, keys[changed]])
        all_quantities = np.concatenate([np.zeros(gone.size), quantities[changed]])
        self._hold(keys, quantities)
        order = np.argsort(all_keys)
        return self._levels(all_keys[order], all_quantities[order])

    def change(self, prices: F64, quantities: F64) -> F64:
        """Take a delta's levels in any order, 0 where one is gone; the same levels (n, 2), best first.

        Raises ValueError where two levels have one price.
        """
        keys, changed = self._outwards(prices, quantities)
        level = self._place(keys)
        there = self._keys[level] == keys
        self._quantities[level[there]] = changed[there]
        if not (there.all() and changed.all()):
            new = ~there
            all_keys = np.concatenate((self._keys[: self._count], keys[new]))
            all_quantities = np.concatenate((self._quantities[: self._count], changed[new]))
            left = all_quantities.nonzero()[0]
            left = left[all_keys[left].argsort()]
            self._hold(all_keys[left], all_quantities[left])
        return self._levels(keys, changed)

    def top(self, depth: int) -> F64:
        """The best `depth` levels, or as many as there are: (levels, 2), owning its memory."""
        count = min(depth, self._count)
        return self._levels(self._keys[:count], self._quantities[:count])

    def prices_up_to(self, price: float) -> F64:
        """The prices of the levels at `price` and before it, best first."""
        count = int(self._keys[: self._count].searchsorted(price * self._sign, side="right"))
        return np.asarray(self._keys[:count] * self._sign)

    def _place(self, keys: F64) -> NDArray[np.intp]:
        return self._keys[: self._count].searchsorted(keys)

    def _hold(self, keys: F64, quantities: F64) -> None:
        if keys.size >= self._keys.size:  # one place stays free, so that what is looked up beyond the end is infinite
            self._keys, self._quantities = np.full(2 * keys.size, np.inf), np.zeros(2 * keys.size)
        self._keys[: keys.size] = keys
        self._keys[keys.size : self._count] = np.inf
        self._quantities[: keys.size] = quantities
        self._count = keys.size

    def _levels(self, keys: F64, quantities: F64) -> F64:
        levels = np.empty((keys.size, 2))
        np.multiply(keys, self._sign, out=levels[:, 0])
        levels[:, 1] = quantities
        return levels

    def _outwards(self, prices: F64, quantities: F64) -> tuple[F64, F64]:
        keys = prices * self._sign
        if (keys[1:] > keys[:-1]).all():
            return keys, quantities
        order = keys.argsort()
        keys, quantities = keys[order], quantities[order]
        twice = keys[1:][keys[1:] == keys[:-1]]
        if twice.size:
            raise ValueError(f"two levels have the price {twice[0] * self._sign:g}")
        return keys, quantities
