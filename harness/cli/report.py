"""Judge a recording again and redraw it, for instance after a claim in its scenario.toml was edited.

RESULT is a result folder, `latest`, or a scenario's name for its newest result.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.cli.options import declare_verbose


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("result", metavar="RESULT", help="a result folder, latest, or a scenario's name")
    parser.add_argument("--out", type=Path, default=Path("results"), metavar="DIR", help="where results are (results)")
    declare_verbose(parser)


def run(arguments: argparse.Namespace) -> int:
    """Judge; the exit code is the verdict's."""
    from harness.analysis.result import Result
    from harness.cli.after_runs import conclude
    from harness.report.terminal.console import open_console
    from harness.soaks.result_folder import find_result

    result = Result.open(find_result(arguments.result, arguments.out))
    return conclude(open_console(), result, verbose=arguments.verbose)
