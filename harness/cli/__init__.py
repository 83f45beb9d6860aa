"""The command ``soak``: its `subcommands`, a module each, and the one place where an error becomes an exit code.

A subcommand's module has ``declare(parser)``, which adds its arguments, and ``run(arguments)``, which returns an exit
code; its docstring is its help; `SUBCOMMANDS` registers it. What is heavy is imported inside ``run``, so that
``soak --help`` is quick.

Exit codes, the first that applies: 2 wrong usage or an invalid scenario; 3 incomplete or invalid, or interrupted before
there was a verdict; 1 a claim missed; 4 inconclusive; 0.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import sys
import traceback
from collections.abc import Sequence
from typing import Final, Protocol, cast

from harness.errors import SoakError
from harness.foreign_text import disarmed_streams, on_one_line, to_nowhere
from harness.soaks import interrupts

SUBCOMMANDS: Final[dict[str, str]] = {
    "try": "harness.cli.subcommands.trial",
    "init": "harness.cli.subcommands.init",
    "run": "harness.cli.subcommands.run",
    "sweep": "harness.cli.subcommands.sweep",
    "releases": "harness.cli.subcommands.releases",
    "bundle": "harness.cli.subcommands.bundle",
    "report": "harness.cli.subcommands.report",
    "compare": "harness.cli.subcommands.compare",
    "explain": "harness.cli.subcommands.explain",
    "control": "harness.cli.subcommands.control",
    "list": "harness.cli.subcommands.listing",
    "show": "harness.cli.subcommands.show",
    "market": "harness.cli.subcommands.market",
    "convert": "harness.cli.subcommands.convert",
    "exchange": "harness.cli.subcommands.exchange",
    "clean": "harness.cli.subcommands.clean",
}


class Subcommand(Protocol):
    """What a subcommand's module offers."""

    def declare(self, parser: argparse.ArgumentParser) -> None:
        """Add the subcommand's arguments."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it, and say how it went as an exit code; raises SoakError."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; `argv` is the command line without the program's name, by default this process's.

    Without `argv` it is the whole program, which an interruption after its end no longer concerns.
    """
    code = SoakError.exit_code
    with interrupts.taken(for_good=argv is None), disarmed_streams():
        try:
            code = _told(argv)
            interrupts.over()
        except KeyboardInterrupt:  # while it was being told how it went
            pass
    return code


def _told(argv: Sequence[str] | None) -> int:
    """Run one subcommand and say what went wrong; the exit code."""
    try:
        code = _run(argv)
        sys.stdout.flush()  # a reader that has gone, or a full disk, is noticed here, not at interpreter exit
        if (failed := getattr(sys.stdout, "failed", None)) is not None:
            raise SoakError(f"standard output: {failed.strerror}: what it says is not whole")
    except SoakError as error:
        print(f"soak: {on_one_line(str(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("soak: interrupted", file=sys.stderr)
        return SoakError.exit_code
    except BrokenPipeError:
        # What was asked for did not reach its reader. The rest goes nowhere, so that nothing is raised at exit.
        to_nowhere(sys.stdout)
        return SoakError.exit_code
    except Exception:  # noqa: BLE001 - a bug: it shows its traceback, and must not exit 1, which is a claim missed
        sys.stderr.write(traceback.format_exc())
        return SoakError.exit_code
    return code


def _run(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(
        prog="soak", description="Hours of a data collector's memory, measured in a minute.", allow_abbrev=False
    )
    subparsers = parser.add_subparsers(title="subcommands", metavar="SUBCOMMAND", dest="subcommand")
    subcommands: dict[str, Subcommand] = {}
    for name, module_name in SUBCOMMANDS.items():
        module = importlib.import_module(module_name)
        subcommands[name] = cast(Subcommand, module)
        text = inspect.getdoc(module) or ""
        subparser = subparsers.add_parser(
            name,
            help=text.partition("\n")[0],
            description=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        subcommands[name].declare(subparser)
    arguments = parser.parse_args(argv)
    if arguments.subcommand is None:
        parser.print_help(sys.stderr)
        return 2
    return subcommands[arguments.subcommand].run(arguments)
