from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli import main
from synthetic.events import Delta, Trade
from synthetic.market import Market
from synthetic.recorded.writer import write_recording
from synthetic.symbols import instruments

WriteScenario = Callable[..., Path]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The rows of a recording of one symbol, and its header."""
    path = record_market(tmp_path_factory.mktemp("recorded") / "mine.csv", 10, symbols=1)
    return path.read_text(encoding="utf-8").splitlines(keepends=True)


def record_market(path: Path, seconds: int, symbols: int = 6) -> Path:
    listed = instruments(symbols, seed=1)
    stream = Market(listed, seed=1, start_ms=0, books_per_second=5.0).stream(seconds, (Delta, Trade))
    write_recording(path, stream, instruments=listed, start_ms=0, end_ms=1000 * seconds)
    return path


def test_the_market_of_a_scenario_is_measured_at_full_scale(
    write_scenario: WriteScenario, capsys: pytest.CaptureFixture[str]
) -> None:
    write_scenario(("symbols = 50", "symbols = 6"))
    code = main(["market", "example", "--seeds", "2", "--hours", "0.02", "--day", "0.1"])
    shown = capsys.readouterr().out
    assert "example: 6 symbols, 5 books/s each, 20 levels a side\n" in shown
    assert "seed 2, 2 of 2: 0.02 h of books, deltas and trades ...\n" in shown
    assert "crossed books, all symbols" in shown
    assert "Medians over symbols, then over seeds 1 to 2, at full scale, without faults." in shown
    assert shown.endswith("Picture: results/market-example.png\n")
    assert Path("results/market-example.png").read_bytes().startswith(b"\x89PNG")
    assert code == ("FAIL" in shown)


def test_a_recording_is_measured(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record_market(Path("mine.parquet"), 90)
    code = main(["market", "mine.parquet", "--hours", "0.02", "--out", "sheet.png"])
    shown = capsys.readouterr().out
    assert "Medians over symbols, of 0.02 h" in shown
    assert "Jumps of a symbol's sequence: 0." in shown
    assert Path("sheet.png").stat().st_size > 10_000
    assert code == ("FAIL" in shown)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["exmaple"], 'no scenario is called "exmaple"; did you mean example?'),
        (["example", "--seeds", "0"], "--seeds 0: must be at least 1"),
        (["example", "--hours", "5"], "--hours 5: must be more than 0 and at most 4"),
        (["example", "--day", "0.5"], "--day 0.5: must be at least the 1 of --hours"),
        (["gone.csv"], "gone.csv: cannot be read: No such file or directory"),
        (["cut.csv"], "cut.csv: is cut off: the last row"),
        (["mine.csv", "--seeds", "2"], "--seeds 2: a recording is what it is: leave it out"),
        (["mine.csv", "--hours", "0"], "--hours 0: must be more than 0"),
        (["mine.csv", "--out", "scenarios"], "scenarios: the picture cannot be written"),
        (["empty.csv"], "empty.csv: there is no book in what is measured"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(
    write_scenario: WriteScenario,
    recorded: list[str],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    line: str,
) -> None:
    write_scenario()
    for name, rows in (("mine", recorded), ("cut", recorded[:-5]), ("empty", [*recorded[:4], recorded[-1]])):
        Path(f"{name}.csv").write_text("".join(rows), encoding="utf-8")
    assert main(["market", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"soak: {line}")
    assert captured.err.count("\n") == 1
