"""What a target was handed is counted by kind, as it was handed over, and counting keeps nothing."""

from __future__ import annotations

import sys
import tracemalloc
from collections import Counter

import numpy as np
import pytest

from harness.worker import delivered as counting
from harness.worker.delivered import Delivered
from harness.worker.recorder import DELIVERED, SAMPLE
from synthetic.events import Book, Candle, Delta, Event, Reconnect, Trade, size_bytes
from synthetic.faults.kinds import Faults
from synthetic.market import Market
from synthetic.symbols import instruments

LEVELS = np.zeros((50, 2))

EVENTS = (
    Book("A", 1, 1, LEVELS, LEVELS),
    Delta("A", 1, 1, LEVELS[:3], LEVELS[:0]),
    Trade("A", 1, 1.0, 1.0, "buy"),
    Candle("A", 1, 1, 1.0, 1.0, 1.0, 1.0, 1.0),
    Reconnect("A", 1, "halt", 0),
)


def counted(events: list[Event]) -> dict[str, int]:
    """The columns of the load after these events; nothing else in the row may have moved."""
    row = np.zeros(1, SAMPLE)
    delivered = Delivered(row)
    for event in events:
        delivered.add(event)
    ours = [name for columns in DELIVERED.values() for name in columns]
    assert all(row[name][0] == 0 for name in SAMPLE.names or () if name not in ours)
    return {name: int(row[name][0]) for name in ours}


def test_the_size_of_an_event_is_eight_bytes_for_each_field_and_each_number_of_an_array() -> None:
    assert [size_bytes(event) for event in EVENTS] == [8 * 203, 8 * 9, 8 * 5, 8 * 8, 8 * 4]


def test_every_kind_has_its_two_columns() -> None:
    assert set(DELIVERED) == {type(event) for event in EVENTS}
    for event in EVENTS:
        count, size = DELIVERED[type(event)]
        assert {name: value for name, value in counted([event] * 3).items() if value} == {
            count: 3,
            size: 3 * size_bytes(event),
        }


@pytest.mark.parametrize(
    "faults",
    [
        None,
        Faults(
            reconnects_per_hour=20,
            halts_per_hour=10,
            bursts_per_hour=5,
            thinned_books_per_hour=20,
            price_gaps_per_hour=5,
        ),
    ],
)
def test_a_whole_feed_is_counted_and_a_seed_counts_alike(faults: Faults | None) -> None:
    def stream() -> list[Event]:
        market = Market(
            instruments(3, seed=1), seed=1, start_ms=0, books_per_second=2.0, season=True, faults=faults, depth=5
        )
        return list(market.stream(1800.0, {Book, Delta, Trade, Candle, Reconnect}))

    events = stream()
    numbers = Counter(map(type, events))
    load = counted(events)
    for kind, (count, size) in DELIVERED.items():
        assert load[count] == numbers[kind]
        assert load[size] == sum(size_bytes(event) for event in events if type(event) is kind)
    assert (load["delivered_reconnects"] > 0) == (faults is not None)
    assert counted(stream()) == load


def test_books_are_told_apart() -> None:
    delivered = Delivered(np.zeros(1, SAMPLE))
    for event in (*EVENTS, *EVENTS):
        delivered.add(event)
    assert delivered.books == 2


def test_counting_keeps_nothing() -> None:
    row = np.zeros(1, SAMPLE)
    delivered = Delivered(row)
    row["delivered_books"][0] = 2**40  # far above the integers that Python keeps anyway
    for event in EVENTS:
        delivered.add(event)
    tracemalloc.start()
    try:
        before = tracemalloc.take_snapshot()
        for _ in range(1000):
            for event in EVENTS:
                delivered.add(event)
        after = tracemalloc.take_snapshot()
    finally:
        tracemalloc.stop()
    places = {counting.__file__, sys.modules[size_bytes.__module__].__file__}
    kept = [change for change in after.compare_to(before, "filename") if change.traceback[0].filename in places]
    assert sum(change.size_diff for change in kept) == 0
