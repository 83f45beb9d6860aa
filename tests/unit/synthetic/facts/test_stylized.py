"""Estimators on series whose facts are known, and the default market against the facts that must hold."""

from __future__ import annotations

import math

import numpy as np
import pytest

from synthetic.events import Book, Delta, Trade
from synthetic.facts import measures
from synthetic.facts.stylized import Fact, combined, facts
from synthetic.facts.tape import record
from synthetic.market import Market
from synthetic.symbols import instruments

RNG = np.random.default_rng(1)


def book(time_ms: int, bid: float = 100.0, ask: float = 101.0, quantity: float = 5.0) -> Book:
    bids = np.array([[bid, quantity], [bid - 1, 2.0], [bid - 3, 2.0]])
    asks = np.array([[ask, 5.0], [ask + 1, 2.0], [ask + 3, 2.0]])
    return Book("AUSDT", time_ms, 1, bids, asks)


def test_hill_finds_the_exponent_of_a_pareto():
    assert measures.hill(RNG.pareto(2.5, 200_000) + 1) == pytest.approx(2.5, rel=0.05)


def test_autocorrelation_of_a_first_order_process():
    series = np.zeros(50_000)
    for at, shock in enumerate(RNG.normal(size=series.size - 1), 1):
        series[at] = 0.6 * series[at - 1] + shock
    assert measures.autocorrelation(series, 1) == pytest.approx(0.6, abs=0.02)
    assert measures.autocorrelation(series, 3) == pytest.approx(0.6**3, abs=0.03)


def test_kurtosis_of_a_normal_and_of_a_laplace():
    assert measures.excess_kurtosis(RNG.normal(size=100_000)) == pytest.approx(0, abs=0.1)
    assert measures.excess_kurtosis(RNG.laplace(size=400_000)) == pytest.approx(3, abs=0.3)


def test_poisson_trades_branch_from_nothing():
    times = np.sort(RNG.uniform(0, 3_600_000, 20_000))
    trades = [Trade("AUSDT", int(t), 100.0, 1.0, "buy") for t in times]
    tape = record([book(0), *trades], start_ms=0, end_ms=3_600_000)
    assert measures.arrival_variation(tape.symbols[0]) == pytest.approx(1, abs=0.05)
    assert measures.branching_ratio(tape.symbols[0], tape) == pytest.approx(0, abs=0.05)


def test_spreads_are_weighted_by_time():
    tape = record([book(0), book(9_000, ask=104.0), book(10_000)], start_ms=0, end_ms=10_000)
    assert measures.spread_ticks(tape.symbols[0], 1.0) == (0.9, 1.0)


def test_unchanged_levels_count_quiet_intervals():
    events = [book(950), book(1_010, quantity=6.0), book(9_990)]
    tape = record(events, start_ms=0, end_ms=10_000)
    assert tape.symbols[0].unchanged.tolist() == [5 / 6]
    assert measures.unchanged_share(tape.symbols[0], tape) == pytest.approx(1 - 3 / 100 * (1 / 6))


def test_a_crossed_book_is_counted():
    tape = record([book(0, bid=102.0)], start_ms=0, end_ms=1_000)
    crossed = next(row for row in facts(tape, {"AUSDT": 1.0}) if row.name.startswith("crossed"))
    assert crossed.value == 1
    assert crossed.holds is False


def test_the_season_is_found_in_a_days_books():
    hours = 12 + 12 * RNG.beta(3, 3, 20_000)  # around 18 UTC
    times = np.sort(np.concatenate([hours, RNG.uniform(0, 24, 60_000)]) * 3_600_000)
    tape = record((book(int(t)) for t in times), start_ms=0, end_ms=86_400_000)
    peak, ratio = measures.season(tape)
    assert peak == pytest.approx(18, abs=0.5)
    assert 1.3 < ratio < 3


def test_what_a_tape_cannot_tell_is_neither_in_nor_out():
    tape = record([book(0)], start_ms=0, end_ms=1_000)
    rows = facts(tape, {"AUSDT": 1.0})
    season = next(row for row in rows if row.name.startswith("season"))
    assert math.isnan(season.value)
    assert season.holds is None


def test_tapes_are_combined_by_their_median():
    def row(value: float) -> Fact:
        return Fact("x", value, 0, 2, must=True)

    assert combined([[row(1.0)], [row(9.0)], [row(2.0)]])[0].value == 2.0
    assert combined([[row(math.nan)], [row(1.5)]])[0].value == 1.5


def test_the_default_market_has_the_facts_that_must_hold():
    listed = instruments(50, seed=2)
    market = Market(listed, seed=2, start_ms=0, books_per_second=5.0)
    tape = record(market.stream(300, {Book, Delta, Trade}), start_ms=0, end_ms=300_000)
    rows = [row for row in facts(tape, {i.name: i.tick for i in listed}) if row.must and not math.isnan(row.value)]
    assert len(rows) >= 10
    # Five minutes are too short for the share of seconds without a move, which follows the volatility of the hour.
    wrong = [row for row in rows if row.holds is False and not row.name.startswith("zero")]
    assert wrong == []
