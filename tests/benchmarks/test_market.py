"""What a book costs, against symbols, depth, rate and horizon: run with `--benchmark-only`.

Each round makes the same number of books, so that rounds compare; `per_book_us` is the mean in microseconds of a round.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Collection

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from synthetic.events import Book, Candle, Delta, Event, Trade
from synthetic.faults.kinds import Faults
from synthetic.market import Market
from synthetic.recorded.market_file import Recording
from synthetic.recorded.writer import write_recording
from synthetic.symbols import instruments
from tests.unit.synthetic.faults.test_faults import EVERYTHING

BOOKS = 20_000
RECONNECTS = Faults(reconnects_per_hour=12, reconnect_s=10)  # those of the scenario


def measure(
    benchmark: BenchmarkFixture,
    *,
    symbols: int = 50,
    depth: int = 50,
    books_per_second: float = 5.0,
    skipped_s: float = 10.0,
    kinds: Collection[type[Event]] = (Book,),
) -> None:
    market = Market(instruments(symbols, seed=1), seed=1, start_ms=0, depth=depth, books_per_second=books_per_second)
    for _ in market.stream(skipped_s, ()):
        pass

    def make() -> None:
        books = 0
        for event in market.stream(1e9, kinds):
            books += type(event) is Book
            if books == BOOKS:
                return

    benchmark.pedantic(make, rounds=5, warmup_rounds=1)
    if benchmark.stats:
        benchmark.extra_info["per_book_us"] = round(1e6 * benchmark.stats.stats.mean / BOOKS, 2)


@pytest.mark.parametrize("symbols", [1, 10, 50, 500, 2000])
def test_symbols(benchmark, symbols):
    measure(benchmark, symbols=symbols)


@pytest.mark.parametrize("depth", [5, 50, 200])
def test_depth(benchmark, depth):
    measure(benchmark, depth=depth)


@pytest.mark.parametrize("books_per_second", [0.05, 0.5, 5.0, 500.0])
def test_rate(benchmark, books_per_second):
    measure(benchmark, books_per_second=books_per_second, skipped_s=50.0 / books_per_second)


@pytest.mark.parametrize("skipped_s", [10.0, 3600.0])
def test_horizon(benchmark, skipped_s):
    measure(benchmark, skipped_s=skipped_s)


@pytest.mark.parametrize("kinds", [(Book,), (Book, Candle), (Book, Delta), (Book, Delta, Trade, Candle)], ids=repr)
def test_kinds(benchmark, kinds):
    measure(benchmark, kinds=kinds)


@pytest.mark.parametrize("faults", [RECONNECTS, EVERYTHING], ids=["reconnects", "everything"])
def test_faults(benchmark, faults):
    """Books of a feed with faults; `ratio` is to those of the same feed without, made in turn with them."""
    plain, faulty = (
        Market(instruments(50, seed=1), seed=1, start_ms=0, books_per_second=5.0, faults=given)
        for given in (None, faults)
    )
    plain_s: list[float] = []

    def make(market: Market) -> None:
        for _ in itertools.islice(market.stream(1e9, (Book,)), BOOKS):
            pass

    def make_plain() -> None:
        start_s = time.perf_counter()
        make(plain)
        plain_s.append(time.perf_counter() - start_s)

    benchmark.pedantic(lambda: make(faulty), setup=make_plain, rounds=7, warmup_rounds=1)
    if benchmark.stats:
        ratio = benchmark.stats.stats.median / statistics.median(plain_s[1:])
        benchmark.extra_info["ratio"] = round(ratio, 3)


def test_integer_books_without_events(benchmark):
    """The books alone, hashed, as integers: what the market costs before it hands anything out."""
    market = Market(instruments(50, seed=1), seed=1, start_ms=0, books_per_second=5.0)
    until_s = itertools.count(80, 80)  # 80 s of 250 books a second: BOOKS

    def make() -> None:
        for _ in market.stream(next(until_s), ()):
            pass

    benchmark.pedantic(make, rounds=5, warmup_rounds=1)


def test_recorded_books(benchmark, tmp_path):
    """The same books from a Parquet file of deltas and trades, 80 s of them: about BOOKS."""
    listed, path = instruments(50, seed=1), tmp_path / "recorded.parquet"
    stream = Market(listed, seed=1, start_ms=0, books_per_second=5.0).stream(80, (Delta, Trade))
    write_recording(path, stream, instruments=listed, start_ms=0, end_ms=80_000)
    books = benchmark.pedantic(lambda: sum(1 for _ in Recording(path).stream(80, (Book,))), rounds=5, warmup_rounds=1)
    if benchmark.stats:
        benchmark.extra_info["per_book_us"] = round(1e6 * benchmark.stats.stats.mean / books, 2)


def test_first_block(benchmark):
    def make() -> Event:
        market = Market(instruments(50, seed=1), seed=1, start_ms=0, books_per_second=5.0)
        return next(iter(market.stream(1e6, {Book})))

    benchmark.pedantic(make, rounds=5)
