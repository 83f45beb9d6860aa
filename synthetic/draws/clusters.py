"""Clustering on many timescales: a product of lognormal multipliers, each with a duration of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from synthetic.draws.hashes import I64, U64, draw64, stream_keys
from synthetic.draws.quantiles import ONE, multipliers


class Cascade:
    """Multipliers of mean 1 (scaled by ONE) per name and counter; memory reaches as far as the longest level."""

    def __init__(self, names: Iterable[str], *, seed: int, purpose: str, levels: Sequence[tuple[int, int]]) -> None:
        """`levels` are pairs of length, in steps of the counter, and standard deviation of log2, in 1024ths."""
        names = list(names)
        self._levels = [
            (stream_keys(seed, f"{purpose} {number}", names), length, multipliers(256, sd))
            for number, (length, sd) in enumerate(levels)
        ]

    def grid(self, counters: I64) -> U64:
        """Every name at every counter: (names, counters)."""
        return self._product([keys[:, None] for keys, _, _ in self._levels], counters)

    def of(self, which: I64, counters: I64) -> U64:
        """Name `which` at its counter, both of the same shape."""
        return self._product([keys[which] for keys, _, _ in self._levels], counters)

    def _product(self, keys_per_level: list[U64], counters: I64) -> U64:
        product: U64 | None = None
        for keys, (_, length, table) in zip(keys_per_level, self._levels, strict=True):
            drawn = table[draw64(keys, counters // length) >> np.uint64(56)]
            product = drawn if product is None else (product * drawn) >> np.uint64(16)
        return np.full(counters.shape, ONE, dtype=np.uint64) if product is None else product
