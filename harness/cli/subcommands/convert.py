"""Make a recording of public market data, so that you soak on your own market.

FORMAT is `tardis` (CSV files of Tardis.dev, plain or gzipped: incremental_book_L2 and trades, any symbols and days) or
`hftbacktest` (.npz files of events of one symbol each, which its converters make of Binance, Bybit, MEXC and other
data; an initial snapshot is one more file). Files are given in any order. What is wrong is said with its file and row.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.text import shown_path

if TYPE_CHECKING:
    from rich.console import Console

    from synthetic.convert.public_market import Converted
    from synthetic.convert.public_rows import PublicFile
    from synthetic.convert.public_survey import Steps

FORMATS = ("tardis", "hftbacktest")


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("format", metavar="FORMAT", choices=FORMATS, help=" or ".join(FORMATS))
    parser.add_argument(
        "files",
        metavar="[SYMBOL=]FILE",
        nargs="+",
        help="hftbacktest: SYMBOL is the name up to its first _ if left out",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", required=True, help="the recording, .parquet or .csv")
    for what in ("tick", "lot"):
        parser.add_argument(
            f"--{what}",
            action="append",
            default=[],
            metavar="[SYMBOL=]STEP",
            help=f"the {what} of one symbol, or of all (found: the greatest step that fits)",
        )
    parser.add_argument(
        "--repair",
        action="store_true",
        help="of a crossed book drop the older levels; leave out books without bids or asks (refused else)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Convert, and say what was written and what was not; 0."""
    from harness.report.terminal.console import open_console
    from harness.report.terminal.progress import StageProgress
    from synthetic.convert.public_market import convert
    from synthetic.convert.public_rows import RepairableError, SourceError

    console = open_console()
    out: Path = arguments.out
    files = _files(arguments.format, arguments.files)
    if out.suffix not in (".parquet", ".csv"):
        raise UsageError(f"--out {shown_path(out)}: must be a .parquet or a .csv file")
    if out.resolve() in {file.path.resolve() for file in files}:
        raise UsageError(f"--out {shown_path(out)}: is one of the files to convert")
    ticks, lots = _steps("tick", arguments.tick), _steps("lot", arguments.lot)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with StageProgress(console) as progress:
            made = convert(files, out, ticks=ticks, lots=lots, repair=arguments.repair, tell=progress)
    except SourceError as error:
        hint = " (soak convert --repair does)" if isinstance(error, RepairableError) else ""
        raise UsageError(f"{error}{hint}") from None
    except OSError as error:
        raise UsageError(f"{shown_path(out)}: cannot be written: {error.strerror or error}") from error
    _print(console, made, shown_path(out))
    return 0


def _files(form: str, given: list[str]) -> list[PublicFile]:
    from synthetic.convert.hftbacktest_files import HftbacktestFile
    from synthetic.convert.tardis_files import TardisFile

    files: list[PublicFile] = []
    seen: set[Path] = set()
    for text in given:
        symbol, equals, name = text.partition("=")
        if not equals or Path(text).exists():
            symbol, name = "", text
        path = Path(name)
        if form == "tardis" and symbol:
            raise UsageError(f"{text}: a file of Tardis names its symbols itself: leave {symbol}= out")
        if not path.is_file():
            raise UsageError(f"{name}: there is no such file")
        if path.resolve() in seen:
            raise UsageError(f"{name}: is given twice")
        seen.add(path.resolve())
        files.append(TardisFile(path) if form == "tardis" else HftbacktestFile(path, symbol or None))
    return files


def _steps(what: str, given: list[str]) -> Steps:
    from synthetic.convert.public_survey import Steps

    by_symbol: dict[str, float] = {}
    others: float | None = None
    for text in given:
        symbol, _, number = text.rpartition("=")
        try:
            step = float(number)
        except ValueError:
            step = 0.0
        if not 0 < step < float("inf"):
            raise UsageError(f"--{what} {text}: must be a number above 0, or SYMBOL=number")
        if symbol:
            by_symbol[symbol] = step
        else:
            others = step
    return Steps(by_symbol, others)


def _print(console: Console, made: Converted, path: str) -> None:
    from datetime import UTC, datetime

    from harness.report.terminal.console import new_table, show, whole_line

    table = new_table(
        "symbol", "tick", "lot", "updates", "trades", "reconnects", right=("updates", "trades", "reconnects")
    )
    for instrument, counts in zip(made.instruments, made.counts, strict=True):
        numbers = (f"{counts[what]:,}" for what in ("updates", "trades", "reconnects"))
        table.add_row(instrument.name, f"{instrument.tick:.12g}", f"{instrument.lot:.12g}", *numbers)
    show(console, table)
    console.print()
    for reason, count in sorted(made.left_out.items()):
        whole_line(console, f"Left out: {reason} ({count:,}).")
    start, end = (datetime.fromtimestamp(time_ms / 1000, UTC) for time_ms in (made.start_ms, made.end_ms))
    whole_line(console, f"Recording: {path}, {start:%Y-%m-%d %H:%M:%S} to {end:%Y-%m-%d %H:%M:%S} UTC")
