"""Faults of a feed: each does what it says, all together break nothing that is promised, none changes nothing."""

from __future__ import annotations

import dataclasses
import gc
import itertools
import tracemalloc
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthetic.events import Book, Candle, Delta, Event, Reconnect, Trade
from synthetic.faults.kinds import BadFault, Faults
from synthetic.market import MARKET_VERSION, Market
from synthetic.model import window
from synthetic.symbols import instruments

ALL = (Book, Delta, Trade, Candle, Reconnect)
FIVE = instruments(5, seed=7)
NAMES = [instrument.name for instrument in FIVE]
SPAN_S = 300.0
EVERYTHING = Faults(
    price_gaps_per_hour=60,
    bursts_per_hour=60,
    burst_updates=40,
    thinned_books_per_hour=60,
    thinned_book_s=20,
    halts_per_hour=60,
    halt_s=10,
    reconnects_per_hour=120,
    reconnect_s=5,
    deltas_before_snapshot=True,
    misordered_deltas_per_hour=120,
)
GOLDEN = {
    1: "92031fe14d9314cd8ab5e30933221b75cbbdc1d4f734e1b0ca1a18a79e51a119"
}  # market version: a minute of EVERYTHING


def market(faults: Faults | None = EVERYTHING, **options: Any) -> Market:
    return Market(FIVE, **{"seed": 1, "start_ms": 0, "books_per_second": 5.0, "faults": faults, **options})


def stream(faults: Faults | None = EVERYTHING, **options: Any) -> list[Event]:
    return list(market(faults, **options).stream(SPAN_S, ALL))


def same(one: Event, other: Event) -> bool:
    return type(one) is type(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


class Follower:
    """Keeps one symbol's book from its deltas, as an exchange asks it: by sequence, from a snapshot on."""

    def __init__(self) -> None:
        self.waiting: dict[int, Delta] = {}
        self.begin_anew()
        self.compared = 0

    def begin_anew(self) -> None:
        self.sides: tuple[dict[float, float], dict[float, float]] = ({}, {})
        self.next: int | None = None  # the sequence of the delta that is due; of the whole book at first
        self.waiting.clear()

    def take(self, delta: Delta) -> None:
        self.waiting[delta.sequence] = delta

    def compare(self, book: Book) -> None:
        """Where all deltas up to the book have come, they give it exactly."""
        self.next = book.sequence if self.next is None else self.next
        due = range(self.next, book.sequence + 1)
        if any(number not in self.waiting for number in due):
            return
        for number in due:
            delta = self.waiting.pop(number)
            for side, changes in zip(self.sides, (delta.bids, delta.asks), strict=True):
                for price, quantity in changes.tolist():
                    assert side.get(price, 0.0) != quantity
                    if quantity:
                        side[price] = quantity
                    else:
                        del side[price]
        self.next = book.sequence + 1
        assert sorted(self.sides[0].items(), reverse=True) == [tuple(level) for level in book.bids.tolist()]
        assert sorted(self.sides[1].items()) == [tuple(level) for level in book.asks.tolist()]
        self.compared += 1


def check_promises(events: Iterable[Event], depth: int) -> int:
    """What every stream keeps to, whatever its faults; returns how many books were compared with their deltas."""
    followers: dict[str, Follower] = {}
    latest: dict[str, int] = {}
    time_ms = 0
    for event in events:
        assert event.timestamp_ms >= time_ms
        time_ms = event.timestamp_ms
        follower = followers.setdefault(event.symbol, Follower())
        if isinstance(event, Reconnect):
            assert event.reason in ("halt", "disconnect")
            assert latest.get(event.symbol, 0) <= event.since_ms < event.timestamp_ms
            follower.begin_anew()
        elif isinstance(event, Delta):
            follower.take(event)
        elif isinstance(event, Book):
            assert event.bids.shape == event.asks.shape
            assert 1 <= len(event.bids) <= depth
            assert (np.diff(event.bids[:, 0]) < 0).all()
            assert (np.diff(event.asks[:, 0]) > 0).all()
            assert 0 < event.bids[-1, 0] <= event.bids[0, 0] < event.asks[0, 0]
            assert min(event.bids[:, 1].min(), event.asks[:, 1].min()) > 0
            follower.compare(event)
        if not isinstance(event, Candle):
            latest[event.symbol] = event.timestamp_ms
    return sum(follower.compared for follower in followers.values())


@st.composite
def any_faults(draw: st.DrawFn) -> Faults:
    rate = st.sampled_from([0.0, 0.5, 200.0])
    return Faults(
        price_gaps_per_hour=draw(rate),
        price_gap_ticks=draw(st.integers(1, 10_000)),
        bursts_per_hour=draw(rate),
        burst_updates=draw(st.integers(1, 100)),
        thinned_books_per_hour=draw(rate),
        thinned_book_levels=draw(st.integers(1, 60)),
        thinned_book_s=draw(st.floats(0.001, 9)),
        halts_per_hour=draw(rate),
        halt_s=draw(st.floats(0.001, 9)),
        reconnects_per_hour=draw(rate),
        reconnect_s=draw(st.floats(0.001, 9)),
        deltas_before_snapshot=draw(st.booleans()),
        misordered_deltas_per_hour=draw(rate),
    )


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    faults=any_faults(),
    seed=st.integers(0, 2**63),
    depth=st.sampled_from([1, 5, 50]),
    books_per_second=st.sampled_from([0.1, 10.0]),
    cuts=st.lists(st.floats(0, 1), max_size=5),
)
def test_any_faults_keep_the_promises_of_a_stream_however_it_is_cut(faults, seed, depth, books_per_second, cuts):
    options = {"seed": seed, "depth": depth, "books_per_second": books_per_second}
    whole, cut = market(faults, **options), market(faults, **options)
    check_promises(whole.stream(20, ALL), depth)
    for share in sorted(cuts):
        for _ in cut.stream(20 * share, [Book]):
            pass
    for _ in cut.stream(20, [Reconnect]):
        pass
    assert whole.feed_hash() == cut.feed_hash()


