"""What the extractors and the pipeline keep, and for how long."""

from __future__ import annotations

import numpy as np
import pytest
import talib

from harness.collector.book_features import BOOK_FEATURES, BookFeatures
from harness.collector.indicators import CANDLE_FEATURES, INDICATOR_FEATURES, IndicatorFeatureExtractor
from harness.collector.orderbook import OrderBookFeatureExtractor
from harness.collector.pipeline import FEATURE_NAMES, FeaturePipeline
from synthetic.events import Book
from tests.unit.collector.world import SYMBOLS, book, candle, past_candles


def extractor(size: int = 100) -> OrderBookFeatureExtractor:
    return OrderBookFeatureExtractor(BookFeatures(), size)


def pipeline(**options: float | None) -> FeaturePipeline:
    settings = {"cache_limit": None, "unreachable_share": 0.0} | options
    return FeaturePipeline(extractor(), IndicatorFeatureExtractor(past_candles("A", 100), 100), **settings)


def ladder(sequence: int, bids: list[float], asks: list[float]) -> Book:
    sides = [np.column_stack([prices, np.ones(len(prices))]) for prices in (bids, asks)]
    return Book(SYMBOLS[0], 1000 * sequence, sequence, *sides)


def test_there_are_112_features() -> None:
    assert len(FEATURE_NAMES) == len(set(FEATURE_NAMES)) == 112


def test_a_snapshot_is_two_lists_of_price_and_quantity() -> None:
    one = book(3)
    snapshot, _ = extractor().update(one, np.empty(len(BOOK_FEATURES)))
    assert snapshot.bids == [tuple(level) for level in one.bids.tolist()]
    assert snapshot.asks == [tuple(level) for level in one.asks.tolist()]
    assert (snapshot.symbol, snapshot.timestamp_ms) == (one.symbol, one.timestamp_ms)


def test_snapshot_history_is_bounded_and_keeps_the_newest() -> None:
    kept = extractor(size=4)
    out = np.empty(len(BOOK_FEATURES))
    for sequence in range(10):
        kept.update(book(sequence), out)
    assert [snapshot.timestamp_ms for snapshot in kept.snapshot_history] == [book(n).timestamp_ms for n in range(6, 10)]


def test_a_vanished_level_is_noted_with_its_life() -> None:
    kept, out = extractor(), np.empty(len(BOOK_FEATURES))
    kept.update(ladder(1, [99.0, 98.0], [101.0, 102.0]), out)
    kept.update(ladder(2, [99.0, 97.0], [101.0, 102.0]), out)
    _, gone = kept.update(ladder(5, [99.0, 98.0], [101.0, 103.0]), out)
    assert [tuple(level) for level in kept.level_ttl_history] == [
        (98.0, "bid", 1000, 2000),
        (97.0, "bid", 2000, 5000),
        (102.0, "ask", 1000, 5000),
    ]
    assert gone == kept.level_ttl_history[1:]
    changes = dict(zip(BOOK_FEATURES, out.tolist(), strict=True))
    assert [changes[f"{side}_levels_{what}"] for side in ("bid", "ask") for what in ("vanished", "new")] == [1, 1, 1, 1]


def test_mid_changes_are_against_the_last_and_the_oldest_book() -> None:
    kept, out = extractor(), np.empty(len(BOOK_FEATURES))
    kept.update(ladder(1, [99.0], [101.0]), out)
    kept.update(ladder(2, [109.0], [111.0]), out)
    kept.update(ladder(3, [120.0], [122.0]), out)
    assert out[-2:] == pytest.approx([(121 / 110 - 1) * 1e4, (121 / 100 - 1) * 1e4])


def test_candle_history_is_prefilled_and_bounded() -> None:
    indicators = IndicatorFeatureExtractor(past_candles("A", 100), 100)
    assert len(indicators.candle_history) == 100
    indicators.update(candle(6_060_000))
    assert len(indicators.candle_history) == 100
    assert indicators.candle_history[-1].open_ms == 6_000_000
    assert indicators.features.shape == (len(CANDLE_FEATURES) + len(INDICATOR_FEATURES),)


def test_features_of_a_candle_are_what_their_names_say() -> None:
    indicators = IndicatorFeatureExtractor(past_candles("A", 100), 100)
    indicators.update(candle(6_060_000, close=100.5))
    found = dict(zip(CANDLE_FEATURES + INDICATOR_FEATURES, indicators.features.tolist(), strict=True))
    closes = np.array([kept.close for kept in indicators.candle_history])
    assert found["range_bps"] == pytest.approx(2 / 100.5 * 1e4)
    assert found["close_position"] == pytest.approx(0.75)
    assert found["return_5_bps"] == pytest.approx((100.5 / closes[-6] - 1) * 1e4)
    assert found["sma_20"] == pytest.approx(closes[-20:].mean())
    assert found["rsi_14"] == pytest.approx(talib.RSI(closes, 14)[-1])
    assert found["slope_14"] == pytest.approx(np.polyfit(np.arange(14), closes[-14:], 1)[0])
    assert np.isfinite(indicators.features).all()


def test_flat_candles_give_finite_features() -> None:
    past = past_candles("A", 100)
    past[:, 1:5], past[:, 5] = 100.0, 0.0
    assert np.isfinite(IndicatorFeatureExtractor(past, 100).features).all()


def test_every_update_is_cached_until_the_growth_is_cleared() -> None:
    kept = pipeline()
    for sequence in range(20):
        kept.update(book(sequence))
    assert list(kept._cache) == list(range(20))
    assert kept._cache[7].vector.shape == (112,)
    assert kept._cache[7].snapshot is kept.orderbook_extractor.snapshot_history[7]
    kept.clear_growth()
    assert not kept._cache
    assert not kept.orderbook_extractor.level_ttl_history
    assert len(kept.orderbook_extractor.snapshot_history) == 20
    assert len(kept.indicator_extractor.candle_history) == 100
    kept.clear_all()
    assert not kept.orderbook_extractor.snapshot_history
    assert not kept.indicator_extractor.candle_history


def test_a_cache_limit_forgets_the_oldest() -> None:
    kept = pipeline(cache_limit=3)
    for sequence in range(6):
        kept.update(book(sequence))
    assert list(kept._cache) == [3, 4, 5]


@pytest.mark.parametrize(("share", "held"), [(0.0, 0), (0.3, 30), (1.0, 100)])
def test_the_unreachable_share_survives_a_cleanup(share: float, held: int) -> None:
    kept = pipeline(unreachable_share=share)
    for sequence in range(100):
        kept.update(book(sequence % 5))
    kept.clear_growth()
    assert len(kept._unreachable) == pytest.approx(held, abs=1)


def test_vectors_of_the_cache_own_their_memory() -> None:
    kept = pipeline()
    kept.update(book(1))
    kept.update(book(2))
    assert kept._cache[1].vector.base is None
    assert not np.array_equal(kept._cache[1].vector[:64], kept._cache[2].vector[:64])


def test_a_level_limit_forgets_the_levels_that_vanished_first() -> None:
    free, kept = extractor(), OrderBookFeatureExtractor(BookFeatures(), 100, level_limit=5)
    out = np.empty(len(BOOK_FEATURES))
    for sequence in range(30):
        assert free.update(book(sequence), out)[1] == kept.update(book(sequence), out)[1]
    assert len(free.level_ttl_history) > 5
    assert kept.level_ttl_history == free.level_ttl_history[-5:]
