"""Say in plain words why memory is what it is: whether a config leaks, who holds it, what stop() forgot.

RESULT is a result folder, `latest`, or a scenario's name or file for its newest result. Nothing is judged: the exit
code is 0.

--deep reruns one config for a few virtual minutes with its allocations traced, to name the lines of code behind what
grows: under tracemalloc, and under memray where that is installed, whose flame graph goes into RESULT/deep/CONFIG.
What a result names is run only where it was made here, by this user in this checkout: else with --trust.
Of growth that no owner explains it tells which types grew, who refers to them, and what sits in cycles.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from harness.command_line import own_command
from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from harness.analysis.explanation import Explanation

MOST_OWNERS = 3
"""How many owners of a config have their lines of code traced."""


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("result", metavar="RESULT", help="a result folder, latest, or a scenario's name or file")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR", help="where results lie")
    parser.add_argument("--deep", action="store_true", help="rerun a config, to name the lines behind its first owners")
    parser.add_argument("--config", metavar="NAME", help="with --deep: which config (the one that leaks most)")
    parser.add_argument("--seed", type=int, metavar="N", help="with --deep: which seed (the first recorded)")
    parser.add_argument(
        "--hours", type=float, metavar="H", help="with --deep: virtual hours (0.25, less if it grows fast)"
    )
    parser.add_argument(
        "--trust", action="store_true", help="with --deep: run what a result from elsewhere, or an edited one, names"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the explanation of every config of the result, and what a rerun finds if one is asked for."""
    from harness.analysis.explanation import explain
    from harness.analysis.result import Result
    from harness.report.terminal.console import open_console
    from harness.report.terminal.explanation import print_explanation
    from harness.report.terminal.verdict import print_incompleteness, print_invalidity
    from harness.soaks.living import locked
    from harness.text import shown_path

    if not arguments.deep:
        for option in ("config", "seed", "hours", "trust"):
            if getattr(arguments, option) not in (None, False):
                raise UsageError(f"--{option} is for a rerun: give --deep too")
    folder = result_folder(arguments.result, arguments.results)
    result, console = Result.open(folder), open_console()
    if arguments.deep and result.is_going_on:
        raise UsageError(f"{shown_path(folder)}: its soak is being carried out: --deep writes there, so it has to wait")
    print_invalidity(console, result.invalidities)
    print_incompleteness(console, result.lacking)
    found = explain(result.scenario, result.runs)
    print_explanation(console, result.scenario, found, no_evidence=bool(result.invalidities))
    budget = result.scenario.memory.leak_budget_gb_per_hour
    if arguments.deep:
        with locked(folder, tries=1) as alone:
            if not alone:
                raise UsageError(f"{shown_path(folder)}: another process writes there: --deep has to wait")
            explain_by_rerun(console, folder, found, budget, arguments)
    else:
        offer_reruns(console, folder, found, budget)
    return 0


def offer_reruns(console: Console, folder: Path, found: Sequence[Explanation], budget: float) -> None:
    """Print how to learn more of what grows without an owner, a line a config."""
    from harness.analysis.owners.suspects import rate_without_owner
    from harness.report.terminal.console import whole_line
    from harness.report.words.unowned import offer

    unowned = {one.config: rate for one in found if (rate := rate_without_owner(one, budget)) is not None}
    if unowned:
        console.print()
    for config, gb_per_hour in unowned.items():
        whole_line(console, offer(config, gb_per_hour, folder))


def explain_by_rerun(
    console: Console, folder: Path, found: Sequence[Explanation], budget: float, arguments: argparse.Namespace
) -> None:
    """Print which lines allocated what the first owners of a config hold, from a rerun that is not judged.

    What grows by more than the `budget` without an owner is told by type.

    Raises UsageError where there is nothing to rerun, SoakError where the rerun fails.
    """
    from harness.analysis.owners.suspects import rate_without_owner, suspects, worst
    from harness.deep.rerun import has_memray, plan_rerun, trace
    from harness.deep.tracers import CENSUS, TRACERS
    from harness.report.terminal.allocations import INSTALL, print_allocations
    from harness.report.terminal.console import heading, whole_line
    from harness.report.terminal.progress import RerunProgress

    if not found:
        raise UsageError(f"{folder}: no run recorded a sample, so nothing tells what to rerun")
    chosen = worst(found).config if arguments.config is None else arguments.config
    mine = [one for one in found if one.config == chosen]
    owners, gb_per_hour = suspects(mine[0], MOST_OWNERS) if mine else ([], None)
    unowned = rate_without_owner(mine[0], budget) if mine else None
    real_bytes = 1e9 * found[0].runs[0].memory_scale
    rates = [rate for rate in (gb_per_hour, unowned) if rate is not None]
    growing = min(rates) * real_bytes if rates else None
    job = plan_rerun(folder, chosen, arguments.seed, arguments.hours, growing, trusted=arguments.trust)
    heading(console, f"Rerun of {chosen} seed {job.seed}: {job.horizon_s / 3600:.2g} virtual hours, not judged")
    if not owners:
        whole_line(console, "The recording names no owner that grows: the one that grows most in the rerun is taken.")
    tracers = TRACERS if has_memray() and not job.interpreter else TRACERS[:1]
    if job.interpreter:
        whole_line(console, f"{chosen} has an environment of its own, without memray: no flame graph is drawn.")
    elif len(tracers) < len(TRACERS):
        whole_line(console, INSTALL)
    counted = unowned is not None or not owners
    if counted:
        tracers = (*tracers, CENSUS)
    allocations = trace(folder, job, owners, {tracer: RerunProgress(console, tracer) for tracer in tracers})
    print_allocations(console, chosen, job.seed, allocations, counted=counted)


def result_folder(reference: str, root: Path) -> Path:
    """Return the result that a user means. Raises UsageError, which says how to make one if there is none yet."""
    from harness.scenario import available
    from harness.soaks.result_folder import find_result

    name = Path(reference).stem if reference.endswith(".toml") else reference
    try:
        return find_result(name, root)
    except UsageError:
        if name in {listing.name for listing in available()} or Path(reference).is_file():
            raise UsageError(f"{reference} has no result in {root} yet: {own_command()} run {reference}") from None
        raise
