"""Search the releases of a package for the one that began a leak, and the one that ended it.

CLIENT is what runs the package: a target as module:factory, or a scenario, one config of which asks for the package.
The ends --from and --to are run first, then releases between them until one is bad, then both edges of what is bad are
bisected. Only the package changes: what is installed beside it has the same versions throughout, those that the newest
release needs; where a release cannot live with them it is marked. Releases that were yanked or cannot be installed are
passed over, and named. --wheels DIR takes the wheels of a folder in place of an index, --commits REPOSITORY the commits
of a git repository. What is installed is said before; wheels only, unless --build allows to build.

A release is run with one seed for --hours; seeds are added while its verdict is open, up to --max-seeds, then hours, up
to --max-hours; those at an edge are run with --seeds. At most --most releases are run.

The exit code is 0 where both edges are known or nothing leaks, 4 where something is open, 3 where nothing could be
judged, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.options import begin_soaking, declare_set, declare_soaking, declare_trust
from harness.errors import UsageError
from harness.text import shown_path

if TYPE_CHECKING:
    from rich.console import Console

    from harness.histories.candidate import Candidate
    from harness.histories.freezing import Frozen
    from harness.histories.history_file import History
    from harness.scenario import Scenario

HOURS = 1.0
"""Of a target without a scenario."""

TIMES_THE_HOURS = 4
MOST = 20
SEEDS = 3

GIVEN_BY_RESULT = (
    "package", "client", "first", "last", "wheels", "commits", "beside", "build", "config", "set", "symbols", "hours",
    "max_hours", "seeds", "max_seeds", "budget",
)  # fmt: skip
"""What the command line may not say where a result says it."""


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("package", metavar="PACKAGE", nargs="?", help="the package, as an index has it, such as ccxt")
    parser.add_argument("--client", metavar="CLIENT", help="what runs it: module:factory, or a scenario")
    parser.add_argument(
        "--config", metavar="NAME", help="the scenario's config (the only one, else one that asks for it)"
    )
    parser.add_argument("--from", dest="first", metavar="A", help="the oldest release (or commit)")
    parser.add_argument("--to", dest="last", metavar="B", help="the newest (the newest that there is; of commits HEAD)")
    parser.add_argument("--wheels", type=Path, metavar="DIR", help="the wheels in this folder, and no index's releases")
    parser.add_argument("--commits", type=Path, metavar="REPOSITORY", help="the commits of this git repository")
    parser.add_argument("--with", dest="beside", action="append", metavar="P", help="a package beside it (repeatable)")
    parser.add_argument("--build", action="store_true", default=None, help="let pip build what has no wheel")
    declare_set(parser)
    parser.add_argument("--symbols", type=int, metavar="N", help="symbols of the market")
    parser.add_argument(
        "--hours", type=float, metavar="H", help=f"virtual hours (the scenario's, of a target {HOURS:g})"
    )
    parser.add_argument(
        "--max-hours", type=float, metavar="H", help=f"of one that is open ({TIMES_THE_HOURS} times those)"
    )
    parser.add_argument("--seeds", type=int, metavar="K", help=f"of releases at an edge ({SEEDS})")
    parser.add_argument("--max-seeds", type=int, metavar="N", help="of any release (as --seeds)")
    parser.add_argument("--budget", type=float, metavar="MB", help="growth per hour that is allowed (the scenario's)")
    parser.add_argument("--most", type=int, metavar="N", help=f"how many releases are run at most ({MOST})")
    declare_soaking(parser)
    parser.add_argument("--dry-run", action="store_true", help="say what would be installed and run, and do nothing")
    parser.add_argument("--resume", type=Path, metavar="RESULT", help="go on with a search that was interrupted")
    declare_trust(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress; what was found only")


def run(arguments: argparse.Namespace) -> int:
    """Search; the exit code says whether the edges are known."""
    from harness.report.histories.release_sentences import plan_lines
    from harness.report.terminal.console import paragraph
    from harness.soaks.result_folder import create_result, write_manifest
    from harness.sweeps.planned import write_scenario

    console = begin_soaking(arguments)
    if arguments.most is not None and arguments.most < 2:
        raise UsageError(f"--most {arguments.most}: must be at least 2: both ends are run")
    if arguments.resume is not None:
        return _resumed(console, arguments)
    scenario = _scenario(arguments)
    history = _history(arguments, scenario)
    if arguments.dry_run or not arguments.quiet:
        for line in plan_lines(history):
            paragraph(console, line)
    if arguments.dry_run:
        return 0
    folder = create_result(arguments.out / "releases", f"{history.package}-{scenario.name}")
    write_manifest(folder, scenario_name=scenario.name, real_time=False)
    history.write(folder)
    write_scenario(scenario, folder)
    return _carried_out(console, scenario, history, folder, arguments)


def _scenario(arguments: argparse.Namespace) -> Scenario:
    """Return what is run of every release: the client's scenario, its target not imported, with the options."""
    from harness.scenario import load
    from harness.scenario.files import refuse_foreign_result
    from harness.scenario.overrides import with_options
    from harness.scenario.target_names import names_a_target
    from harness.scenario.without_file import SYMBOLS, Wanted, parameter, without_file

    if arguments.package is None:
        raise UsageError("which PACKAGE? soak releases ccxt --client mine:build --from 4.5.70")
    if arguments.client is None:
        raise UsageError("--client: what runs the package? a target as module:factory, or a scenario")
    if names_a_target(arguments.client):
        symbols = SYMBOLS if arguments.symbols is None else arguments.symbols
        params = dict(parameter(written) for written in arguments.set or ())
        wanted = Wanted(arguments.client, arguments.hours or HOURS, symbols, params)
        scenario = without_file(wanted, import_target=False)
    elif arguments.set:
        raise UsageError(
            f"--set {arguments.set[0]}: is for a target named as module:factory; a scenario has its configs"
        )
    else:
        scenario = load(arguments.client, import_target=False)
        if not arguments.trust:
            refuse_foreign_result(scenario, scenario.path)
    scenario = with_options(scenario, hours=arguments.hours, symbols=arguments.symbols)
    if arguments.budget is None:
        return scenario
    if not arguments.budget > 0:
        raise UsageError(f"--budget {arguments.budget:g}: must be above 0, MB per hour")
    memory = scenario.memory.model_copy(update={"leak_budget_gb_per_hour": arguments.budget / 1e3})
    return scenario.model_copy(update={"memory": memory})