def test_nearly_every_book_can_be_followed_with_all_faults():
    events = stream()
    assert check_promises(events, 50) > 0.9 * sum(isinstance(event, Book) for event in events)


def test_the_same_events_come_however_the_stream_is_cut_or_left(monkeypatch):
    events = stream()
    cut = market()
    pieces = itertools.chain.from_iterable(cut.stream(until, ALL) for until in (0.5, 3.001, 17, 60, 60.0005, SPAN_S))
    assert all(same(one, other) for one, other in zip(pieces, events, strict=True))
    left = market()
    for start in range(0, 2000, 7):
        some = list(itertools.islice(left.stream(SPAN_S, ALL), 7))
        assert all(same(one, other) for one, other in zip(some, events[start : start + 7], strict=True))
    monkeypatch.setattr(window, "_UPDATES", 100)
    assert all(same(one, other) for one, other in zip(stream(), events, strict=True))


@pytest.mark.parametrize("kind", ALL)
def test_kinds_that_are_not_asked_for_change_nothing(kind):
    wanted = [event for event in stream() if type(event) is kind]
    made = list(market().stream(SPAN_S, [kind]))
    assert all(same(one, other) for one, other in zip(made, wanted, strict=True))


def test_no_fault_is_the_usual_stream():
    events = stream(None)
    assert not any(isinstance(event, Reconnect) for event in events)
    assert all(same(one, other) for one, other in zip(events, stream(Faults()), strict=True))
    usual, none = market(None), market(Faults(halt_s=1.0))
    for each in (usual, none):
        list(each.stream(20, [Book]))
    assert usual.feed_hash() == none.feed_hash()


def test_golden_with_faults():
    some = market()
    for _ in some.stream(60, [Book]):
        pass
    assert some.feed_hash() == GOLDEN[MARKET_VERSION]


def test_every_kind_of_fault_is_in_the_hash():
    def hashed(**options: Any) -> str:
        some = market(Faults(**options))
        list(some.stream(60, [Book]))
        return some.feed_hash()

    kinds = ("price_gaps", "bursts", "thinned_books", "halts", "reconnects", "misordered_deltas")
    length = {"thinned_book_s": 1.0, "halt_s": 1.0, "reconnect_s": 1.0}
    hashes = [hashed(**length)] + [hashed(**length, **{f"{kind}_per_hour": 120}) for kind in kinds]
    hashes.append(hashed(**length, reconnects_per_hour=120, deltas_before_snapshot=True))
    assert len(set(hashes)) == len(hashes)


