"""The greatest step that all prices, or all quantities, of an instrument are multiples of."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_DECIMALS_MOST = 12
_ROUNDING = 4 * np.finfo(np.float64).eps  # a float that was computed is that much off its decimal number
_WHOLE_MOST = 2.0**62


class NoStepError(ValueError):
    """A value is no decimal number of a dozen places; `place` is where it is in the array."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


class CommonStep:
    """Finds the step of values that come in pieces. Quotes move by whole ticks, so enough of them show the tick."""

    def __init__(self) -> None:
        self._decimals = 0
        self._divisor = 0  # the greatest common one of all values, in units of the last decimal place

    @property
    def step(self) -> float | None:
        """The step so far; None before the first value that is not 0."""
        return self._divisor / 10**self._decimals if self._divisor else None

    def take(self, values: NDArray[np.float64]) -> None:
        """Take (n,) finite values of 0 or more. Raises NoStepError."""
        whole = np.rint(values * 10.0**self._decimals)
        bad = _off(whole, values, self._decimals)
        while bad.any():
            if self._decimals == _DECIMALS_MOST:
                raise NoStepError(int(np.argmax(bad)))
            self._decimals += 1
            self._divisor *= 10
            whole = np.rint(values * 10.0**self._decimals)
            bad = _off(whole, values, self._decimals)
        if values.size:
            self._divisor = math.gcd(self._divisor, int(np.gcd.reduce(whole.astype(np.int64))))


def _off(whole: NDArray[np.float64], values: NDArray[np.float64], decimals: int) -> NDArray[np.bool_]:
    off: NDArray[np.bool_] = (np.abs(whole / 10.0**decimals - values) > _ROUNDING * values) | (whole > _WHOLE_MOST)
    return off
