"""The feature pipeline: per symbol, the two extractors and the cache of every feature vector with its snapshot."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.collector.book_features import BOOK_FEATURES, BookFeatures
from harness.collector.indicators import CANDLE_FEATURES, INDICATOR_FEATURES, IndicatorFeatureExtractor
from harness.collector.orderbook import LevelLifetime, OrderBookFeatureExtractor, OrderBookSnapshot
from harness.collector.parameters import Parameters
from harness.target import Environment
from synthetic.events import Book, Candle, Reconnect

FEATURE_NAMES: tuple[str, ...] = BOOK_FEATURES + CANDLE_FEATURES + INDICATOR_FEATURES
"""The note's 112 features."""


class CachedFeatures(NamedTuple):
    """What the pipeline remembers of one update: the (112,) feature vector and the book that it was made from."""

    vector: NDArray[np.float64]
    snapshot: OrderBookSnapshot


class FeaturePipeline:
    """One symbol's features. `_cache` grows with every book until a cleanup clears it.

    Of the cached entries, the share `unreachable_share` is held a second time where no cleanup looks: the reading of
    the note in which its cleanup misses something.
    """

    def __init__(
        self,
        orderbook_extractor: OrderBookFeatureExtractor,
        indicator_extractor: IndicatorFeatureExtractor,
        *,
        cache_limit: int | None,
        unreachable_share: float,
    ) -> None:
        self.orderbook_extractor = orderbook_extractor
        self.indicator_extractor = indicator_extractor
        self.latest: CachedFeatures | None = None
        self._cache: dict[int, CachedFeatures] = {}
        self._cache_limit = cache_limit
        self._unreachable: list[CachedFeatures] = []
        self._unreachable_share = unreachable_share
        self._unreachable_due = 0.0

    def update(self, book: Book) -> list[LevelLifetime]:
        """Keep the features of `book`; return the levels that vanished with it."""
        vector = np.empty(len(FEATURE_NAMES))
        snapshot, vanished = self.orderbook_extractor.update(book, vector[: len(BOOK_FEATURES)])
        vector[len(BOOK_FEATURES) :] = self.indicator_extractor.features
        entry = CachedFeatures(vector, snapshot)
        self.latest = entry
        cache = self._cache
        cache[book.sequence] = entry
        if self._cache_limit is not None and len(cache) > self._cache_limit:
            del cache[next(iter(cache))]
        if self._unreachable_share:
            self._unreachable_due += self._unreachable_share
            if self._unreachable_due >= 1:
                self._unreachable_due -= 1
                self._unreachable.append(entry)
        return vanished

    def clear_growth(self) -> None:
        """Clear what the periodic cleanup can reach: the cache and the vanished levels. Histories stay."""
        self._cache.clear()
        self.orderbook_extractor.level_ttl_history.clear()

    def clear_all(self) -> None:
        """Clear what stop() clears with Fix 4: the growth and both histories."""
        self.clear_growth()
        self.orderbook_extractor.snapshot_history.clear()
        self.indicator_extractor.candle_history.clear()


class MultiSymbolFeaturePipeline:
    """`pipelines`: one FeaturePipeline a symbol, pre-filled with the market's past candles.

    A symbol whose feed starts over gets a new one. Without `clear_on_reconnect` the old one stays in `retired`, with
    all that it holds, where no cleanup looks: what bots do that add an object for each connection and forget the last.
    """

    def __init__(self, params: Parameters, environment: Environment) -> None:
        self._features = BookFeatures()
        self._params = params
        self.pipelines = {
            symbol: self._make(
                IndicatorFeatureExtractor(
                    environment.past_candles(symbol, params.candle_history_size), params.candle_history_size
                )
            )
            for symbol in environment.symbols
        }
        self.retired: list[FeaturePipeline] = []

    def _make(self, indicator_extractor: IndicatorFeatureExtractor) -> FeaturePipeline:
        return FeaturePipeline(
            OrderBookFeatureExtractor(self._features, self._params.snapshot_history_size, self._params.level_limit),
            indicator_extractor,
            cache_limit=self._params.cache_limit,
            unreachable_share=self._params.unreachable_share,
        )

    def on_reconnect(self, reconnect: Reconnect) -> None:
        """Start a symbol's books over. Its candles come from another channel and continue."""
        old = self.pipelines[reconnect.symbol]
        self.pipelines[reconnect.symbol] = self._make(old.indicator_extractor)
        if not self._params.clear_on_reconnect:
            self.retired.append(old)

    def on_book(self, book: Book) -> list[LevelLifetime]:
        """Keep the features of one book; return the levels that vanished with it."""
        return self.pipelines[book.symbol].update(book)

    def on_candle(self, candle: Candle) -> None:
        """Renew the indicators of the symbol whose candle closed."""
        self.pipelines[candle.symbol].indicator_extractor.update(candle)
