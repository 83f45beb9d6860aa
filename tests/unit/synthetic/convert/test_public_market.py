"""Public formats: the market that is written in one comes back; what is wrong is said with its row."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from synthetic.convert.hftbacktest_files import HftbacktestFile
from synthetic.convert.public_groups import in_time_order
from synthetic.convert.public_market import Converted, convert
from synthetic.convert.public_rows import SourceError
from synthetic.convert.public_survey import Steps
from synthetic.convert.tardis_files import TardisFile
from synthetic.events import Book, Delta, Event, Reconnect, Trade
from synthetic.faults.kinds import Faults
from synthetic.instrument import Instrument
from synthetic.market import Market
from synthetic.recorded.market_file import Recording
from synthetic.symbols import instruments
from tests.unit.synthetic.convert.public_formats import (
    ADD_ORDER,
    BBO,
    BOOK_HEADER,
    BOOK_ROWS,
    BUY,
    CLEAR,
    DEPTH,
    EVENT,
    EXCHANGE,
    SELL,
    SNAPSHOT,
    TRADE,
    TRADE_ROWS,
    TRADES_HEADER,
    write_csv,
    write_hand_made,
    write_hftbacktest,
    write_npz,
    write_tardis,
)

START_MS = 1_736_121_600_000
START_US = 1000 * START_MS
SPAN_S = 40.0
ALL = (Book, Delta, Trade, Reconnect)
LISTED = instruments(4, seed=4)
FAULTS = Faults(reconnects_per_hour=180, reconnect_s=3, halts_per_hour=90, halt_s=2, thinned_books_per_hour=60)
DATA = Path(__file__).parent / "data"

Write = Callable[[Path, Iterable[Event]], list[Path]]
FORMATS = pytest.mark.parametrize(
    ("write", "opened"),
    [(write_tardis, TardisFile), (write_hftbacktest, HftbacktestFile)],
    ids=["tardis", "hftbacktest"],
)


def market() -> Market:
    return Market(LISTED, seed=1, start_ms=START_MS, books_per_second=5.0, depth=20, faults=FAULTS)


def read(path: Path) -> list[Event]:
    return list(Recording(path, depth=20).stream(1e9, ALL))


def described(events: Iterable[Event]) -> list[tuple[object, ...]]:
    """Events without what a public format does not say: sequences, updates that change nothing, why a symbol begins
    again, and when it does but for the snapshot that comes then."""
    told: list[tuple[object, ...]] = []
    skipped: set[tuple[str, int]] = set()
    again: set[str] = set()
    for event in events:
        if isinstance(event, Delta):
            if not len(event.bids) and not len(event.asks):
                skipped.add((event.symbol, event.sequence))
                continue
            if event.symbol in again:
                again.discard(event.symbol)
                told.append(("reconnect", event.symbol, event.timestamp_ms))
            told.append(("delta", event.symbol, event.timestamp_ms, event.bids.tolist(), event.asks.tolist()))
        elif isinstance(event, Book):
            if (event.symbol, event.sequence) not in skipped:
                told.append(("book", event.symbol, event.timestamp_ms, event.bids.tolist(), event.asks.tolist()))
        elif isinstance(event, Reconnect):
            again.add(event.symbol)
        else:
            told.append(tuple(event))
    return told


def made_of(tmp_path: Path, *rows: str) -> list[str]:
    """What is written of some rows of a book, in words."""
    path = write_csv(tmp_path / "made.csv", BOOK_HEADER, rows)
    convert([TardisFile(path)], tmp_path / "made.parquet", repair=True)
    return told_of(tmp_path / "made.parquet")


def told_of(path: Path) -> list[str]:
    return [
        f"{type(event).__name__} {event.bids.tolist()} {event.asks.tolist()}"
        if isinstance(event, Book)
        else "Reconnect"
        for event in Recording(path).stream(1e9, (Book, Reconnect))
    ]


def level(time_us: int, words: str) -> str:
    """A row of a book: 1.5 s after the start, "true,bid,9.9,2"."""
    return f"x,AUSDT,{START_US + time_us},{START_US + time_us},{words}"


FIRST = [level(0, "true,bid,9.9,2"), level(0, "true,ask,10.1,1")]


@FORMATS
def test_a_market_with_faults_comes_back(tmp_path: Path, write: Write, opened: type) -> None:
    events = list(market().stream(SPAN_S, ALL))
    first_of = {event.symbol: place for place, event in reversed(list(enumerate(events))) if isinstance(event, Delta)}
    known = [event for place, event in enumerate(events) if place >= first_of[event.symbol]]
    assert sum(isinstance(event, Reconnect) for event in known) > 5
    out = tmp_path / "back.parquet"
    converted = convert([opened(path) for path in write(tmp_path, events)], out)
    assert described(read(out)) == described(known)
    assert sum(counts["trades"] for counts in converted.counts) == sum(isinstance(event, Trade) for event in known)
    assert sum(counts["reconnects"] for counts in converted.counts) == sum(isinstance(e, Reconnect) for e in known)
    by_name = {listed.name: listed for listed in LISTED}
    for made in converted.instruments:
        assert made.tick == by_name[made.name].tick
        assert made.lot == by_name[made.name].lot


def test_the_most_active_instrument_comes_first(tmp_path: Path) -> None:
    events = list(market().stream(SPAN_S, ALL))
    convert([TardisFile(path) for path in write_tardis(tmp_path, events)], tmp_path / "a.parquet")
    changing = [event.symbol for event in events if isinstance(event, Delta) and len(event.bids) + len(event.asks)]
    ranked = sorted(set(changing), key=changing.count, reverse=True)
    assert [instrument.name for instrument in Recording(tmp_path / "a.parquet").instruments] == ranked


@FORMATS
def test_the_size_of_the_pieces_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Write, opened: type
) -> None:
    paths = write(tmp_path, list(market().stream(5.0, ALL)))
    for out in ("usual.csv", "small.csv"):
        convert([opened(path) for path in paths], tmp_path / out)
        monkeypatch.setattr("synthetic.convert.tardis_files._BLOCK_BYTES", 700)
        monkeypatch.setattr("synthetic.convert.hftbacktest_files.ROWS_AT_ONCE", 7)
    assert (tmp_path / "usual.csv").read_bytes() == (tmp_path / "small.csv").read_bytes()


def test_the_order_of_the_files_and_where_they_are_cut_change_nothing(tmp_path: Path) -> None:
    for out, cuts in (("one.csv", [0, 13]), ("many.csv", [0, 1, 5, 7, 12, 13])):
        books = [
            TardisFile(write_csv(tmp_path / f"{start}.csv.gz", BOOK_HEADER, BOOK_ROWS[start:stop]))
            for start, stop in itertools.pairwise(cuts)
        ]
        trades = TardisFile(write_csv(tmp_path / "trades.csv", TRADES_HEADER, TRADE_ROWS))
        convert([*reversed(books), trades], tmp_path / out)
    assert (tmp_path / "one.csv").read_text() == (tmp_path / "many.csv").read_text()


def test_a_converter_of_hftbacktest_and_ours_agree(tmp_path: Path) -> None:
    ours = convert([TardisFile(path) for path in write_hand_made(tmp_path)], tmp_path / "ours.csv")
    theirs = convert([HftbacktestFile(DATA / "AUSDT_hftbacktest-2.4.4.npz")], tmp_path / "theirs.csv")
    assert (tmp_path / "ours.csv").read_text() == (tmp_path / "theirs.csv").read_text()
    assert theirs == ours
    assert ours == Converted(
        (Instrument("AUSDT", 0.1, 0.5, 100, 1),),
        ({"updates": 5, "trades": 2, "reconnects": 1},),
        1714521600001,
        1714521602101,
        {"book updates before the first snapshot": 1, "trades of an unknown side": 1},
    )
    books = [event for event in read(tmp_path / "ours.csv") if isinstance(event, Book)]
    assert books[1].asks.tolist() == [[10.2, 4.0], [10.4, 3.0]]
    assert books[3].bids.tolist() == [[10.2, 1.0], [9.6, 1.0]]


def test_an_initial_snapshot_of_hftbacktest_comes_before_its_updates(tmp_path: Path) -> None:
    later = write_npz(
        tmp_path / "AUSDT_2.npz",
        [
            (DEPTH | BUY, START_US, 10.2, 2.0),
            (TRADE | SELL, START_US + 1, 10.2, 0.5),
            (BBO | BUY, START_US + 2, 10.2, 2.0),
        ],
    )
    snapshot = HftbacktestFile(DATA / "AUSDT_snapshot-of-hftbacktest-2.4.4.npz")
    converted = convert([HftbacktestFile(later), snapshot], tmp_path / "a.parquet")
    first, second = (event for event in read(tmp_path / "a.parquet") if isinstance(event, Book))
    assert first.bids.tolist() == [[10.2, 1.5], [9.6, 1.0]]
    assert second.bids.tolist() == [[10.2, 2.0], [9.6, 1.0]]
    assert first.timestamp_ms == second.timestamp_ms == START_MS
    assert converted.left_out == {"events of other kinds than levels and trades": 1}


def test_a_clear_takes_the_levels_up_to_its_price(tmp_path: Path) -> None:
    path = write_npz(
        tmp_path / "AUSDT.npz",
        [
            *[(SNAPSHOT | BUY, START_US, price, 1.0) for price in (9.9, 9.8, 9.7)],
            *[(SNAPSHOT | SELL, START_US, price, 1.0) for price in (10.1, 10.3)],
            (CLEAR | BUY, START_US + 1, 9.8 + 1e-15, 0.0),
            (SNAPSHOT | BUY, START_US + 1, 9.8, 3.0),
            (CLEAR | SELL, START_US + 1, 10.2, 0.0),
            (SNAPSHOT | SELL, START_US + 1, 10.2, 2.0),
        ],
    )
    convert([HftbacktestFile(path)], tmp_path / "a.parquet")
    assert told_of(tmp_path / "a.parquet")[1:] == [
        "Reconnect",
        "Book [[9.8, 3.0], [9.7, 1.0]] [[10.2, 2.0], [10.3, 1.0]]",
    ]


def test_only_what_the_receiver_saw_is_read(tmp_path: Path) -> None:
    events = np.load(
        write_npz(
            tmp_path / "AUSDT.npz", [(SNAPSHOT | BUY, START_US, 9.9, 1.0), (SNAPSHOT | SELL, START_US, 10.1, 1.0)]
        )
    )
    unseen = np.array([(EXCHANGE | TRADE | BUY, 1000 * START_US, 5, 10.0, 1.0, 0, 0, 0.0)], dtype=EVENT)
    np.savez(tmp_path / "AUSDT_2.npz", data=np.concatenate([unseen, events["data"]]))
    assert convert([HftbacktestFile(tmp_path / "AUSDT_2.npz")], tmp_path / "a.csv").counts[0] == {"updates": 1}
    np.savez(tmp_path / "AUSDT_3.npz", data=unseen)
    with pytest.raises(SourceError, match="no event of its 1 is a book's or a trade and flagged LOCAL_EVENT"):
        convert([HftbacktestFile(tmp_path / "AUSDT_3.npz")], tmp_path / "a.csv")


def test_a_file_that_begins_with_the_book_that_is_known_is_no_reconnect(tmp_path: Path) -> None:
    again = [row.replace(str(START_US), str(START_US + 10**6)) for row in FIRST]
    one, other = [*FIRST, level(5, "false,bid,9.9,2")], [*again, level(10**6 + 5, "false,bid,9.9,2")]
    days = [write_csv(tmp_path / f"{day}.csv", BOOK_HEADER, rows) for day, rows in (("one", one), ("other", other))]
    converted = convert([TardisFile(path) for path in days], tmp_path / "a.parquet")
    assert converted.counts[0] == {"updates": 3}
    assert converted.left_out == {"snapshots that repeat what is known": 1}
    whole = write_csv(tmp_path / "whole.csv", BOOK_HEADER, [*one, *other])
    assert convert([TardisFile(whole)], tmp_path / "a.parquet").counts[0] == {"updates": 4, "reconnects": 1}


def test_a_snapshot_in_several_messages_is_sent_when_it_has_both_sides(tmp_path: Path) -> None:
    rows = [level(0, "true,bid,9.9,2"), level(7, "true,ask,10.1,1"), level(9, "true,ask,10.2,1")]
    assert made_of(tmp_path, *rows) == [
        "Book [[9.9, 2.0]] [[10.1, 1.0]]",
        "Book [[9.9, 2.0]] [[10.1, 1.0], [10.2, 1.0]]",
    ]


def test_the_last_row_of_a_level_in_a_message_counts(tmp_path: Path) -> None:
    rows = [*FIRST, level(9, "false,ask,10.1,0"), level(9, "false,ask,10.2,1"), level(9, "false,ask,10.1,4")]
    assert made_of(tmp_path, *rows)[1:] == ["Book [[9.9, 2.0]] [[10.1, 4.0], [10.2, 1.0]]"]


@pytest.mark.parametrize(
    ("crossing", "book"),
    [
        (["false,bid,10.1,5"], "Book [[10.1, 5.0], [9.9, 2.0], [9.8, 1.0]] [[10.3, 1.0]]"),
        (["false,bid,10.2,5", "false,ask,10.3,7"], "Book [[10.2, 5.0], [9.9, 2.0], [9.8, 1.0]] [[10.3, 7.0]]"),
        (["false,ask,9.9,5"], "Book [[9.8, 1.0]] [[9.9, 5.0], [10.1, 1.0], [10.3, 1.0]]"),
        (
            ["false,bid,10.1,5", "false,ask,10.0,5"],
            "Book [[9.9, 2.0], [9.8, 1.0]] [[10.0, 5.0], [10.1, 1.0], [10.3, 1.0]]",
        ),
    ],
)
def test_of_a_crossed_book_the_older_levels_go(tmp_path: Path, crossing: list[str], book: str) -> None:
    first = [*FIRST, level(0, "true,bid,9.8,1"), level(0, "true,ask,10.3,1")]
    assert made_of(tmp_path, *first, *[level(9, words) for words in crossing])[1:] == [book]
    with pytest.raises(
        SourceError, match=rf"made\.csv: row {4 + len(crossing)}: the book of AUSDT is crossed: its best"
    ):
        convert([TardisFile(tmp_path / "made.csv")], tmp_path / "a.parquet")


def test_a_book_without_a_side_is_void_until_it_has_both(tmp_path: Path) -> None:
    rows = [*FIRST, level(1, "false,bid,9.9,0"), level(2, "false,ask,10.1,7"), level(3, "false,bid,9.8,1")]
    assert made_of(tmp_path, *rows)[1:] == ["Reconnect", "Book [[9.8, 1.0]] [[10.1, 7.0]]"]
    with pytest.raises(SourceError, match=r"made\.csv: row 3: the book of AUSDT has no bids left"):
        convert([TardisFile(tmp_path / "made.csv")], tmp_path / "a.parquet")


def test_symbols_of_two_exchanges_keep_their_names_apart(tmp_path: Path) -> None:
    rows = [*FIRST, *[row.replace("x,", "y,", 1) for row in FIRST], *[row.replace("AUSDT", "B-PERP") for row in FIRST]]
    path = write_csv(tmp_path / "a.csv", BOOK_HEADER, rows)
    converted = convert([TardisFile(path)], tmp_path / "a.parquet", ticks=Steps({"AUSDT": 0.05, "B-PERP": 0.1}, None))
    ticks = {instrument.name: instrument.tick for instrument in converted.instruments}
    assert ticks == {"x:AUSDT": 0.05, "y:AUSDT": 0.05, "B-PERP": 0.1}


def test_steps_that_are_given_are_taken(tmp_path: Path) -> None:
    files = [TardisFile(path) for path in write_hand_made(tmp_path)]
    whole = TardisFile(write_csv(tmp_path / "whole.csv", BOOK_HEADER, [BOOK_ROWS[1], BOOK_ROWS[4]]))
    converted = convert(files, tmp_path / "a.parquet", ticks=Steps({}, 0.01), lots=Steps({"AUSDT": 0.25}, 3.0))
    assert converted.instruments == (Instrument("AUSDT", 0.01, 0.25, 1000, 1),)
    with pytest.raises(SourceError, match=r"book\.csv: row 2: price = 9\.9 is no multiple of the tick of AUSDT, 0\.2"):
        convert(files, tmp_path / "a.parquet", ticks=Steps({}, 0.2))
    with pytest.raises(SourceError, match=r"trades\.csv: row 1: amount = 1\.5 is no multiple of the lot of AUSDT, 1"):
        convert([files[1], whole], tmp_path / "a.parquet", lots=Steps({}, 1.0))
    with pytest.raises(SourceError, match="the lot of BUSDT is given, and no file has that symbol; there are AUSDT"):
        convert(files, tmp_path / "a.parquet", lots=Steps({"BUSDT": 1.0}, None))


def changed(place: int, row: str | None) -> list[str]:
    return [*BOOK_ROWS[:place], *([] if row is None else [row]), *BOOK_ROWS[place + 1 :]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (changed(6, BOOK_ROWS[6].replace("10.2", "0")), r"book\.csv: row 7: price = 0: must be above 0"),
        (changed(6, BOOK_ROWS[6].replace("10.2", "")), r"book\.csv: row 7: price = nan: must be above 0"),
        (changed(6, BOOK_ROWS[6].replace("10.2", "dear")), r"book\.csv: row 7: price = 'dear': must be double"),
        (changed(6, BOOK_ROWS[6][:-1] + "-4"), r"book\.csv: row 7: amount = -4: must not be below 0"),
        (changed(6, BOOK_ROWS[6].rpartition(",")[0]), r"book\.csv: row 7 has 7 columns, not 8"),
        (changed(6, BOOK_ROWS[6].replace("ask", "left")), r"book\.csv: row 7: side = 'left': must be bid or ask"),
        (
            changed(6, BOOK_ROWS[6].replace("false", "perhaps")),
            r"book\.csv: row 7: is_snapshot = 'perhaps': must be bool",
        ),
        (changed(6, BOOK_ROWS[6].replace("false", "")), r"book\.csv: row 7: is_snapshot is empty"),
        (
            changed(6, BOOK_ROWS[0]),
            r"book\.csv: row 7: time goes back: local_timestamp is before that of the row above",
        ),
        (changed(6, BOOK_ROWS[6].replace("1714521600500400", "")), r"book\.csv: row 7: local_timestamp is empty"),
        (
            changed(0, BOOK_ROWS[0].replace("1714521600000100", "1714521600000")),
            r"row 1: local_timestamp is no time of this format between 1973 and 2096: is it in another unit\?",
        ),
        (
            changed(6, BOOK_ROWS[6][:-1] + "0.1234567890123"),
            r"row 7: amount = 0.1234567890123 is no decimal number of 12",
        ),
        (BOOK_ROWS[5:8], r"book\.csv: there is no order book snapshot of AUSDT in any file"),
        ([], r"book\.csv: has no rows"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_row(tmp_path: Path, rows: list[str], message: str) -> None:
    out = tmp_path / "a.parquet"
    out.write_text("as it was")
    with pytest.raises(SourceError, match=message) as raised:
        convert([TardisFile(path) for path in write_hand_made(tmp_path, rows)], out)
    assert "\n" not in str(raised.value)
    assert out.read_text() == "as it was"
    assert not list(tmp_path.glob("*.partial*"))


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", BOOK_HEADER, [*FIRST, level(9, "false,bid,10.1,5")])
    with pytest.raises(SourceError, match="row 3: the book of AUSDT is crossed"):
        convert([TardisFile(path)], tmp_path / "out.parquet")
    assert [found.name for found in tmp_path.iterdir()] == ["a.csv"]


def test_other_files_are_refused(tmp_path: Path) -> None:
    def refused(file: TardisFile | HftbacktestFile) -> str:
        with pytest.raises(SourceError) as raised:
            convert([file], tmp_path / "a.parquet")
        return str(raised.value).removeprefix(f"{file.path}: ")

    quotes = write_csv(tmp_path / "quotes.csv", "exchange,symbol,timestamp,ask_price", ["x,AUSDT,1,1"])
    assert refused(TardisFile(quotes)).startswith("is no file of incremental_book_L2 or trades; its columns: exchange,")
    liquidations = write_csv(tmp_path / "x_liquidations_A.csv", TRADES_HEADER, TRADE_ROWS)
    assert refused(TardisFile(liquidations)).startswith("is no file of incremental_book_L2 or trades")
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress("\n".join([BOOK_HEADER, *BOOK_ROWS]).encode())[:-30])
    assert refused(TardisFile(cut)).startswith("cannot be read behind row 0: Compressed file ended")

    array = np.load(DATA / "AUSDT_hftbacktest-2.4.4.npz")["data"]
    text = write_csv(tmp_path / "AUSDT.npz", BOOK_HEADER, BOOK_ROWS)
    assert refused(HftbacktestFile(text)).startswith("is no .npz file, or it is damaged")
    np.save(tmp_path / "old.npy", np.ones((3, 6)))
    assert "holds no events of hftbacktest 2: the array is float64 of shape (3, 6)" in refused(
        HftbacktestFile(tmp_path / "old.npy")
    )
    np.savez(tmp_path / "pickled.npz", data=np.array([{"ev": 1}], dtype=object))
    assert "holds no events of hftbacktest 2: the array is object" in refused(HftbacktestFile(tmp_path / "pickled.npz"))
    np.savez(tmp_path / "two.npz", one=array, other=array)
    assert (
        refused(HftbacktestFile(tmp_path / "two.npz")) == "there is no array called data; there are one.npy, other.npy"
    )
    np.save(tmp_path / "whole.npy", array)
    short = tmp_path / "short.npy"
    short.write_bytes((tmp_path / "whole.npy").read_bytes()[:-70])
    assert refused(HftbacktestFile(short)) == "is cut off in row 20 of 21"
    orders = write_npz(tmp_path / "orders.npz", [(ADD_ORDER | BUY, START_US, 10.0, 1.0)])
    assert refused(HftbacktestFile(orders)).startswith("row 1: ev is event 10, of a single order (L3)")
    sideless = write_npz(tmp_path / "sideless.npz", [(DEPTH, START_US, 10.0, 1.0)])
    assert refused(HftbacktestFile(sideless)).startswith("row 1: ev says of no side")
    alone = DATA / "AUSDT_snapshot-of-hftbacktest-2.4.4.npz"
    assert refused(HftbacktestFile(alone)).startswith(
        "is an initial snapshot of AUSDT, and no other file has rows of it"
    )
    np.save(tmp_path / "words.npy", np.zeros(3, [("ev", "U9"), ("local_ts", "i8"), ("px", "f8"), ("qty", "f8")]))
    assert refused(HftbacktestFile(tmp_path / "words.npy")).startswith("holds no events of hftbacktest 2")
    long_row = write_csv(tmp_path / "long.csv", BOOK_HEADER, ["x," + "A" * 3_000_000 + ",1,1,true,bid,1,1"])
    assert refused(TardisFile(long_row)) == "row 1: is longer than 131,072 characters"
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\x1b]0;x\x07" + bytes(range(256)) * 100)
    told = refused(TardisFile(binary))
    assert told.startswith("is no file of incremental_book_L2 or trades; its columns: ")
    assert told.isprintable()
    assert len(told) < 300
    assert refused(HftbacktestFile(tmp_path / "gone.npz")) == "cannot be read: No such file or directory"


def test_a_file_is_open_between_its_first_row_and_its_last(tmp_path: Path) -> None:
    """A month of 50 symbols is thousands of files: more than a process may hold open."""
    is_open: list[str] = []
    most = 0

    class Watched(TardisFile):
        def pieces(self):  # type: ignore[no-untyped-def]
            nonlocal most
            is_open.append(self.path.name)
            most = max(most, len(is_open))
            yield from super().pieces()
            is_open.remove(self.path.name)

    times_us = [START_US + second * 10**6 for second in range(9)]
    files = [
        Watched(write_csv(tmp_path / f"{us}.csv", BOOK_HEADER, [row.replace(str(START_US), str(us)) for row in FIRST]))
        for us in times_us
    ]
    groups = list(in_time_order(files, [1000 * us for us in times_us], lambda stage, share: None))
    assert [group.time_ns for group in groups] == [1000 * us for us in times_us]
    assert most <= 2


def test_how_far_it_is_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    files = [TardisFile(path) for path in write_hand_made(tmp_path)]
    convert(files, tmp_path / "a.parquet", tell=lambda stage, share: told.append((stage, share)))
    assert told == sorted(told)
    assert told[-1][0] == "writing"
    assert told[-1][1] == pytest.approx(1.0)
    assert max(share for stage, share in told if stage == "reading") == pytest.approx(1.0)
