"""Soak a scenario: run every config with every seed, judge, draw, and write a result folder.

SCENARIO is a name (`soak list` shows them), a path to a .toml file, or a target without one, as module:factory, which
without --hours is first run for some virtual minutes, to choose hours that decide and are quick. What moves with the
memory scale is judged by anchor runs in larger worlds, which follow in what memory is free, for --anchor-minutes at
most; --no-anchors leaves it undecided. With --max-seeds a seed is added while a prediction is open (without claims, a
leak verdict) that a seed may decide; every look is stricter, so that errors stay as rare. With --controls the standing
controls of the scenario go first (see `soak control`); where one does not hold, the soak is invalid. With --resume a
soak that was interrupted or killed, or whose runs failed, is gone on with: what ended as runs do is kept, the rest is
run as its result says, in the folder that it has. It runs the target and the environment that the result names: resume
results of your own.

The exit code is the verdict's: 0 met, 1 a claim missed, 4 inconclusive, 3 incomplete or invalid, 2 wrong usage.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.options import begin_soaking, declare_scenario, declare_soaking, declare_trust, declare_verbose
from harness.command_line import own_command
from harness.errors import SoakError, UsageError
from harness.text import shown_path

if TYPE_CHECKING:
    from rich.console import Console

    from harness.analysis.result import Result
    from harness.scenario import Scenario
    from harness.soaks.soak import Planned
    from harness.soaks.supervisor import Observer


def declare(parser: argparse.ArgumentParser) -> None:
    declare_scenario(parser, optional=True)
    declare_soaking(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress; failures and the verdicts only")
    declare_verbose(parser)
    parser.add_argument("--clock", choices=("virtual", "real"), help="real: in wall time, a control (virtual)")
    parser.add_argument("--controls", choices=("short", "long"), help="the standing controls first, in this form")
    parser.add_argument(
        "--resume", metavar="RESULT", help="run what is missing from a result: a folder, a name, latest"
    )
    parser.add_argument(
        "--revisions", metavar="A,B", help="every config in these git revisions of the target, such as v1.4,main"
    )
    declare_trust(parser)


def run(arguments: argparse.Namespace) -> int:
    """Soak; the exit code is the verdict's, also of a soak that was interrupted: a run that is missing makes it 3."""
    from harness.cli.hours_chosen import leaves_hours_open, with_hours
    from harness.cli.options import scenario_from
    from harness.soaks.living import locked
    from harness.soaks.preloads import without_missing
    from harness.soaks.soak import plan

    console = begin_soaking(arguments)
    if arguments.resume is not None:
        from harness.cli.resumed import resumed

        with resumed(console, arguments) as soak:
            return _soak(console, soak.scenario, soak.planned, arguments, looked=soak.looked)
    if arguments.scenario is None:
        raise UsageError("which SCENARIO? `soak list` shows them; --resume RESULT goes on with a soak")
    scenario = scenario_from(arguments)
    if arguments.clock != "real" and leaves_hours_open(arguments):
        scenario = with_hours(console, arguments, arguments.out)
    scenario, missing = without_missing(scenario)
    for config, reason in missing.items():
        console.print(f"Left out: {config}: {reason}", markup=False)
    planned = plan(scenario, arguments.out, real_time=arguments.clock == "real", at_once=arguments.jobs)
    with locked(planned.folder):  # until the verdict is told: who only reads the result writes nothing there
        return _soak(console, scenario, planned, arguments)


def _soak(
    console: Console, scenario: Scenario, planned: Planned, arguments: argparse.Namespace, *, looked: bool = False
) -> int:
    """Carry out what was planned, with its controls before it, its anchors and the verdict after it.

    One that has `looked` has all its seeds, and the plan of its anchor runs.
    """
    from harness.analysis.result import Result
    from harness.cli.after_runs import anchor, conclude
    from harness.environments.provided import provide, told_apart
    from harness.report.terminal.console import paragraph, whole_line
    from harness.report.terminal.progress import Progress
    from harness.report.words.anchors import soak_words
    from harness.soaks.admission import room_bytes
    from harness.soaks.soak import carry_out

    if arguments.controls is not None:
        _control(console, scenario, planned.folder, arguments)
    if not arguments.quiet:
        for line in told_apart(provide(scenario.versions(), scenario.target.factory, scenario.path)):
            paragraph(console, line)
        paragraph(console, soak_words(planned, room_bytes()))
    result = Result(planned.folder)
    with Progress(console, quiet=arguments.quiet) as progress:
        observe = progress if arguments.quiet else _foretelling(console, planned, arguments.out, progress)
        undecided = partial(_undecided, result, scenario, console if not arguments.quiet else None)
        soak = carry_out(planned, observe=observe, undecided=(lambda _seeds: False) if looked else undecided)
    interrupted = soak.interrupted
    try:
        if not interrupted:
            anchor(console, scenario, result, jobs=arguments.jobs, quiet=arguments.quiet, resumed=looked)
    except KeyboardInterrupt:
        interrupted = True
    try:
        code = conclude(console, result, verbose=arguments.verbose)
    except KeyboardInterrupt:  # the first: a second does not come to here
        again = f"{own_command()} report {shown_path(planned.folder)}"
        raise SoakError(f"interrupted while it was judged: every run is recorded, `{again}` judges them") from None
    if interrupted:
        console.print("Interrupted: what was recorded until then is judged above.")
        whole_line(console, f"The rest is run by: {own_command()} run --resume {shown_path(planned.folder)}")
    return code


def _foretelling(console: Console, planned: Planned, root: Path, observe: Observer) -> Observer:
    """Say what the missing runs take, by recordings; where there are none, their own first minutes say it."""
    from harness.forecasts.foretelling import EarlyForecast, by_recordings
    from harness.report.terminal.console import paragraph
    from harness.report.trials.forecast_words import forecast_line
    from harness.soaks.run_rows import RECORDED

    rows = [row for row in planned.rows if row.state not in RECORDED]
    if not rows or planned.world.real_time:
        return observe
    told = by_recordings(planned.scenario.name, [row.job for row in rows], root, planned.at_once)
    if told is None:
        return EarlyForecast(rows, planned.at_once, observe, lambda early: paragraph(console, forecast_line(early)))
    paragraph(console, forecast_line(told))
    return observe


def _control(console: Console, scenario: Scenario, soak: Path, arguments: argparse.Namespace) -> None:
    """Carry out the controls into the result of the soak, whose readers find them there.

    Raises SoakError where they are interrupted: a soak that was to be controlled is not run without.
    """
    from harness.analysis.verdict.control_record import CONTROLS_FOLDER
    from harness.cli.controlled import control

    folder, short = soak / CONTROLS_FOLDER, arguments.controls == "short"
    try:
        control(console, scenario, folder, short=short, jobs=arguments.jobs, quiet=arguments.quiet)
    except KeyboardInterrupt:
        kept = f"what they recorded is kept in {shown_path(folder)}"
        raise SoakError(f"interrupted during the controls: {kept}, the soak was not begun") from None


def _undecided(result: Result, scenario: Scenario, console: Console | None, seeds: int) -> bool:
    """Return whether one more seed may decide what is open after `seeds` of them; says what that is."""
    lacking = result.look()
    if lacking and console is not None:
        added = scenario.first_seed + seeds
        console.print(f"Open after {seeds} seeds: {', '.join(lacking)}: seed {added} is added.", markup=False)
    return bool(lacking)
