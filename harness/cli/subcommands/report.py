"""Judge a recording again and redraw it, for instance after a claim in its scenario.toml was edited.

RESULT is a result folder, `latest`, or a scenario's name for its newest result. That of a sweep is told as a sweep:
its tables, pictures and page are written again, that of `soak control` as its controls, that of a search over
releases as one.
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
    """Judge; the exit code is the verdict's, of a sweep whether its table is whole, of controls whether all hold."""
    from harness.analysis.result import Result
    from harness.analysis.verdict.control_record import CONTROL_FILE
    from harness.cli.after_runs import conclude
    from harness.histories.history_file import is_history
    from harness.report.terminal.console import open_console
    from harness.soaks.result_folder import find_result
    from harness.sweeps.sweep_file import is_sweep

    if (Path(arguments.result) / CONTROL_FILE).is_file():
        return _controls(Path(arguments.result))
    folder = find_result(arguments.result, arguments.out)
    if is_sweep(folder):
        from harness.cli.after_sweep import conclude_sweep

        return conclude_sweep(open_console(), folder)
    if is_history(folder):
        from harness.cli.after_history import conclude_history

        return conclude_history(open_console(), folder)
    result = Result.open(folder)
    return conclude(open_console(), result, verbose=arguments.verbose)


def _controls(folder: Path) -> int:
    from harness import exit_codes
    from harness.analysis.verdict.control_record import read_record
    from harness.cli.controlled import tell_controls
    from harness.report.terminal.console import open_console

    record = read_record(folder)
    tell_controls(open_console(), record, folder)
    return 0 if record.held else exit_codes.NO_EVIDENCE