def test_a_fault_of_one_symbol_leaves_the_others_alone():
    def of_the_first(count: int) -> list[Event]:
        some = Market(instruments(count, 7), seed=1, start_ms=0, books_per_second=5.0, faults=EVERYTHING)
        return [event for event in some.stream(60, [Reconnect]) if event.symbol == NAMES[0]]

    assert of_the_first(1) == of_the_first(5) != []


@pytest.mark.parametrize("books_per_second", [0.05, 5.0])
def test_reconnects_are_as_many_at_every_rate_of_the_feed(books_per_second):
    faults = Faults(reconnects_per_hour=12)
    some = market(faults, books_per_second=books_per_second)
    found = [event for event in some.stream(5 * 3600, [Reconnect]) if isinstance(event, Reconnect)]
    assert {name: sum(event.symbol == name for event in found) for name in NAMES} == dict.fromkeys(NAMES, 60)
    assert {event.reason for event in found} == {"disconnect"}
    assert all(event.timestamp_ms - event.since_ms in (5000, 5001) for event in found)


def test_a_reconnect_misses_updates_and_begins_with_the_whole_book():
    events = stream(Faults(reconnects_per_hour=60, reconnect_s=10))
    usual = {(e.symbol, e.sequence): e for e in stream(None) if isinstance(e, Book)}
    jumps = 0
    for name in NAMES:
        mine = [event for event in events if event.symbol == name and not isinstance(event, Candle)]
        sequences = [event.sequence for event in mine if isinstance(event, Book)]
        jumps += sum(after - before for before, after in itertools.pairwise(sequences) if after > before + 1)
        for place, event in enumerate(mine):
            if isinstance(event, Reconnect):
                assert not [e for e in mine[:place] if e.timestamp_ms > event.since_ms]
                delta = next(e for e in mine[place:] if isinstance(e, Delta))
                book = next(e for e in mine[place:] if isinstance(e, Book))
                assert delta.timestamp_ms == book.timestamp_ms == event.timestamp_ms
                assert np.array_equal(np.sort(delta.asks[:, 0]), book.asks[:, 0])
    assert jumps > 0.5 * len(usual) / 6
    candles = [event for event in events if isinstance(event, Candle)]
    assert [candle.open_ms for candle in candles if candle.symbol == NAMES[0]] == [0, 60_000, 120_000, 180_000]


def test_a_halt_stops_the_trading_and_not_the_sequence():
    events = stream(Faults(halts_per_hour=60, halt_s=20), candle_s=5)
    marked = [event for event in events if isinstance(event, Reconnect)]
    assert len(marked) == pytest.approx(5 * SPAN_S / 60, abs=5)
    for name in NAMES:
        sequences = [event.sequence for event in events if isinstance(event, Book) and event.symbol == name]
        assert sequences == list(range(1, len(sequences) + 1))
    for halt in marked:
        assert halt.reason == "halt"
        for event in events:
            if event.symbol == halt.symbol and halt.since_ms < event.timestamp_ms < halt.timestamp_ms:
                assert isinstance(event, Candle)
                if event.open_ms >= halt.since_ms:
                    assert (event.volume, event.open) == (0, event.close)


def test_a_gap_moves_the_price_for_good():
    def mids(faults: Faults) -> dict[str, np.ndarray]:
        books = [e for e in market(faults).stream(SPAN_S, [Book]) if isinstance(e, Book)]
        return {
            i.name: np.array([(b.bids[0, 0] + b.asks[0, 0]) / 2 / i.tick for b in books if b.symbol == i.name])
            for i in FIVE
        }

    gaps = mids(Faults(price_gaps_per_hour=60, price_gap_ticks=500))
    for name, usual in mids(Faults()).items():
        assert np.abs(np.diff(usual)).max() < 200
        steps = np.diff(gaps[name])
        assert 4 <= (np.abs(steps) > 300).sum() <= 6
        # 500 ticks up or down at a time, give or take what the price did by itself
        assert np.abs(gaps[name] - gaps[name][0]).max() > 300


def test_a_burst_is_many_updates_in_a_millisecond():
    times = [
        (e.symbol, e.timestamp_ms) for e in stream(Faults(bursts_per_hour=60, burst_updates=150)) if type(e) is Book
    ]
    _, counts = np.unique([f"{name} {time_ms}" for name, time_ms in times], return_counts=True)
    assert (counts >= 150).sum() == pytest.approx(5 * SPAN_S / 60, abs=5)
    assert (counts >= 20).sum() == (counts >= 150).sum()


