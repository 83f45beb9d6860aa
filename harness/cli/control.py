"""Soak the standing controls of a scenario: what is known beforehand must be found.

An instrument that is to be trusted shows no reduction where there is none, finds a leak of known size with its owner,
is flat where nothing is kept, changes nothing by watching, and agrees with real time. SCENARIO (50symbols unless given)
lends its world to all of them. The exit code is 0 where every control holds, 3 where one does not: then a soak of this
scenario on this machine is no evidence.
"""

from __future__ import annotations

import argparse
import signal
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.controls import Recorded
    from harness.report.progress import Progress
    from harness.running.controls import ControlSoak

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
    from harness import verdict as verdicts
    from harness.analysis.controls import judge_controls, leak_to_inject
    from harness.analysis.metrics import METRICS
    from harness.cli.tables import open_console
    from harness.errors import UsageError
    from harness.injected_leak import OWNER
    from harness.report.control_table import print_controls, write_controls
    from harness.report.progress import Progress
    from harness.running import controls, results
    from harness.running.isolation import platform_warning
    from harness.scenario import load

    if arguments.jobs is not None and arguments.jobs < 1:
        raise UsageError(f"--jobs {arguments.jobs}: must be at least 1")
    scenario = load(arguments.scenario, known_metrics=METRICS).with_options(scale=arguments.scale)
    verdicts.check_claims(scenario)
    console = open_console()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end, as by Ctrl-C: recordings come home
    if (warning := platform_warning()) is not None:
        console.print(f"Warning: {warning}")
    small = controls.shortened(scenario) if arguments.short else scenario
    folder = results.create_result(arguments.out, "control")
    with Progress(console, scenario.memory.scale, quiet=arguments.quiet) as progress:
        null = controls.null(controls.fewer_hours(scenario) if arguments.short else scenario)
        recorded = _carried_out([controls.clean(small), null], folder, arguments.jobs, arguments.short, progress)
        injected = leak_to_inject(recorded["clean"])
        real_time = controls.clocks(scenario, short=arguments.short)
        pair = controls.fewer_hours(small, controls.SHORT_PAIR_HOURS) if arguments.short else small
        others = [
            controls.probed(small),
            controls.leaking(small, injected * 1e9 * small.memory.scale / 3600),
            controls.old_against_old(pair),
            *real_time,
        ]
        recorded |= _carried_out(others, folder, arguments.jobs, arguments.short, progress)
    checks = judge_controls(recorded, injected_gb_per_hour=injected, owner=OWNER)
    file = write_controls(folder, scenario, checks, short=arguments.short, injected_gb_per_hour=injected)
    print_controls(console, scenario, checks, file)
    return 0 if all(check.passed for check in checks) else INVALID


def _carried_out(
    soaks: Sequence[ControlSoak], folder: Path, jobs: int | None, short: bool, progress: Progress
) -> dict[str, Recorded]:
    """What the soaks recorded, by name."""
    from harness.analysis.controls import Recorded
    from harness.analysis.runs import read_result
    from harness.running.controls import carry_out

    folders = carry_out(soaks, folder, at_once=jobs, real_beside=not short, observe=progress)
    return {soak.name: Recorded(soak.scenario, read_result(folders[soak.name])[1]) for soak in soaks}
