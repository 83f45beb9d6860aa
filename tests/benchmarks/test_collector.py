"""The reference collector per book: its features must cost no more than building and keeping the book itself."""

from __future__ import annotations

import gc
import time
from typing import Any

import numpy as np
import pytest

from harness.collector.book_features import BOOK_FEATURES, BookFeatures
from harness.collector.orderbook import OrderBookFeatureExtractor, OrderBookSnapshot
from synthetic.events import Book
from synthetic.market import Market
from synthetic.symbols import instruments

BOOKS = 5000


def books() -> list[Book]:
    market = Market(instruments(10, 1), seed=1, start_ms=0, books_per_second=5.0)
    made = []
    for book in market.stream(1e9, (Book,)):
        made.append(book)
        if len(made) == BOOKS:
            break
    return made


def build(book: Book) -> OrderBookSnapshot:
    """Building a book as the bot keeps it, and nothing else."""
    sides = [list(zip(*side.T.tolist(), strict=True)) for side in (book.bids, book.asks)]
    return OrderBookSnapshot(book.symbol, book.timestamp_ms, *sides)


def test_update(benchmark: Any) -> None:
    feed, out = books(), np.empty(len(BOOK_FEATURES))

    def update() -> None:
        extractor = OrderBookFeatureExtractor(BookFeatures(), 100)
        for book in feed:
            extractor.update(book, out)

    benchmark.pedantic(update, rounds=5)
    benchmark.extra_info["us_per_book"] = benchmark.stats["median"] / BOOKS * 1e6


def test_features_against_building_and_keeping_the_book(benchmark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    feed, out, features = books(), np.empty(len(BOOK_FEATURES)), BookFeatures()
    ratios = []

    def pair() -> None:
        gc.collect()
        began = time.perf_counter()
        kept = [build(book) for book in feed]
        built = time.perf_counter()
        for book in feed:
            features.compute(book.bids, book.asks, out)
        ratios.append((time.perf_counter() - built) / (built - began))
        assert len(kept) == BOOKS

    benchmark.pedantic(pair, rounds=7)
    benchmark.extra_info["features_over_building"] = [round(ratio, 2) for ratio in ratios]
    with capsys.disabled():
        print(f"\nfeatures / building and keeping the book: {min(ratios):.2f} to {max(ratios):.2f}")
