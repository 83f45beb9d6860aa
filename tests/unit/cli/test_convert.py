from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import main
from synthetic.events import Delta, Trade
from synthetic.market import Market
from synthetic.symbols import instruments
from tests.unit.synthetic.convert.public_formats import BOOK_HEADER, BOOK_ROWS, write_csv, write_hand_made, write_tardis

DATA = Path(__file__).parent.parent / "synthetic" / "convert" / "data" / "AUSDT_hftbacktest-2.4.4.npz"


def test_what_was_made_and_what_was_left_out_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_hand_made(here)
    assert main(["convert", "tardis", "book.csv", "trades.csv", "--out", "new/mine.parquet"]) == 0
    shown = capsys.readouterr().out
    assert "AUSDT   0.1   0.5        5       2           1\n" in shown
    assert "Left out: book updates before the first snapshot (1).\n" in shown
    assert shown.endswith("Recording: new/mine.parquet, 2024-05-01 00:00:00 to 2024-05-01 00:00:02 UTC\n")
    assert Path("new/mine.parquet").is_file()


def test_what_is_converted_can_be_measured(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    market = Market(instruments(3, seed=1), seed=1, start_ms=1_736_121_600_000, books_per_second=5.0)
    paths = write_tardis(here, market.stream(90.0, (Delta, Trade)))
    assert main(["convert", "tardis", *map(str, paths), "--out", "mine.parquet"]) == 0
    capsys.readouterr()
    code = main(["market", "mine.parquet", "--out", "sheet.png"])
    shown = capsys.readouterr().out
    assert "crossed books, all symbols" in shown
    assert Path("sheet.png").stat().st_size > 10_000
    assert code == ("FAIL" in shown)


def test_a_symbol_of_hftbacktest_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [f"BUSDT={DATA}", "--tick", "0.01", "--lot", "BUSDT=0.25", "--out", "mine.csv"]
    assert main(["convert", "hftbacktest", *arguments]) == 0
    assert "BUSDT   0.01  0.25        5       2           1\n" in capsys.readouterr().out


def test_a_log_has_lines_of_how_far_it_is(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.report.terminal.progress.EVERY_S", 0.0)
    write_hand_made(here)
    assert main(["convert", "tardis", "book.csv", "trades.csv", "--out", "mine.parquet"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "reading: 100%" in lines
    assert "writing: 100%" in lines


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["tardis", "gone.csv"], "gone.csv: there is no such file"),
        (["tardis", "book.csv", "./book.csv"], "./book.csv: is given twice"),
        (["tardis", "A=book.csv"], "A=book.csv: a file of Tardis names its symbols itself: leave A= out"),
        (["tardis", "book.csv", "--out", "mine.json"], "--out mine.json: must be a .parquet or a .csv file"),
        (["tardis", "book.csv", "--out", "book.csv"], "--out book.csv: is one of the files to convert"),
        (["tardis", "book.csv", "--out", "book.csv/a.csv"], "book.csv/a.csv: cannot be written: "),
        (["tardis", "book.csv", "--tick", "AUSDT=0"], "--tick AUSDT=0: must be a number above 0, or SYMBOL=number"),
        (["tardis", "book.csv", "--lot", "much"], "--lot much: must be a number above 0, or SYMBOL=number"),
        (
            ["tardis", "book.csv", "--tick", "0.2"],
            "book.csv: row 2: price = 9.9 is no multiple of the tick of AUSDT, 0.2",
        ),
        (
            ["tardis", "crossed.csv"],
            "crossed.csv: row 14: the book of AUSDT is crossed: its best bid is 10.2, its best ask 10; "
            "it can be repaired (soak convert --repair does)",
        ),
        (["hftbacktest", "book.csv"], "book.csv: is no .npz file, or it is damaged: File is not a zip file"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], line: str
) -> None:
    write_hand_made(here)
    write_csv(here / "crossed.csv", BOOK_HEADER, [*BOOK_ROWS, BOOK_ROWS[-1].replace("bid,10.2", "ask,10.0")])
    assert main(["convert", *(["--out", "mine.parquet"] if "--out" not in arguments else []), *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"soak: {line}")
    assert captured.err.count("\n") == 1
    assert not Path("mine.parquet").exists()
