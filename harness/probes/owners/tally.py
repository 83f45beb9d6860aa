"""The sums of a walk: bytes by path and symbol, and their variances over draws."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from harness.probes.owners.systematic_draw import variance


@dataclass(frozen=True, slots=True)
class Owner:
    """What one attribute path holds: `bytes`, an estimate with standard error `se`; `symbol` where kept apart."""

    path: str
    bytes: float
    se: float
    symbol: str = ""


class Tally:
    """Adds up what is exact and what is drawn."""

    def __init__(self) -> None:
        self._bytes: dict[tuple[str, str], float] = {}
        self._variance: dict[tuple[str, str], float] = {}

    def add(self, path: str, symbol: str, size: float) -> None:
        """`size` bytes that are known exactly."""
        row = path, symbol
        self._bytes[row] = self._bytes.get(row, 0.0) + size

    def add_draws(
        self, shares: dict[str, float], draws: list[dict[str, float]], relative_variance: float = 0.0
    ) -> None:
        """The weighted bytes by path of each draw of one population.

        `shares`: what part of the population's size each symbol has; a symbol's bytes are the ratio estimate. Its
        variance is what as large a part of the draws would give. `relative_variance`: that of the size of the whole
        population, where it is an estimate itself.
        """
        for path in dict.fromkeys(path for draw in draws for path in draw):
            values = [draw.get(path, 0.0) for draw in draws]
            total = math.fsum(values)
            spread = variance(values) + total**2 * relative_variance
            for symbol, share in shares.items():
                self.add(path, symbol, total * share)
                row = path, symbol
                self._variance[row] = self._variance.get(row, 0.0) + spread * share

    def owners(self, symbols: Iterable[str]) -> list[Owner]:
        """The totals by path and the rows of `symbols`, most bytes first."""
        kept = set(symbols)
        totals: dict[str, list[float]] = {}
        for (path, symbol), size in self._bytes.items():
            total = totals.setdefault(path, [0.0, 0.0])
            total[0] += size
            total[1] += self._variance.get((path, symbol), 0.0)
        owners = [Owner(path, size, math.sqrt(spread)) for path, (size, spread) in totals.items()]
        owners += [
            Owner(path, size, math.sqrt(self._variance.get((path, symbol), 0.0)), symbol)
            for (path, symbol), size in self._bytes.items()
            if symbol in kept
        ]
        return sorted(owners, key=lambda owner: (-owner.bytes, owner.path, owner.symbol))
