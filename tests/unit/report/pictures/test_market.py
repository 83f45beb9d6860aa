"""A market's facts as people see them: the tables' text, and what the sheet holds."""

from __future__ import annotations

import math
from io import StringIO

import pytest
from matplotlib.figure import Figure
from rich.console import Console

from harness.report.pictures.market import market_picture
from harness.report.terminal.market_table import band, print_facts
from synthetic.events import Book, Delta, Trade
from synthetic.facts.stylized import Fact
from synthetic.facts.tape import Tape, record
from synthetic.instrument import Instrument
from synthetic.market import Market
from synthetic.symbols import instruments

LISTED = instruments(7, seed=2)
ROWS = [
    Fact("spread of one tick", 0.98, 0.9, 1.0, must=True),
    Fact("levels per delta", 7.5, 8, math.inf, must=True),
    Fact("season, peak hour", math.nan, 14, 18, must=True, over_a_day=True),
    Fact("kurtosis", 23.456, -math.inf, math.inf, must=False, over_a_day=True),
    Fact("imbalance", -0.001, -math.inf, 0.15, must=False),
    Fact("crossed", 2.0, 0, 0, must=False),
]


@pytest.fixture(scope="module")
def tape() -> Tape:
    market = Market(LISTED, seed=2, start_ms=0, books_per_second=8.0)
    return record(market.stream(120, {Book, Delta, Trade}), start_ms=0, end_ms=120_000)


def printed(width: int) -> str:
    file = StringIO()
    print_facts(Console(file=file, width=width), ROWS, spans=["Over an hour."])
    return file.getvalue()


def test_every_fact_is_beside_its_band_and_what_it_means() -> None:
    lines = [" ".join(line.split()) for line in printed(100).splitlines()]
    assert "spread of one tick 0.98 0.9 to 1 pass" in lines
    assert "levels per delta 7.50 at least 8 FAIL" in lines
    assert "season, peak hour * - 14 to 18 -" in lines
    assert "1 pass, 1 fail, 1 cannot be told from so short a tape." in lines
    assert "kurtosis * 23.5 - -" in lines
    assert "imbalance 0.00 at most 0.15 in" in lines
    assert "crossed 2.00 0 OUT" in lines
    assert "1 in their band, 1 out of it." in lines
    assert lines[-1] == "Over an hour."


@pytest.mark.parametrize("width", [80, 100])
def test_the_tables_are_not_cut(width: int) -> None:
    assert "…" not in printed(width)
    assert max(map(len, printed(width).splitlines())) <= width


@pytest.mark.parametrize(
    ("low", "high", "text"), [(0, 0, "0"), (-0.03, 0.03, "-0.03 to 0.03"), (8, math.inf, "at least 8")]
)
def test_a_band_in_words(low: float, high: float, text: str) -> None:
    assert band(Fact("x", 0.0, low, high, must=True)) == text


def drawn(figure: Figure, gid: str) -> int:
    return sum(line.get_gid() == gid for axes in figure.axes for line in axes.lines)


def test_the_sheet_has_its_six_pictures(tape: Tape) -> None:
    figure = market_picture("A market", ["Made for a test."], tape, LISTED).figure
    assert len(figure.axes) == 6
    assert drawn(figure, "price") == drawn(figure, "depth") == 4
    assert drawn(figure, "best") == drawn(figure, "autocorrelation") == 2
    assert drawn(figure, "tail") == 1  # two minutes have no returns of a minute to speak of
    assert drawn(figure, "activity") == 1


def test_a_tape_of_hardly_anything_is_drawn_as_well(tmp_path) -> None:
    book = next(event for event in Market(LISTED[:1], seed=1, start_ms=0, books_per_second=1.0).stream(60, [Book]))
    tape = record([book], start_ms=0, end_ms=60_000)
    picture = tmp_path / "sheet.png"
    market_picture("One book", [], tape, [Instrument(book.symbol, LISTED[0].tick, 1.0, 1000, 1)]).save(picture)
    assert picture.read_bytes().startswith(b"\x89PNG")