def _history(arguments: argparse.Namespace, scenario: Scenario) -> History:
    """Return what is searched: every release that there is, and what is installed beside each."""
    from harness.environments.interpreters import interpreter_of, own_interpreter
    from harness.histories.freezing import Frozen, freeze
    from harness.histories.history_file import History
    from harness.histories.release_worlds import base_of, beside

    base = base_of(scenario, arguments.package, arguments.config)
    version = scenario.versions()[base]
    python = own_interpreter() if version.python is None else interpreter_of(base, version.python)
    asked = (*beside(scenario, base, arguments.package), *(arguments.beside or ()))
    frozen = Frozen(arguments.package, python.path, asked, builds=bool(arguments.build or version.build_packages))
    candidates = _candidates(arguments, frozen)
    if len(candidates) < 2:
        told = f"; there is {candidates[0].name}" if candidates else ""
        raise UsageError(
            f"{arguments.package}: fewer than two releases from {arguments.first} to {arguments.last}{told}"
        )
    seeds = SEEDS if arguments.seeds is None else arguments.seeds
    most_seeds = seeds if arguments.max_seeds is None else arguments.max_seeds
    if not 1 <= seeds <= most_seeds:
        raise UsageError(f"--seeds {seeds} --max-seeds {most_seeds}: at least 1, and the first no more than the second")
    hours = scenario.time.hours
    most_hours = hours * TIMES_THE_HOURS if arguments.max_hours is None else arguments.max_hours
    if most_hours < hours:
        raise UsageError(f"--max-hours {most_hours:g}: must be at least the hours, which are {hours:g}")
    return History(
        package=arguments.package,
        base=base,
        candidates=tuple(candidates),
        frozen=freeze(candidates, frozen),
        hours=(hours, most_hours),
        seeds=(seeds, most_seeds),
        most=MOST if arguments.most is None else arguments.most,
    )