def test_a_thinned_book_has_few_levels_for_a_while():
    books = [e for e in stream(Faults(thinned_books_per_hour=60, thinned_book_s=15)) if isinstance(e, Book)]
    for name in NAMES:
        thin = np.array([len(book.bids) == len(book.asks) == 3 for book in books if book.symbol == name])
        assert {len(book.bids) for book in books} == {3, 50}
        assert 0.1 < thin.mean() < 0.5
        assert 8 <= np.count_nonzero(np.diff(thin)) <= 11


def test_misordered_deltas_come_in_pairs_of_one_instant():
    deltas = [e for e in stream(Faults(misordered_deltas_per_hour=60)) if isinstance(e, Delta)]
    swapped = 0
    for name in NAMES:
        mine = [delta for delta in deltas if delta.symbol == name]
        assert sorted(delta.sequence for delta in mine) == list(range(1, len(mine) + 1))
        for one, other in itertools.pairwise(mine):
            if other.sequence < one.sequence:
                assert (other.sequence, other.timestamp_ms) == (one.sequence - 1, one.timestamp_ms)
                swapped += 1
    assert swapped == pytest.approx(5 * SPAN_S / 60, abs=5)


def test_a_delta_comes_before_its_snapshot():
    faults = Faults(reconnects_per_hour=60, deltas_before_snapshot=True)
    events = [event for event in stream(faults) if isinstance(event, Delta | Book | Reconnect)]
    for name in NAMES:
        mine = [event for event in events if event.symbol == name]
        places = [place for place, event in enumerate(mine) if isinstance(event, Reconnect)]
        assert places
        for place in places:
            early, snapshot, whole, after = mine[place + 1 : place + 5]
            assert [type(event) for event in (early, snapshot, whole, after)] == [Delta, Book, Delta, Book]
            assert early.sequence == after.sequence == snapshot.sequence + 1 == whole.sequence + 1
            assert np.array_equal(np.sort(whole.asks[:, 0]), snapshot.asks[:, 0])


def test_nothing_grows_with_faults():
    some = market(books_per_second=50.0)
    list(some.stream(1, ALL))

    def held() -> int:
        parts = (some._emission, some._raw._disturbance)
        return sum(array.nbytes for part in parts for array in vars(part).values() if isinstance(array, np.ndarray))

    before = held()
    for _ in some.stream(60, [Book]):
        pass
    assert abs(held() - before) < 10_000


def array_bytes(part: object, seen: set[int]) -> int:
    """Of the arrays of a dataclass, each counted once."""
    if isinstance(part, np.ndarray):
        owner = part if part.base is None else part.base
        fresh = id(owner) not in seen
        seen.add(id(owner))
        return owner.nbytes if fresh else 0
    if dataclasses.is_dataclass(part):
        return sum(array_bytes(getattr(part, field.name), seen) for field in dataclasses.fields(part))
    return 0


def test_memory_does_not_grow_with_the_faults_that_have_been():
    """Beside its window, which is as large as the market is busy, ten times as long a stream holds as much."""
    some = market()

    def held_after(hours: float) -> int:
        for _ in some.stream(3600 * hours, [Book]):
            pass
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - array_bytes(some._window, set())

    tracemalloc.start()
    try:
        early = held_after(0.2)
        late = held_after(2.0)
    finally:
        tracemalloc.stop()
    faults = 1.8 * len(FIVE) * (4 * 60 + 2 * 120)
    assert late - early < 10 * faults  # bytes: less than any object for each; NumPy keeps some small blocks


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"halts_per_hour": 3601}, "halts_per_hour = 3601: must be 0, which is none, or 0.001 to 3600"),
        ({"halts_per_hour": float("nan")}, "halts_per_hour = nan"),
        (
            {"halts_per_hour": 31},
            r"halt_s = 60: must be at most 58\.\d+, half the time between two at halts_per_hour = 31",
        ),
        ({"reconnect_s": 0}, "reconnect_s = 0: must be at least 0.001"),
        ({"price_gap_ticks": 0}, "price_gap_ticks = 0: must be 1 to 10000"),
        ({"burst_updates": 0}, "burst_updates = 0: must be 1 to 100000"),
        ({"thinned_book_levels": 1001}, "thinned_book_levels = 1001: must be 1 to 1000"),
    ],
)
def test_nonsense_is_refused(options, message):
    with pytest.raises(BadFault, match=message):
        Faults(**options)
