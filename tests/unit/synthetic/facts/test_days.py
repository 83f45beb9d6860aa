"""A day of best prices is that of the stream; curves of a tape."""

from __future__ import annotations

import numpy as np
import pytest

from synthetic.events import Book
from synthetic.facts import profiles
from synthetic.facts.days import day_of
from synthetic.facts.tape import DETAIL_MS, SymbolTape, record
from synthetic.market import Market
from synthetic.symbols import instruments

RNG = np.random.default_rng(1)
LISTED = instruments(6, seed=4)
START_MS = 1_736_121_600_000
MINUTE_MS = 60_000


def test_a_day_has_the_mids_and_hours_of_the_stream():
    day = day_of(LISTED, seed=3, start_ms=START_MS, books_per_second=5.0, hours=1 / 60)
    books = Market(LISTED, seed=3, start_ms=START_MS, books_per_second=5.0).stream(60, [Book])
    tape = record(books, start_ms=START_MS, end_ms=START_MS + MINUTE_MS)
    assert day.mids.shape == (6, 60)
    for symbol in tape.symbols:
        held = day.mids[day.names.index(symbol.name)]
        assert np.allclose(symbol.mids, held, rtol=1e-12, equal_nan=True)
    assert day.hours[0] == day.hours.sum() == sum(symbol.books for symbol in tape.symbols)


def test_a_long_tape_keeps_mids_of_every_second_and_the_detail_of_its_beginning():
    side = np.array([[100.0, 1.0]])
    books = [Book("AUSDT", t, 1, side, side + 1) for t in (500, 2_000, DETAIL_MS + 1, DETAIL_MS + 3_000)]
    symbol = record(books, start_ms=0, end_ms=DETAIL_MS + 5_000).symbols[0]
    assert (len(symbol.quotes), symbol.books) == (2, 4)
    assert symbol.mids.size == DETAIL_MS // 1000 + 5
    assert np.flatnonzero(np.isnan(symbol.mids)).tolist() == [0]


def test_a_tail_is_the_share_above_each_size():
    sizes, shares = profiles.tail(np.array([-3.0, 0.0, 1.0, 2.0]))
    assert (sizes * np.array([-3.0, 0.0, 1.0, 2.0]).std()).tolist() == pytest.approx([1.0, 2.0, 3.0])
    assert shares.tolist() == [0.75, 0.5, 0.25]
    assert profiles.tail(np.zeros(5))[0].size == 0


def test_autocorrelations_of_a_first_order_process():
    series = np.zeros(50_000)
    for at, shock in enumerate(RNG.normal(size=series.size - 1), 1):
        series[at] = 0.6 * series[at - 1] + shock
    assert profiles.autocorrelations(series, 3) == pytest.approx([0.6, 0.36, 0.216], abs=0.03)
    assert profiles.autocorrelations(np.ones(100), 3).size == 0


def test_a_book_over_time_has_bids_above_and_asks_below_zero():
    symbol = SymbolTape("AUSDT", 0)
    bids, asks = np.array([[100.0, 3.0], [99.0, 2.0]]), np.array([[101.0, 5.0]])
    symbol.samples = [Book("AUSDT", 1_000, 1, bids, asks), Book("AUSDT", 90_000, 2, bids, asks)]
    found = profiles.heat(symbol, 1.0, seconds=60, ticks=2)
    assert found is not None
    assert found.price.tolist() == [98, 99, 100, 101, 102, 103]
    assert found.lots[:, 0].tolist() == [0, 2, 3, -5, 0, 0]
    assert profiles.heat(symbol, 1.0, seconds=1, ticks=2) is None
