"""Recordings: what is written is read again, and what is wrong with a file is said with its row."""

from __future__ import annotations

import itertools
import os
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthetic.events import Book, Candle, Delta, Event, Reconnect, Trade
from synthetic.faults.kinds import Faults
from synthetic.feed import RecordingError
from synthetic.instrument import Instrument
from synthetic.market import Market
from synthetic.recorded.market_file import Recording
from synthetic.recorded.writer import write_recording
from synthetic.symbols import instruments

START_MS = 1_736_121_600_000
SPAN_S = 65.0
END_MS = START_MS + 65_000
ALL = (Book, Delta, Trade, Candle, Reconnect)
LISTED = instruments(6, seed=4)
HEADER = "kind,symbol,timestamp_ms,sequence,side,price,quantity"
ROWS = """\
instrument,AUSDT,1000,,tick,0.1,
instrument,AUSDT,1000,,lot,,0.5
instrument,AUSDT,1000,,open,10.0,
snapshot,AUSDT,1000,7,bid,9.9,2.0
snapshot,AUSDT,1000,7,bid,9.7,1.0
snapshot,AUSDT,1000,7,ask,10.1,1.5
trade,AUSDT,1500,,buy,10.1,0.5
delta,AUSDT,2000,8,ask,10.1,0
delta,AUSDT,2000,8,ask,10.2,4.0
delta,AUSDT,2500,9,,,
snapshot,AUSDT,3000,12,ask,10.3,1.0
snapshot,AUSDT,3000,12,bid,10.2,1.0
end,,5000,,,,""".splitlines()


def market(depth: int = 20, seed: int = 1, **options: object) -> Market:
    return Market(LISTED, seed=seed, start_ms=START_MS, books_per_second=5.0, depth=depth, **options)


