"""Between integer ticks and lots and the floats that a feed sends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Scale:
    """Multiplies by a step. A step such as 0.01 divides by 100 instead, so that 12,345 steps are the float 123.45."""

    def __init__(self, step: float) -> None:
        inverse = round(1 / step)
        is_fraction = step < 1 and abs(inverse * step - 1) < 1e-9
        self.factor = 1.0 if is_fraction else step
        self.divisor = float(inverse) if is_fraction else 1.0

    def __call__(self, steps: int) -> float:
        """`steps` steps as a float."""
        return steps * self.factor / self.divisor

    def of(self, steps: NDArray[np.int64]) -> NDArray[np.float64]:
        """An array of steps as floats."""
        return np.asarray(steps * self.factor / self.divisor)


class Scales:
    """The scales of many symbols."""

    def __init__(self, steps: Sequence[float]) -> None:
        self.each = [Scale(step) for step in steps]
        self._factor = np.array([scale.factor for scale in self.each])
        self._only_divide = all(scale.factor == 1 for scale in self.each)
        self._divisor = np.array([scale.divisor for scale in self.each])

    def convert(self, symbol: NDArray[np.int64], steps: NDArray[np.int32], out: NDArray[np.float64]) -> None:
        """Fill `out` with floats of `steps`, both (updates, 2, depth); `symbol` is (updates,)."""
        if self._only_divide:
            np.divide(steps, self._divisor[symbol, None, None], out=out)
        else:
            np.multiply(steps, self._factor[symbol, None, None], out=out)
            out /= self._divisor[symbol, None, None]

    def of(self, symbol: NDArray[np.int64], steps: NDArray[np.int64]) -> NDArray[np.float64]:
        """Floats of `steps`; `symbol` has the same shape."""
        return np.asarray(steps * self._factor[symbol] / self._divisor[symbol])


def whole_steps(
    values: NDArray[np.float64], step: float | NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """How many steps (n,) values are, and which of them are no whole number of steps."""
    steps = values / step
    whole = np.rint(steps)
    away = np.abs(steps - whole) > 1e-4 + 1e-9 * np.abs(steps)
    return whole.astype(np.int64), away
