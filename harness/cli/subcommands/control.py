"""Soak the standing controls of a scenario: what is known beforehand must be found.

An instrument that is to be trusted shows no reduction where there is none, finds a leak of known size with its owner,
is flat where nothing is kept, changes nothing by watching, and agrees with real time. SCENARIO (50symbols unless given)
lends its world to all of them. The exit code is 0 where every control holds, 3 where one does not: then a soak of this
scenario on this machine is no evidence. `soak run --controls` carries them out before its own runs.
"""

from __future__ import annotations

import argparse

from harness.cli.options import begin_soaking, declare_soaking, declare_trust

INVALID = 3


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", metavar="SCENARIO", nargs="?", default="50symbols", help="default: 50symbols")
    parser.add_argument("--short", action="store_true", help="the form for CI: a small world, seconds of real time")
    parser.add_argument("--scale", type=float, metavar="S", help="size of the world, above 0 up to 1 (memory.scale)")
    declare_soaking(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress; failures and the table only")
    declare_trust(parser)


def run(arguments: argparse.Namespace) -> int:
    """Soak the controls, print and write what came of them; 0 or INVALID."""
    from harness.analysis.verdict.claim_verdict import check_claims
    from harness.cli.controlled import control
    from harness.report.machines.github_actions import tell_of_controls
    from harness.report.machines.job_summary import control_summary
    from harness.scenario import load
    from harness.scenario.overrides import with_options
    from harness.soaks import result_folder

    console = begin_soaking(arguments)
    scenario = with_options(load(arguments.scenario, trusted=arguments.trust), scale=arguments.scale)
    check_claims(scenario)
    folder = result_folder.create_result(arguments.out, "control")
    record = control(console, scenario, folder, short=arguments.short, jobs=arguments.jobs, quiet=arguments.quiet)
    tell_of_controls(record, control_summary(record))
    return 0 if record.held else INVALID
