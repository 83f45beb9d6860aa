"""Measure a market against the stylised facts of real ones, and draw it.

SCENARIO is a name or a .toml file: its market is made for several seeds at full scale and without faults.
RECORDING is a .parquet or .csv file (synthetic/README.md says in which form). Two tables are printed: facts that must
hold, for memory depends on them, and others. One picture is written: prices, a book, tails, autocorrelations, depth,
activity. Exit code 1: a fact that must hold does not.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.options import save_picture
from harness.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from harness.cli.market_source import MeasuredMarket

HOURS_MOST = 4.0


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SCENARIO|RECORDING", help="a scenario's name or file, or a recording's file")
    parser.add_argument("--seeds", type=int, metavar="K", help="markets to measure (5); a recording is one")
    parser.add_argument("--hours", type=float, metavar="H", help="of books, deltas and trades (1; a recording: all)")
    parser.add_argument("--day", type=float, metavar="H", help="hours that rows with a * are measured over (24)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the picture (results/market-NAME.png)")


def run(arguments: argparse.Namespace) -> int:
    """Measure, print, draw; 1 where a fact that must hold does not, else 0."""
    from harness.report.pictures.market import market_picture
    from harness.report.terminal.console import open_console
    from harness.report.terminal.market_table import print_facts

    console = open_console()
    measured = _measure(console, arguments)
    print_facts(console, measured.rows, spans=measured.spans)
    picture: Path = arguments.out or Path("results") / f"market-{measured.name}.png"
    page = market_picture(measured.title, measured.foot, measured.tape, measured.instruments)
    save_picture(console, page, picture, make_folder=True)
    return int(any(row.must and row.holds is False for row in measured.rows))


def _measure(console: Console, arguments: argparse.Namespace) -> MeasuredMarket:
    from harness.cli.market_source import measure_recording, measure_scenario
    from harness.report.terminal.console import whole_line

    say = partial(whole_line, console)
    hours: float | None = arguments.hours
    if Path(arguments.source).suffix in (".parquet", ".csv"):
        for option in ("seeds", "day"):
            if getattr(arguments, option) is not None:
                raise UsageError(f"--{option} {getattr(arguments, option)}: a recording is what it is: leave it out")
        if hours is not None and not 0 < hours < float("inf"):
            raise UsageError(f"--hours {hours:g}: must be more than 0")
        return measure_recording(Path(arguments.source), hours=hours, say=say)
    seeds = 5 if arguments.seeds is None else arguments.seeds
    hours = 1.0 if hours is None else hours
    day = 24.0 if arguments.day is None else arguments.day
    if seeds < 1:
        raise UsageError(f"--seeds {seeds}: must be at least 1")
    if not 0 < hours <= HOURS_MOST:
        raise UsageError(f"--hours {hours:g}: must be more than 0 and at most {HOURS_MOST:g}; --day is for more")
    if not hours <= day <= 24 * 7:
        raise UsageError(f"--day {day:g}: must be at least the {hours:g} of --hours, and at most a week's 168")
    return measure_scenario(arguments.source, seeds=seeds, hours=hours, day_hours=day, say=say)
