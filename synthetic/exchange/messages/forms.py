"""How venues write numbers and times: prices and quantities as decimal text, times as whole milliseconds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthetic.events import Candle

Message = dict[str, Any]


def shortest(value: float) -> str:
    """A decimal without exponent, with as many digits as it has: "0.00012", "63000"."""
    text = f"{value:.10f}".rstrip("0").rstrip(".")
    return text or "0"


def eight(value: float) -> str:
    """A decimal with eight places: "0.00012000"."""
    return f"{value:.8f}"


def minutes_of(candle_ms: int) -> int:
    """The whole minutes of a candle. Raises ValueError where it has none: no venue here names such an interval."""
    minutes, rest = divmod(candle_ms, 60_000)
    if rest or not minutes:
        raise ValueError(f"market.candle_s = {candle_ms / 1000:g}: a venue's candles have whole minutes")
    return minutes


def traded_value(candle: Candle) -> float:
    """What was paid for a candle's volume, which the market does not say: at the mean of its four prices."""
    return candle.volume * (candle.open + candle.high + candle.low + candle.close) / 4


def rows_of(candles: NDArray[np.float64]) -> list[Candle]:
    """Candles of shape (count, 6), as `Environment.past_candles` gives them, oldest first; their length is their step.

    Raises ValueError where fewer than two are given: one alone has no length.
    """
    if len(candles) < 2:
        raise ValueError(f"{len(candles)} candles: their length is read off two of them")
    step = int(candles[1, 0] - candles[0, 0])
    return [Candle("", int(row[0]) + step, int(row[0]), *map(float, row[1:])) for row in candles]
