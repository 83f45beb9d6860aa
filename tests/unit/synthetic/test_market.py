"""The stream: what every target relies on, whatever the model behind it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from synthetic.events import Book, Candle, Delta, Event, Trade
from synthetic.instrument import Instrument
from synthetic.market import Market
from synthetic.symbols import instruments

START_MS = 1_700_000_000_000
SPAN_S = 130.0
ALL = (Book, Delta, Trade, Candle)
FIVE = instruments(5, seed=7)


def market(seed: int = 1, start_ms: int = START_MS, books_per_second: float = 10.0, **options: int) -> Market:
    return Market(FIVE, seed=seed, start_ms=start_ms, books_per_second=books_per_second, **options)


def same(one: Event, other: Event) -> bool:
    return type(one) is type(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return list(market().stream(SPAN_S, ALL))


def test_books_are_sorted_and_never_crossed(events):
    for book in (event for event in events if isinstance(event, Book)):
        assert book.bids.shape == book.asks.shape == (50, 2)
        assert (np.diff(book.bids[:, 0]) < 0).all()
        assert (np.diff(book.asks[:, 0]) > 0).all()
        assert book.bids[0, 0] < book.asks[0, 0]


def test_prices_are_ticks_and_quantities_positive_lots(events):
    listed = {instrument.name: instrument for instrument in FIVE}
    for book in (event for event in events if isinstance(event, Book)):
        levels = np.concatenate([book.bids, book.asks])
        steps = levels / [listed[book.symbol].tick, listed[book.symbol].lot]
        assert np.abs(steps - np.rint(steps)).max() < 1e-6
        assert steps.min() > 0.5


def test_a_book_owns_its_memory(events):
    book = next(event for event in events if isinstance(event, Book))
    assert book.bids.base is None
    assert book.asks.base is None
    assert book.bids.flags.writeable
    assert book.bids.dtype == np.float64


def test_few_levels_change_per_update_and_sometimes_most(events):
    sizes = np.array([len(e.bids) + len(e.asks) for e in events if isinstance(e, Delta) and e.sequence > 1])
    assert 4 <= np.median(sizes) <= 25
    assert np.percentile(sizes, 99) > 60


def test_levels_have_gaps(events):
    gaps = np.concatenate([np.diff(e.asks[:, 0]) for e in events if isinstance(e, Book) and e.symbol == FIVE[0].name])
    one_tick = np.isclose(gaps, FIVE[0].tick).mean()
    assert 0.15 < one_tick < 0.8


def test_a_snapshot_and_the_deltas_after_it_give_every_next_snapshot_exactly(events):
    held: dict[str, tuple[dict[float, float], dict[float, float]]] = {}
    for event in events:
        if isinstance(event, Delta):
            for side, changes in zip(held.setdefault(event.symbol, ({}, {})), (event.bids, event.asks), strict=True):
                for price, quantity in changes.tolist():
                    if quantity:
                        side[price] = quantity
                    else:
                        del side[price]
        elif isinstance(event, Book):
            bids, asks = held[event.symbol]
            assert sorted(bids.items(), reverse=True) == [tuple(level) for level in event.bids.tolist()]
            assert sorted(asks.items()) == [tuple(level) for level in event.asks.tolist()]


def test_deltas_hold_no_level_that_did_not_change(events):
    before: dict[str, Book] = {}
    delta: Delta | None = None
    for event in events:
        if isinstance(event, Delta):
            delta = event
        elif isinstance(event, Book):
            assert delta is not None
            if event.symbol in before:
                old = dict(before[event.symbol].asks.tolist())
                assert all(old.get(price, 0) != quantity for price, quantity in delta.asks.tolist())
            before[event.symbol] = event


def test_time_never_goes_back_and_sequences_count(events):
    times = [event.timestamp_ms for event in events]
    assert times == sorted(times)
    assert times[0] >= START_MS
    assert times[-1] < START_MS + 1000 * SPAN_S
    for name in (instrument.name for instrument in FIVE):
        sequences = [e.sequence for e in events if isinstance(e, Book) and e.symbol == name]
        assert sequences == list(range(1, len(sequences) + 1))


def test_candles_are_consecutive_and_made_of_the_streams_trades(events):
    for name in (instrument.name for instrument in FIVE):
        candles = [e for e in events if isinstance(e, Candle) and e.symbol == name]
        trades = [e for e in events if isinstance(e, Trade) and e.symbol == name]
        assert [candle.open_ms for candle in candles] == [START_MS + 60_000 * k for k in range(2)]
        close = None
        for candle in candles:
            assert candle.timestamp_ms == candle.open_ms + 60_000
            inside = [t for t in trades if candle.open_ms <= t.timestamp_ms < candle.timestamp_ms]
            prices = [trade.price for trade in inside] or [close]
            assert (candle.open, candle.close) == (prices[0], prices[-1])
            assert (candle.low, candle.high) == (min(prices), max(prices))
            assert candle.volume == pytest.approx(sum(trade.quantity for trade in inside))
            close = candle.close


def test_a_candle_without_a_trade_is_flat():
    candles = [e for e in market(books_per_second=0.001).stream(3600, [Candle]) if isinstance(e, Candle)]
    flat = [candle for candle in candles if candle.volume == 0]
    assert len(candles) == 5 * 59
    assert flat
    assert all(candle.open == candle.high == candle.low == candle.close for candle in flat)


def test_trades_lie_at_or_near_the_touch(events):
    last: dict[str, Book] = {}
    away = []
    for event in events:
        if isinstance(event, Book):
            last[event.symbol] = event
        elif isinstance(event, Trade) and event.symbol in last:
            book = last[event.symbol]
            assert event.quantity > 0
            side = book.asks if event.side == "buy" else book.bids
            away.append(abs(event.price - side[0, 0]) / abs(side[10, 0] - side[0, 0]))
    assert np.mean(np.array(away) == 0) > 0.8


def test_the_same_seed_gives_the_same_stream_however_it_is_cut(events):
    cut = market()
    pieces = itertools.chain.from_iterable(
        cut.stream(until, ALL) for until in (0.5, 0.5, 3.001, 17, 60, 60.0005, SPAN_S)
    )
    assert all(same(one, other) for one, other in zip(pieces, events, strict=True))
    whole = market()
    list(whole.stream(SPAN_S, ALL))
    assert cut.feed_hash() == whole.feed_hash()


@pytest.mark.parametrize("kinds", [(Book,), (Delta,), (Trade,), (Candle,), (Book, Candle)])
def test_kinds_that_are_not_asked_for_change_nothing(events, kinds):
    some = market()
    made = list(some.stream(SPAN_S, kinds))
    wanted = [event for event in events if isinstance(event, kinds)]
    assert all(same(one, other) for one, other in zip(made, wanted, strict=True))
    whole = market()
    list(whole.stream(SPAN_S, ALL))
    assert some.feed_hash() == whole.feed_hash()


@pytest.mark.parametrize("left_after", [1, 7, 64, 65, 1000])
def test_a_stream_left_early_goes_on_behind_the_last_event(events, left_after):
    left = market()
    first = list(itertools.islice(left.stream(SPAN_S, ALL), left_after))
    rest = list(left.stream(SPAN_S, ALL))
    assert all(same(one, other) for one, other in zip(first + rest, events, strict=True))


def test_a_stream_left_early_skips_what_was_not_asked_for():
    left = market()
    (*_, last) = itertools.islice(left.stream(SPAN_S, [Book]), 500)
    following = next(iter(left.stream(SPAN_S, [Trade, Candle])))
    assert following.timestamp_ms >= last.timestamp_ms


def test_the_hash_depends_on_the_seed_and_not_on_the_start():
    def hashed(**options: int) -> str:
        some = market(**options)
        list(some.stream(20, [Book]))
        return some.feed_hash()

    assert hashed() == hashed(start_ms=0)
    assert hashed() != hashed(seed=2)


def test_the_past_ends_at_the_opening_price_and_at_the_start():
    some = market()
    opening: dict[str, Book] = {}
    for book in some.stream(60, [Book]):
        opening.setdefault(book.symbol, book)
    for instrument in FIVE:
        past = some.past_candles(instrument.name, 200)
        assert past.shape == (200, 6)
        assert (np.diff(past[:, 0]) == 60_000).all()
        assert past[-1, 0] + 60_000 == START_MS
        mid = (opening[instrument.name].bids[0, 0] + opening[instrument.name].asks[0, 0]) / 2
        assert past[-1, 4] == pytest.approx(mid, abs=15 * instrument.tick)
        assert (past[:, 3] <= np.minimum(past[:, 1], past[:, 4])).all()
        assert (past[:, 2] >= np.maximum(past[:, 1], past[:, 4])).all()
        assert np.array_equal(past[1:, 1], past[:-1, 4])
        assert np.array_equal(some.past_candles(instrument.name, 100), past[100:])


def test_symbols_move_together():
    top = instruments(8, seed=3)
    some = Market(top, seed=1, start_ms=0, books_per_second=5.0)
    closes = {instrument.name: [] for instrument in top}
    for candle in some.stream(3601, [Candle]):
        closes[candle.symbol].append(candle.close)
    correlations = np.corrcoef(np.diff(np.log(np.array(list(closes.values())))))
    assert 0.2 < np.median(correlations[np.triu_indices(8, 1)]) < 0.9


@pytest.mark.parametrize("books_per_second", [0.05, 0.5, 5.0, 50.0])
def test_the_feed_has_the_rate_asked_for_and_falls_with_rank(books_per_second):
    fifty = instruments(50, seed=3)
    seconds = 12_000 / books_per_second / 10
    some = Market(fifty, seed=1, start_ms=0, books_per_second=books_per_second)
    counts = dict.fromkeys((instrument.name for instrument in fifty), 0)
    for book in some.stream(seconds, [Book]):
        counts[book.symbol] += 1
    per_symbol = np.array(list(counts.values())) / seconds
    assert per_symbol.mean() == pytest.approx(books_per_second, rel=0.25)
    assert per_symbol[:5].mean() > 4 * per_symbol[-25:].mean()


def test_a_thinner_feed_has_the_same_updates_only_later():
    def sizes(books_per_second: float) -> np.ndarray:
        some = market(books_per_second=books_per_second)
        return np.array([len(d.bids) + len(d.asks) for d in some.stream(2_000 / books_per_second, [Delta])])

    full, thin = sizes(20.0), sizes(2.0)
    assert full.mean() == pytest.approx(thin.mean(), rel=0.1)
    assert abs(np.median(full) - np.median(thin)) <= 1


def test_nothing_grows():
    some = market(books_per_second=100.0)
    list(some.stream(1, ALL))

    def held() -> int:
        return sum(array.nbytes for array in vars(some._emission).values() if isinstance(array, np.ndarray))

    before = held()
    for _ in some.stream(60, [Book]):
        pass
    assert held() == before


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"books_per_second": 0.0}, "books_per_second = 0.0"),
        ({"books_per_second": float("nan")}, "books_per_second = nan"),
        ({"depth": 0}, "depth = 0"),
        ({"candle_s": 0}, "candle_s = 0"),
        ({"instruments": ()}, "at least 1"),
        ({"instruments": (FIVE[0], FIVE[0])}, "there twice"),
        ({"instruments": (Instrument("AUSDT", 0.1, 0.1, 12, 1),)}, "price_ticks = 12"),
    ],
)
def test_nonsense_is_refused(changed, message):
    options = {"instruments": FIVE, "seed": 1, "start_ms": 0, "books_per_second": 1.0} | changed
    with pytest.raises(ValueError, match=message):
        Market(**options)


def test_an_unknown_symbol_has_no_past():
    with pytest.raises(KeyError):
        market().past_candles("NOSUCHUSDT", 10)
