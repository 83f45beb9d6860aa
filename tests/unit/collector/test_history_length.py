"""Fix 5 halves the histories and expects a "slight reduction in feature quality": how far do the features differ?

The same feed through two pipelines, with the note's histories (100 books, 200 candles) and with half of them. How far a
feature differs is the root of its mean square difference over the samples, as a share of its own standard deviation;
told is the median over the symbols. Whether a model predicts worse with them is not asked: there is none.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.collector.parameters import Parameters
from harness.collector.pipeline import FEATURE_NAMES, MultiSymbolFeaturePipeline
from harness.target import Environment
from synthetic.events import Book, Candle
from synthetic.market import Market
from synthetic.symbols import instruments

START_MS = 1_736_121_600_000
HOURS = 2.0
SAMPLE_MS = 50_000  # ten cycles of 5 s
NEAR = 0.01
"""A feature that differs by less than this share of its spread is the same for any purpose."""


@pytest.fixture(scope="module")
def differences() -> dict[str, float]:
    listed = instruments(4, seed=1)
    market = Market(listed, seed=1, start_ms=START_MS, depth=50, books_per_second=1.0)
    environment = Environment(
        clock=None,  # type: ignore[arg-type]  # no part of a pipeline asks for the time
        data_dir=Path(),
        memory_scale=1.0,
        emit=lambda *_, **__: None,
        symbols=tuple(instrument.name for instrument in listed),
        cycle_s=5.0,
        candle_s=60,
        past_candles=market.past_candles,
    )
    both = [
        MultiSymbolFeaturePipeline(
            Parameters(snapshot_history_size=books, candle_history_size=candles, cache_limit=1, level_limit=1),
            environment,
        )
        for books, candles in ((100, 200), (50, 100))
    ]
    samples: dict[str, list[list[np.ndarray]]] = {symbol: [] for symbol in environment.symbols}
    due_ms = START_MS + 600_000
    for event in market.stream(HOURS * 3600, (Book, Candle)):
        while event.timestamp_ms >= due_ms:
            due_ms += SAMPLE_MS
            for symbol, taken in samples.items():
                taken.append([one.pipelines[symbol].latest.vector.copy() for one in both])
        for one in both:
            (one.on_book if isinstance(event, Book) else one.on_candle)(event)
    shares = []
    for taken in samples.values():
        whole, half = np.array(taken).transpose(1, 0, 2)
        spread = whole.std(axis=0)
        apart = np.sqrt(((half - whole) ** 2).mean(axis=0))
        shares.append(np.divide(apart, spread, out=np.zeros_like(apart), where=spread > 0))
    return dict(zip(FEATURE_NAMES, np.median(shares, axis=0).tolist(), strict=True))


def test_most_features_do_not_feel_half_the_history(differences: dict[str, float]) -> None:
    """All of the book but one, and every indicator whose window is shorter than 100 candles."""
    apart = {name for name, difference in differences.items() if difference > NEAR}
    assert apart == {"obv", "mid_change_history_bps", "rsi_28", "ema_50", "adx_14"}


def test_what_sums_over_the_history_is_another_feature_with_half_of_it(differences: dict[str, float]) -> None:
    """On-balance volume and the change of the mid price over all books kept: neither is slightly reduced."""
    assert differences["mid_change_history_bps"] > 0.5
    assert differences["obv"] > 1


def test_what_fades_over_the_history_differs_by_a_tenth_of_its_spread_or_so(differences: dict[str, float]) -> None:
    assert all(differences[name] < 0.2 for name in ("rsi_28", "ema_50", "adx_14"))