def _candidates(arguments: argparse.Namespace, frozen: Frozen) -> list[Candidate]:
    from harness.histories.commits import of_repository
    from harness.histories.published import of_index, of_wheels

    if arguments.commits is not None:
        if arguments.wheels is not None:
            raise UsageError("--commits and --wheels: take one of them")
        if arguments.first is None:
            raise UsageError("--commits: --from says which commit is the oldest")
        return of_repository(arguments.commits, arguments.first, arguments.last or "HEAD")
    if arguments.wheels is not None:
        return of_wheels(arguments.wheels, arguments.package, arguments.first, arguments.last)
    return of_index(
        arguments.package, arguments.first, arguments.last, interpreter=frozen.interpreter, builds=frozen.builds
    )


def _resumed(console: Console, arguments: argparse.Namespace) -> int:
    from dataclasses import replace

    from harness.histories.history_file import HISTORY_FILE, History
    from harness.made_here import refuse_foreign
    from harness.scenario import load
    from harness.soaks.result_folder import SCENARIO_FILE, read_manifest, refuse_other_conditions

    for name in GIVEN_BY_RESULT:
        if getattr(arguments, name) is not None:
            shown = {"first": "--from", "last": "--to", "beside": "--with", "package": "PACKAGE"}.get(name)
            raise UsageError(
                f"--resume: the result says what is run: leave out {shown or '--' + name.replace('_', '-')}"
            )
    folder = arguments.resume.resolve()
    history = History.read(folder)
    manifest = read_manifest(folder)
    refuse_other_conditions(folder, manifest)
    scenario = load(str(folder / SCENARIO_FILE), import_target=False)
    if not arguments.trust:
        for file in (SCENARIO_FILE, HISTORY_FILE):
            installs = [("package", candidate.package) for candidate in history.candidates[:3] if candidate.package]
            refuse_foreign(folder / file, shown_path(folder / file), scenario.target.factory, installs)
    scenario = scenario.model_copy(update={"name": manifest.get("scenario", scenario.name)})
    most = history.most if arguments.most is None else arguments.most
    history = replace(history, most=most, skipped={}, worlds={})  # it is searched again; what is recorded is kept
    if arguments.dry_run:
        raise UsageError("--resume: goes on; --dry-run is for a new search")
    return _carried_out(console, scenario, history, folder, arguments)


def _carried_out(
    console: Console, scenario: Scenario, history: History, folder: Path, arguments: argparse.Namespace
) -> int:
    from harness.cli.after_history import conclude_history
    from harness.cli.searching import Searching
    from harness.report.terminal.console import whole_line
    from harness.soaks.living import locked
    from harness.soaks.plan import cores

    with locked(folder) as alone:
        if not alone:
            raise UsageError(f"{shown_path(folder)}: its search is going on")
        searching = Searching(
            console, scenario, history, folder, at_once=arguments.jobs or cores(), quiet=arguments.quiet
        )
        interrupted = False
        try:
            searching.carry_out()
        except KeyboardInterrupt:
            interrupted = True
        code = conclude_history(console, folder)
        if interrupted:
            print(f"soak: interrupted; it goes on with: soak releases --resume {shown_path(folder)}", file=sys.stderr)
            from harness import exit_codes

            return exit_codes.NO_EVIDENCE
        if not arguments.quiet and searching.left:
            whole_line(
                console, f"--most {history.most} was reached: soak releases --resume {shown_path(folder)} --most N"
            )
        return code
