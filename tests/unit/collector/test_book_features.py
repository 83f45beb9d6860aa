"""Every order-book feature against a plain computation from the book."""

from __future__ import annotations

import numpy as np
import pytest

from harness.collector.book_features import BOOK_FEATURES, DEPTHS, WIDE, BookFeatures
from synthetic.events import Book
from tests.unit.collector.world import book


def computed(of: Book) -> dict[str, float]:
    out = np.full(len(BOOK_FEATURES), np.nan)
    BookFeatures().compute(of.bids, of.asks, out)
    return dict(zip(BOOK_FEATURES, out.tolist(), strict=True))


def plain(of: Book) -> dict[str, float]:
    """The same features, one by one, the long way."""
    bids, asks = of.bids, of.asks
    mid = (bids[0, 0] + asks[0, 0]) / 2
    facts = {
        "best_bid": bids[0, 0],
        "best_ask": asks[0, 0],
        "mid_price": mid,
        "spread": asks[0, 0] - bids[0, 0],
        "spread_bps": (asks[0, 0] - bids[0, 0]) / mid * 1e4,
    }
    for name, side, sign in (("bid", bids, -1), ("ask", asks, 1)):
        price, quantity = side.T
        for n in DEPTHS:
            facts[f"{name}_depth_{n}"] = quantity[:n].sum()
        for n in WIDE:
            facts[f"{name}_notional_{n}"] = (price * quantity)[:n].sum()
            facts[f"{name}_distance_bps_{n}"] = sign * (price[n - 1] - price[0]) / mid * 1e4
            facts[f"{name}_vwap_offset_bps_{n}"] = (np.average(price[:n], weights=quantity[:n]) - mid) / mid * 1e4
        facts[f"{name}_slope_bps"] = sign * np.polyfit(np.arange(50), price, 1)[0] / mid * 1e4
        facts[f"{name}_concentration"] = quantity[:5].sum() / quantity.sum()
        facts[f"largest_{name}_share"] = quantity.max() / quantity.sum()
    for n in DEPTHS:
        b, a = bids[:n, 1].sum(), asks[:n, 1].sum()
        facts[f"imbalance_{n}"] = (b - a) / (b + a)
    for n in WIDE:
        b, a = bids[:n].prod(axis=1).sum(), asks[:n].prod(axis=1).sum()
        facts[f"notional_imbalance_{n}"] = (b - a) / (b + a)
    micro = (bids[0, 1] * asks[0, 0] + asks[0, 1] * bids[0, 0]) / (bids[0, 1] + asks[0, 1])
    facts["microprice_offset_bps"] = (micro - mid) / mid * 1e4
    return facts


@pytest.mark.parametrize("sequence", range(5))
def test_features_agree_with_a_plain_computation(sequence: int) -> None:
    expected = plain(book(sequence))
    assert set(expected) == set(BOOK_FEATURES[:-6])
    found = computed(book(sequence))
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-6, abs=1e-6), name


def test_a_thin_book_has_finite_features_and_its_own_depth() -> None:
    thin = book(1, depth=7)
    found = computed(thin)
    assert all(np.isfinite(found[name]) for name in BOOK_FEATURES[:-6])
    assert found["bid_depth_50"] == pytest.approx(thin.bids[:, 1].sum())


def test_a_deep_book_is_read_to_the_fiftieth_level() -> None:
    deep = book(1, depth=80)
    assert computed(deep)["ask_depth_50"] == pytest.approx(deep.asks[:50, 1].sum())


def test_names_are_unique() -> None:
    assert len(set(BOOK_FEATURES)) == len(BOOK_FEATURES) == 64
