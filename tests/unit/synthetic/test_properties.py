"""What holds for every market, whatever its seed, size, depth and rate; and the one stream that is pinned."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthetic.events import Book, Candle, Delta, Trade
from synthetic.market import MARKET_VERSION, Market
from synthetic.model import window
from synthetic.symbols import instruments

ALL = (Book, Delta, Trade, Candle)
LISTED = instruments(40, seed=11)
GOLDEN = {
    1: "72f8c2d3ed25d0aea00e34e3845786e4f305e5f29def7cbf33d8d1a64efb3b6f"
}  # market version: the hash of test_golden's stream


@st.composite
def markets(draw: st.DrawFn) -> tuple[Market, Market, int, int]:
    """Two equal markets, with their depth and number of candles per minute."""
    depth, candle_s = draw(st.sampled_from([1, 2, 5, 50, 120])), draw(st.sampled_from([1, 7, 60]))
    options = {
        "seed": draw(st.integers(0, 2**63)),
        "start_ms": draw(st.integers(0, 2**41)),
        "depth": depth,
        "books_per_second": draw(st.sampled_from([0.02, 1.0, 5.0, 77.0])),
        "candle_s": candle_s,
        "season": draw(st.booleans()),
    }
    chosen = LISTED[: draw(st.integers(1, 40))]
    return Market(chosen, **options), Market(chosen, **options), depth, candle_s


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(two=markets(), cuts=st.lists(st.floats(0, 1), max_size=5))
def test_every_market_keeps_its_promises(two, cuts):
    market, other, depth, candle_s = two
    span_s = 20 * candle_s if market._raw._arrivals.cell_us > 1e6 else 4
    held: dict[str, tuple[dict[float, float], dict[float, float]]] = {}
    volume: dict[str, float] = {}
    opens: dict[str, int] = {}
    time_ms = 0
    events = 0
    for event in market.stream(span_s, ALL):
        events += 1
        assert event.timestamp_ms >= time_ms
        time_ms = event.timestamp_ms
        if isinstance(event, Delta):
            for side, changes in zip(held.setdefault(event.symbol, ({}, {})), (event.bids, event.asks), strict=True):
                for price, quantity in changes.tolist():
                    if quantity == 0:
                        del side[price]
                    assert side.get(price) != quantity
                    if quantity:
                        side[price] = quantity
        elif isinstance(event, Book):
            assert event.bids.shape == event.asks.shape == (depth, 2)
            assert sorted(held[event.symbol][0].items(), reverse=True) == [tuple(x) for x in event.bids.tolist()]
            assert sorted(held[event.symbol][1].items()) == [tuple(x) for x in event.asks.tolist()]
            assert 0 < event.bids[-1, 0] <= event.bids[0, 0] < event.asks[0, 0]
            assert min(event.bids[:, 1].min(), event.asks[:, 1].min()) > 0
        elif isinstance(event, Trade):
            assert event.price > 0
            assert event.quantity > 0
            volume[event.symbol] = volume.get(event.symbol, 0) + event.quantity
        else:
            assert event.low <= min(event.open, event.close) <= max(event.open, event.close) <= event.high
            assert event.volume == pytest.approx(volume.pop(event.symbol, 0))
            assert event.open_ms == opens.setdefault(event.symbol, event.open_ms)
            opens[event.symbol] += candle_s * 1000
            assert event.timestamp_ms == opens[event.symbol]
    cut = [len(list(other.stream(span_s * share, [Book]))) for share in sorted(cuts)]
    rest = len(list(other.stream(span_s, [Book, Candle])))
    assert sum(cut) + rest <= events
    assert market.feed_hash() == other.feed_hash()


def test_golden():
    """A change of the stream is a new MARKET_VERSION, a new line here, and one in CHANGELOG.md."""
    market = Market(LISTED[:10], seed=2024, start_ms=0, books_per_second=5.0)
    for _ in market.stream(60, [Book]):
        pass
    assert market.feed_hash() == GOLDEN[MARKET_VERSION]


def test_the_size_of_the_blocks_it_is_made_in_changes_nothing(monkeypatch):
    def hashed() -> str:
        market = Market(LISTED[:10], seed=5, start_ms=0, books_per_second=5.0)
        for _ in market.stream(60, [Candle]):
            pass
        return market.feed_hash()

    usual = hashed()
    monkeypatch.setattr(window, "_UPDATES", 100)
    assert hashed() == usual


def test_another_symbol_changes_no_update_of_the_others():
    def books(count: int) -> dict[tuple[str, int], Book]:
        market = Market(LISTED[:count], seed=5, start_ms=0, books_per_second=5.0)
        return {(book.symbol, book.sequence): book for book in market.stream(30, [Book])}

    few, more = books(10), books(11)
    shared = [key for key in few if key in more]
    assert len(shared) > 500
    for key in shared:
        assert np.array_equal(few[key].bids, more[key].bids)
        assert np.array_equal(few[key].asks, more[key].asks)


def test_the_season_moves_activity_and_not_its_mean():
    def hourly(season: bool) -> np.ndarray:
        market = Market(LISTED, seed=3, start_ms=86_400_000 * 365, books_per_second=0.02, season=season)
        hours = [book.timestamp_ms // 3_600_000 % 24 for book in market.stream(86_400, [Book])]
        return np.bincount(hours, minlength=24)

    flat, seasonal = hourly(False), hourly(True)
    assert seasonal.sum() == pytest.approx(flat.sum(), rel=0.1)
    assert seasonal[12:18].sum() > 1.5 * seasonal[0:6].sum()
    assert flat[12:18].sum() < 1.3 * flat[0:6].sum()