def same(one: Event, other: Event) -> bool:
    return type(one) is type(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def all_same(some: list[Event], others: list[Event]) -> bool:
    return len(some) == len(others) and all(map(same, some, others))


def write_csv(path: Path, rows: list[str], header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recorded minute of a market."""
    path = tmp_path_factory.mktemp("recorded") / "minute.parquet"
    write_recording(path, market().stream(SPAN_S, ALL), instruments=LISTED, start_ms=START_MS, end_ms=END_MS)
    return path


@settings(max_examples=8, deadline=None)
@given(
    suffix=st.sampled_from(["parquet", "csv"]),
    written=st.sampled_from([(Book, Delta, Trade, Candle), (Delta, Trade), (Book, Trade)]),
    depth=st.sampled_from([1, 2, 20, 60]),
    seed=st.integers(0, 2**40),
    cuts=st.lists(st.floats(0, SPAN_S), max_size=4),
)
def test_what_is_written_is_read_again(suffix, written, depth, seed, cuts):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"recorded.{suffix}"
        stream = market(depth, seed).stream(SPAN_S, written)
        write_recording(path, stream, instruments=LISTED, start_ms=START_MS, end_ms=END_MS)
        recording = Recording(path, depth=depth)
        assert recording.instruments == LISTED
        assert (recording.start_ms, recording.end_ms) == (START_MS, END_MS)
        pieces = (recording.stream(until_s, ALL) for until_s in [*sorted(cuts), SPAN_S])
        assert all_same(list(itertools.chain.from_iterable(pieces)), list(market(depth, seed).stream(SPAN_S, ALL)))
        assert recording.gaps == 0


def test_resyncs_are_written_and_read(tmp_path):
    faults = Faults(reconnects_per_hour=120, reconnect_s=3, halts_per_hour=60, halt_s=2, thinned_books_per_hour=60)
    kinds = (Book, Delta, Trade, Reconnect)  # candles hold trades that a disconnect has kept from the recording
    events = list(market(faults=faults).stream(SPAN_S, kinds))
    path = tmp_path / "faults.parquet"
    write_recording(path, events, instruments=LISTED, start_ms=START_MS, end_ms=END_MS)
    read = list(Recording(path, depth=20).stream(SPAN_S, kinds))
    assert sum(type(event) is Reconnect for event in events) > 5
    # How long nothing was sent is not written down: it is the time since the symbol's last row.
    known = [event._replace(since_ms=0) if isinstance(event, Reconnect) else event for event in events]
    assert all_same([e._replace(since_ms=0) if isinstance(e, Reconnect) else e for e in read], known)


def test_kinds_that_are_not_asked_for_and_calls_change_nothing(file):
    whole = list(Recording(file, depth=20).stream(SPAN_S, ALL))
    some = Recording(file, depth=20)
    assert all_same(list(some.stream(SPAN_S, (Trade, Candle))), [e for e in whole if isinstance(e, (Trade, Candle))])
    left = Recording(file, depth=20)
    first = list(itertools.islice(left.stream(SPAN_S, ALL), 100))
    assert all_same(first + list(left.stream(SPAN_S, ALL)), whole)
    assert left.feed_hash() == some.feed_hash()


def test_the_stream_ends_with_the_recording(file):
    recording = Recording(file)
    last = list(recording.stream(1e9, (Book, Candle)))[-1]
    assert last.timestamp_ms <= END_MS
    assert list(recording.stream(2e9, ALL)) == []


def test_the_past_is_flat_at_the_opening_price(file):
    instrument = LISTED[2]
    past = Recording(file).past_candles(instrument.name, 5)
    assert past.shape == (5, 6)
    assert past[-1, 0] + 60_000 == START_MS
    assert past[:, 1:5] == pytest.approx(instrument.price_ticks * instrument.tick)
    assert (past[:, 5] == 0).all()


def test_books_are_no_deeper_than_asked_for(file):
    assert {len(book.bids) for book in Recording(file, depth=3).stream(5, [Book])} == {3}
    assert {len(book.bids) for book in Recording(file, depth=99).stream(5, [Book])} == {20}


def test_a_recording_written_by_hand(tmp_path):
    path = write_csv(tmp_path / "hand.csv", ROWS)
    recording = Recording(path, candle_s=1)
    assert recording.instruments == (Instrument("AUSDT", 0.1, 0.5, 100, 1),)
    events = list(recording.stream(60, ALL))
    books = [event for event in events if isinstance(event, Book)]
    assert [book.sequence for book in books] == [7, 8, 9, 12]
    assert books[1].bids.tolist() == [[9.9, 2.0], [9.7, 1.0]]
    assert books[1].asks.tolist() == [[10.2, 4.0]]
    assert same(books[2], books[1]._replace(sequence=9, timestamp_ms=2500))
    assert books[3].asks.tolist() == [[10.3, 1.0]]
    candles = [event for event in events if isinstance(event, Candle)]
    assert candles[0] == Candle("AUSDT", 2000, 1000, 10.1, 10.1, 10.1, 10.1, 0.5)
    assert [candle.volume for candle in candles] == [0.5, 0, 0, 0]


def test_a_gap_is_marked_and_what_was_known_is_void(tmp_path):
    recording = Recording(write_csv(tmp_path / "gap.csv", ROWS))
    *_, reconnect, delta, _ = recording.stream(60, ALL)
    assert reconnect == Reconnect("AUSDT", 3000, "disconnect", 2500)
    assert delta.bids.tolist() == [[10.2, 1.0]]
    assert recording.gaps == 1


def changed(place: int, row: str | None) -> list[str]:
    return [*ROWS[:place], *([] if row is None else [row]), *ROWS[place + 1 :]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROWS[3:], "row 1: is no instrument row"),
        (changed(1, None), "row 2: AUSDT has no lot row"),
        (changed(0, "instrument,AUSDT,1000,,tick,0,"), "row 1: the tick of AUSDT must be above 0"),
        (changed(2, "instrument,AUSDT,999,,open,10.0,"), "row 3: timestamp_ms is not the start"),
        (changed(6, "trade,BUSDT,1500,,buy,10.1,0.5"), "row 7: its symbol is empty, or no instrument"),
        (changed(6, "quote,AUSDT,1500,,buy,10.1,0.5"), "row 7: its kind is none of instrument, snapshot"),
        (changed(6, "trade,AUSDT,1500,,bid,10.1,0.5"), "row 7: its side is not one of a trade row"),
        (changed(6, "trade,AUSDT,1500,,buy,-10.1,0.5"), "row 7: price = -10.1: must be above 0"),
        (changed(6, "trade,AUSDT,1500,,buy,10.15,0.5"), "row 7: price = 10.15 is no multiple of the tick of AUSDT"),
        (changed(6, "trade,AUSDT,1500,,buy,10.1,0.7"), "row 7: quantity = 0.7 is no multiple of the lot"),
        (changed(6, "trade,AUSDT,1500,,buy,10.1,"), "row 7: quantity = nan: must be above 0"),
        (changed(6, "trade,AUSDT,900,,buy,10.1,0.5"), "row 7: time goes back: timestamp_ms = 900"),
        (changed(6, "trade,AUSDT,,,buy,10.1,0.5"), "row 7: timestamp_ms is empty"),
        (changed(6, "trade,AUSDT,soon,,buy,10.1,0.5"), "row 7: timestamp_ms = 'soon': must be int64"),
        (changed(6, "trade,AUSDT,1500,,buy,10.1"), "row 7 has 6 columns, not 7"),
        (changed(6, "snapshot,AUSDT,1000,7,ask,10.1,1.5"), "row 4: update 7 of AUSDT: two levels have the price 10.1"),
        (changed(8, "delta,AUSDT,2000,8,ask,9.9,4.0"), "row 8: the book of AUSDT is crossed"),
        (changed(8, None), "row 8: the book of AUSDT has no asks"),
        (changed(9, "delta,AUSDT,2500,10,,,"), "row 10: update 10 of AUSDT follows 8: after a gap comes a snapshot"),
        (changed(9, "delta,AUSDT,2500,8,,,"), "row 10: update 8 of AUSDT follows 8: sequences rise"),
        (
            [*ROWS[:9], "reconnect,AUSDT,2500,,halt,,", *ROWS[9:]],
            "row 11: a delta of AUSD",
        ),
        ([*ROWS[:3], ROWS[7], ROWS[-1]], "row 4: a delta of AUSDT before its snapshot"),
        (ROWS[:-1], "is cut off: the last row, 'snapshot,AUSDT,3000,12,bid,10.2,1.0', is no end row"),
        ([*ROWS[:-2], "snapshot,AUSDT,30"], "is cut off: the last row, 'snapshot,AUSDT,30'"),
        ([*ROWS[:-1], ROWS[0], ROWS[-1]], "row 13: instruments come before everything else"),
        ([*ROWS[:-1], "end,,2000,,,,"], "row 13: time goes back"),
        (
            changed(0, "instrument,AUSDT,1000,,tick,1e-300,"),
            "row 1: the tick of AUSDT is 1e-300: must be at least 1e-18",
        ),
        (changed(0, "instrument,AUSDT,1000,,tick,1e300,"), "row 1: the tick of AUSDT is 1e\\+300: must be at least"),
        (changed(1, "instrument,AUSDT,1000,,lot,,1e-300"), "row 2: the lot of AUSDT is 1e-300: must be at least 1e-18"),
        (changed(2, "instrument,AUSDT,1000,,open,1e300,"), "row 3: the open of AUSDT, 1e\\+300, and its tick, 0.1, do"),
        (
            changed(6, "trade,AUSDT,1500,,buy,10.1,1e300"),
            "row 7: quantity = 1e\\+300 is more than 2\\^53 times the lot",
        ),
        ([*ROWS[:-1], "end,,9223372036854775807,,,,"], "row 13: timestamp_ms = 9223372036854775807 is after 2096"),
        ([*ROWS[:-1], "end,,1577000000000,,,,"], "the last row, .*: it covers 18,252 days"),
        ([row.replace("AUSDT", "A" * 300) for row in ROWS], "row 1: symbol = 'AAAA.* ...': must have at most 256"),
        (changed(6, f"trade,{'A' * 200_000},x,,buy,10.1,0.5"), "row 7: is longer than 131,072 characters"),
        (changed(6, f"trade,{'A' * 100_000},x,,buy,10.1,0.5"), "row 7: timestamp_ms = 'x': must be int64"),
        (changed(6, f"trade,AUSDT,{'9' * 1000},,buy,10.1,0.5"), "row 7: timestamp_ms = '9{60} ...': must be int64"),
        ([*ROWS[:-1], f"end,,{'9' * 1000},,,,"], "row 13: timestamp_ms = '9{60} ...': must be int64"),
        (
            changed(12, "\x1b[31mend,,5000,,,,"),
            r"is cut off: the last row, '\\x1b\[31mend.*, is no end row but '\\x1b\[31m",
        ),
        (
            [row.replace(",1000,", ",4000000000001,") for row in ROWS[:6]] + ["end,,4000000005000,,,,"],
            "row 1: timestamp_ms = 4000000000001 is after 2096",
        ),
    ],
)
def test_what_is_wrong_is_said_with_file_and_row(tmp_path, rows, message):
    path = write_csv(tmp_path / "wrong.csv", rows)
    with pytest.raises(RecordingError, match=message) as raised:
        list(Recording(path).stream(60, ALL))
    assert str(raised.value).startswith(f"{path}: ")
    assert "\n" not in str(raised.value)


def test_rows_behind_the_end_are_refused(tmp_path):
    path = write_csv(tmp_path / "twice.csv", [*ROWS, ROWS[-1]])
    with pytest.raises(RecordingError, match="row 14: there are rows behind the end row"):
        list(Recording(path).stream(60, ALL))


def test_files_that_are_no_recordings(tmp_path, file):
    with pytest.raises(RecordingError, match=r"gone\.csv: cannot be read: No such file"):
        Recording(tmp_path / "gone.csv")
    with pytest.raises(RecordingError, match=r"a recording is a \.parquet or a \.csv file"):
        Recording(write_csv(tmp_path / "rows.txt", ROWS))
    with pytest.raises(RecordingError, match="column quantity is missing; there are kind, symbol"):
        Recording(write_csv(tmp_path / "six.csv", ROWS, HEADER.replace("quantity", "amount")))
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(file.read_bytes()[:-500])
    with pytest.raises(RecordingError, match="is no Parquet file, or its end is missing"):
        Recording(cut)
    table = pq.read_table(file)
    pq.write_table(table.slice(0, 100), cut)
    with pytest.raises(RecordingError, match="is cut off: row 100, is no end row but snapshot"):
        Recording(cut)
    pq.write_table(table.set_column(5, "price", pa.array(["1"] * table.num_rows)), cut)
    with pytest.raises(RecordingError, match="column price is string, not double"):
        Recording(cut)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "column kind is missing; there are no column"),
        (b"\0" * 5000, "is no CSV file: its first line has a zero byte"),
        (b"x" * 200_000, "is no CSV file: its first line is longer than 131,072 bytes"),
        (b"\xff\xfe\x1b[31mkind,symbol\n", r"column kind is missing; there are '.*\\x1b\[31mkind', symbol; needed"),
        (HEADER.encode() + b",price\n", "column price is there 2 times"),
        ("\r".join([HEADER, *ROWS[:-1], '"end']).encode(), "row 13 has 1 columns, not 7"),
    ],
)
def test_what_is_no_text_or_no_table_is_said_in_a_short_line(tmp_path, content, message):
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=message) as raised:
        Recording(path)
    told = str(raised.value).removeprefix(str(path))
    assert told.isprintable()
    assert len(told) < 400


def table_of(**columns: object) -> pa.Table:
    """The rows of a recording with other columns in place of some; None leaves one out."""
    cells = [row.split(",") for row in ROWS]
    known: dict[str, object] = {
        name: [cell[place] or None for cell in cells] for place, name in enumerate(HEADER.split(","))
    }
    for name, kind in (("timestamp_ms", int), ("sequence", int), ("price", float), ("quantity", float)):
        known[name] = [None if cell is None else kind(cell) for cell in known[name]]
    return pa.table({name: column for name, column in (known | columns).items() if column is not None})


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (table_of(side=None), "column side is missing; there are kind, symbol"),
        (
            table_of(timestamp_ms=pa.array([1000] * 13, pa.timestamp("ms"))),
            r"column timestamp_ms is timestamp\[ms\], not int64",
        ),
        (table_of(side=[["bid"]] * 13), "column side is list<.*>, not string"),
        (table_of(side=pa.nulls(13)), "column side is null, not string"),
        (table_of(kind=[b"end"] * 13), "column kind is binary, not string"),
        (table_of().append_column("price", pa.array([1.0] * 13)), "column price is there 2 times"),
        (table_of(timestamp_ms=pa.array([2**64 - 1] * 13, pa.uint64())), "is damaged behind row 0: Integer value"),
        (table_of().slice(0, 0), "has no rows"),
        (table_of(symbol=["A" * 9_000_000] + ["A"] * 12), "rows 1 to 13: symbol takes 9 MB: words have at most 256"),
    ],
)
def test_parquet_of_other_columns_is_refused_before_it_is_read(tmp_path, table, message):
    path = tmp_path / "odd.parquet"
    pq.write_table(table, path)
    with pytest.raises(RecordingError, match=message):
        list(Recording(path).stream(60, ALL))


@pytest.mark.parametrize("name", ["pipe.csv", "pipe.parquet"])
def test_a_pipe_that_nobody_writes_to_and_a_device_without_end_are_refused(tmp_path, name):
    os.mkfifo(tmp_path / name)
    (tmp_path / f"zero.{name}").symlink_to("/dev/zero")
    for path in (tmp_path / name, tmp_path / f"zero.{name}"):
        with pytest.raises(RecordingError, match="is a pipe or a device, not a file"):
            Recording(path)


def test_a_row_of_any_length_is_refused_in_little_memory(tmp_path):
    path = tmp_path / "long.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("\n".join([HEADER, *ROWS[:6]]) + "\ntrade,")
        for _ in range(64):
            file.write("A" * (1 << 20))
        file.write("\n" + ROWS[-1] + "\n")
    tracemalloc.start()
    with pytest.raises(RecordingError, match="row 7: is longer than 131,072 characters"):
        Recording(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_other_columns_and_types_that_hold_the_same_are_fine(tmp_path, file):
    table = pq.read_table(file).append_column("note", pa.array(["x"] * pq.read_metadata(file).num_rows))
    table = table.set_column(1, "symbol", table["symbol"].dictionary_encode())
    path = tmp_path / "other.parquet"
    pq.write_table(table, path, row_group_size=777)
    assert all_same(list(Recording(path).stream(20, ALL)), list(Recording(file).stream(20, ALL)))


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_the_size_of_the_pieces_it_is_read_in_changes_nothing(tmp_path, monkeypatch, suffix):
    path = tmp_path / f"recorded.{suffix}"
    write_recording(path, market().stream(10, ALL), instruments=LISTED, start_ms=START_MS, end_ms=END_MS)
    usual = Recording(path, depth=20)
    events = list(usual.stream(10, ALL))
    monkeypatch.setattr("synthetic.recorded.batches._BATCH_ROWS", 7)
    monkeypatch.setattr("synthetic.recorded.batches._BLOCK_BYTES", 700)
    small = Recording(path, depth=20)
    assert all_same(list(small.stream(10, ALL)), events)
    assert small.feed_hash() == usual.feed_hash()


def test_what_cannot_be_recorded_is_refused(tmp_path):
    books = list(market().stream(2, [Book]))

    def write(events: list[Event], name: str = "x.csv", end_ms: int = END_MS) -> None:
        write_recording(tmp_path / name, events, instruments=LISTED, start_ms=START_MS, end_ms=end_ms)

    with pytest.raises(ValueError, match="time goes back"):
        write(books[::-1])
    with pytest.raises(ValueError, match="is no instrument of the recording"):
        write([books[0]._replace(symbol="XUSDT")])
    with pytest.raises(ValueError, match="comes after 9"):
        write([Delta(*books[0]._replace(sequence=9)), Delta(*books[0])])
    with pytest.raises(ValueError, match="the last event is at"):
        write(books, end_ms=START_MS)
    with pytest.raises(ValueError, match=r"a \.parquet or a \.csv file"):
        write(books, "x.json")
