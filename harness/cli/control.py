"""Soak the standing controls of a scenario: what is known beforehand must be found.

An instrument that is to be trusted shows no reduction where there is none, finds a leak of known size with its owner,
is flat where nothing is kept, changes nothing by watching, and agrees with real time. SCENARIO (50symbols unless given)
lends its world to all of them. The exit code is 0 where every control holds, 3 where one does not: then a soak of this
scenario on this machine is no evidence. `soak run --controls` carries them out before its own runs.
"""

from __future__ import annotations

import argparse
import signal
from pathlib import Path

INVALID = 3


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the subcommand's arguments."""
    parser.add_argument("scenario", metavar="SCENARIO", nargs="?", default="50symbols", help="default: 50symbols")
    parser.add_argument("--short", action="store_true", help="the form for CI: a small world, seconds of real time")
    parser.add_argument("--scale", type=float, metavar="S", help="size of the world, above 0 up to 1 (memory.scale)")
    parser.add_argument("--jobs", type=int, metavar="N", help="runs at once (default: one a core, if they fit)")
    parser.add_argument("--out", type=Path, default=Path("results"), metavar="DIR", help="where results go (results)")
    parser.add_argument("--quiet", action="store_true", help="no progress; failures and the table only")


def run(arguments: argparse.Namespace) -> int:
    """Soak the controls, print and write what came of them; 0 or INVALID."""
    from harness.analysis.verdict.claims import check_claims
    from harness.cli.controlled import control
    from harness.errors import UsageError
    from harness.report.terminal.console import open_console
    from harness.scenario import load
    from harness.soaks import result_folder
    from harness.worker.isolation import platform_warning

    if arguments.jobs is not None and arguments.jobs < 1:
        raise UsageError(f"--jobs {arguments.jobs}: must be at least 1")
    scenario = load(arguments.scenario).with_options(scale=arguments.scale)
    check_claims(scenario)
    console = open_console()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end, as by Ctrl-C: recordings come home
    if (warning := platform_warning()) is not None:
        console.print(f"Warning: {warning}")
    folder = result_folder.create_result(arguments.out, "control")
    record = control(console, scenario, folder, short=arguments.short, jobs=arguments.jobs, quiet=arguments.quiet)
    return 0 if record.held else INVALID
