"""What subcommands have in common: the options that change a scenario, and those of whoever carries out runs."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.text import shown_path

if TYPE_CHECKING:
    from rich.console import Console

    from harness.report.drawing.page import Page
    from harness.scenario import Scenario
    from harness.scenario.files import Revise


def declare_scenario(
    parser: argparse.ArgumentParser,
    *,
    default: str | None = None,
    first_seed: int | None = None,
    optional: bool = False,
) -> None:
    """Add the scenario, which may be left out where there is a `default` or it is `optional`, and what changes it.

    With `first_seed` seeds begin there, whatever the scenario says, unless the user says so.
    """
    parser.add_argument(
        "scenario",
        metavar="SCENARIO",
        nargs="?" if optional or default is not None else None,
        default=default,
        help="a scenario's name (`soak list`), the path of its file, or a target without one, as module:factory"
        + ("" if default is None else f" ({default})"),
    )
    declare_set(parser)
    parser.add_argument("--symbols", type=int, metavar="N", help="symbols of the market (market.symbols)")
    parser.add_argument("--scale", type=float, metavar="S", help="size of the world, above 0 up to 1 (memory.scale)")
    parser.add_argument("--hours", type=float, metavar="H", help="virtual hours; a warm-up shrinks to a fifth of them")
    parser.add_argument("--seeds", type=int, metavar="K", help="runs per config")
    parser.add_argument("--max-seeds", type=int, metavar="N", help="add seeds up to N while a verdict is open (none)")
    follow = f"the first seed; the others follow it ({first_seed or 1})"
    parser.add_argument("--first-seed", type=int, default=first_seed, metavar="N", help=follow)
    parser.add_argument(
        "--anchor-minutes",
        type=float,
        metavar="M",
        help="real minutes for runs in larger worlds (memory.anchors), as an idle machine takes",
    )
    parser.add_argument(
        "--no-anchors",
        dest="anchor_minutes",
        action="store_const",
        const=0.0,
        help="no such runs: what moves with the scale stays undecided",
    )
    parser.add_argument("--configs", metavar="A,B", help="only these configs; claims about others are dropped")


def declare_set(parser: argparse.ArgumentParser) -> None:
    """Add the parameters of a target that is named without a file."""
    parser.add_argument(
        "--set",
        action="append",
        metavar="KEY=VALUE",
        help="a parameter of the target that is named as module:factory (repeatable)",
    )


def declare_verbose(parser: argparse.ArgumentParser) -> None:
    """Add the option that tells all that is known, for which one screen has no room."""
    parser.add_argument(
        "--verbose", action="store_true", help="all tables, reasons and assumptions instead of one screen"
    )


def declare_trust(parser: argparse.ArgumentParser) -> None:
    """Add the option that runs what a result says that was not written here."""
    parser.add_argument(
        "--trust",
        action="store_true",
        help="run, install and check out what a result from elsewhere, or an edited one, names",
    )


def names(told: str | None) -> list[str] | None:
    """Return the names that an option lists with commas between; None where it was not given."""
    return None if told is None else [name.strip() for name in told.split(",") if name.strip()]


def scenario_from(arguments: argparse.Namespace) -> Scenario:
    """Return the scenario that the arguments name, with their options. Raises UsageError."""
    from harness.analysis.verdict.claim_verdict import check_claims
    from harness.scenario import load
    from harness.scenario.files import as_written
    from harness.scenario.overrides import with_options
    from harness.scenario.revised import with_revisions
    from harness.scenario.target_names import meant_as_a_target, names_a_target

    configs = names(arguments.configs)
    revisions = names(getattr(arguments, "revisions", None))
    revised = as_written if revisions is None else partial(with_revisions, revisions=revisions, configs=configs)
    if names_a_target(arguments.scenario):
        scenario = _of_a_target(arguments, revised)
    elif arguments.set:
        raise UsageError(
            meant_as_a_target(arguments.scenario)
            or f"--set {arguments.set[0]}: is for a target named as module:factory; a scenario has its configs"
        )
    else:
        try:
            scenario = load(arguments.scenario, trusted=getattr(arguments, "trust", False), revised=revised)
        except UsageError:
            if meant := meant_as_a_target(arguments.scenario):
                raise UsageError(meant) from None
            raise
    configs = configs if revisions is None else None
    check_claims(scenario)
    return with_options(
        scenario,
        hours=arguments.hours,
        symbols=arguments.symbols,
        scale=arguments.scale,
        seeds=arguments.seeds,
        max_seeds=arguments.max_seeds,
        first_seed=arguments.first_seed,
        anchor_minutes=arguments.anchor_minutes,
        configs=configs,
    )


def _of_a_target(arguments: argparse.Namespace, revised: Revise) -> Scenario:
    """Return the scenario of a target that is only named, as module:factory."""
    from harness.scenario.without_file import HOURS, SYMBOLS, Wanted, parameter, without_file

    hours, symbols = arguments.hours, arguments.symbols
    wanted = Wanted(
        arguments.scenario,
        HOURS if hours is None else hours,
        SYMBOLS if symbols is None else symbols,
        dict(parameter(written) for written in arguments.set or ()),
    )
    return without_file(wanted, revised=revised)


def declare_soaking(parser: argparse.ArgumentParser) -> None:
    """Add how many runs go at once, and where their results go."""
    parser.add_argument("--jobs", type=int, metavar="N", help="runs at once (default: one a core, if they fit)")
    parser.add_argument("--out", type=Path, default=Path("results"), metavar="DIR", help="where results go (results)")


def begin_soaking(arguments: argparse.Namespace) -> Console:
    """Open the console; warn where memory is not judged.

    Raises UsageError where --jobs allows none.
    """
    from harness.report.terminal.console import open_console
    from harness.worker.isolation import platform_warning

    if arguments.jobs is not None and arguments.jobs < 1:
        raise UsageError(f"--jobs {arguments.jobs}: must be at least 1")
    console = open_console()
    if (warning := platform_warning()) is not None:
        console.print(f"Warning: {warning}")
    return console


def save_picture(console: Console, page: Page, picture: Path, *, make_folder: bool = False) -> None:
    """Save the page as a PNG and say where. Raises UsageError where it cannot be written."""
    from harness.report.terminal.console import whole_line

    try:
        if make_folder:
            picture.parent.mkdir(parents=True, exist_ok=True)
        page.save(picture)
    except OSError as error:
        raise UsageError(f"{shown_path(picture)}: the picture cannot be written: {error.strerror}") from error
    console.print()
    whole_line(console, f"Picture: {shown_path(picture)}")


def save_page(console: Console, text: str, path: Path) -> None:
    """Save a page of HTML and say where. Raises UsageError where it cannot be written."""
    from harness.report.page.document import write
    from harness.report.terminal.console import whole_line

    try:
        write(text, path)
    except OSError as error:
        raise UsageError(f"{shown_path(path)}: the page cannot be written: {error.strerror}") from error
    whole_line(console, f"Page: {shown_path(path)}")
