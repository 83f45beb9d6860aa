"""What the judged process runs beside the target leaves no names in CPython's cache of attributes."""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Callable

import numpy as np
import pytest

from harness.clock import VirtualClock
from synthetic.events import Book, Candle, Delta, Trade
from synthetic.faults.kinds import Faults
from synthetic.market import Market
from synthetic.symbols import instruments

FEW = 8
"""Blocks that come and go without any call."""


def names_kept(work: Callable[[list[object]], None]) -> int:
    """Blocks that emptying the cache frees after `work`; texts that `work` puts into its list make addresses differ."""
    spread: list[object] = []
    work(spread)
    sys._clear_type_cache()
    work(spread)
    before = sys.getallocatedblocks()
    sys._clear_type_cache()
    return before - sys.getallocatedblocks()


def test_the_measure_sees_names_made_anew() -> None:
    numbers = np.arange(10)

    def work(spread: list[object]) -> None:
        for number in range(2000):
            spread.append((np.cumsum(numbers), f"{number:08d}"))  # numpy asks for "accumulate" by a text of its own

    assert names_kept(work) > 3 * FEW


@pytest.mark.parametrize("faults", [None, Faults(reconnects_per_hour=60, halts_per_hour=30)])
def test_the_market_leaves_none(faults: Faults | None) -> None:
    market = Market(instruments(10, seed=1), seed=1, start_ms=0, books_per_second=5.0, faults=faults)

    def work(spread: list[object]) -> None:
        spread.extend(market.stream(300.0 * (1 + (len(spread) > 0)), {Book, Delta, Trade, Candle}))
        for number in range(300):
            spread.append(market.past_candles(instruments(10, seed=1)[0].name, 200))
            spread.append(f"{number:08d}")

    assert names_kept(work) <= FEW


def test_the_clock_leaves_none() -> None:
    async def ask() -> None:
        def work(spread: list[object]) -> None:
            for _ in range(1000):
                spread.append((time.time(), time.time_ns(), time.monotonic(), f"{len(spread):08d}"))

        assert names_kept(work) <= FEW
        assert abs(time.time() - datetime.datetime.now().timestamp()) < 1e-6

    VirtualClock(start_ms=1_700_000_000_000).run(ask())
