"""Say in plain words why memory is what it is: whether a config leaks, who holds it, what stop() forgot.

RESULT is a result folder, `latest`, or a scenario's name or file for its newest result. Nothing is judged: the exit
code is 0.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the subcommand's arguments."""
    parser.add_argument("result", metavar="RESULT", help="a result folder, latest, or a scenario's name or file")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR", help="where results lie")


def run(arguments: argparse.Namespace) -> int:
    """Print the explanation of every config of the result."""
    explain_recording(result_folder(arguments.result, arguments.results))
    return 0


def explain_recording(folder: Path) -> None:
    """Print what a result's recordings say of every config. Raises UsageError where they cannot be read."""
    from harness.analysis.explanation import explain
    from harness.analysis.runs import read_result
    from harness.cli.tables import open_console
    from harness.report.explanation import print_explanation
    from harness.running.results import read_manifest
    from harness.scenario import load

    scenario_file, runs = read_result(folder)
    loaded = load(str(scenario_file), import_target=False)
    scenario = loaded.model_copy(update={"name": read_manifest(folder)["scenario"]})
    print_explanation(open_console(), scenario, explain(scenario, runs))


def result_folder(reference: str, root: Path) -> Path:
    """The result that a user means; a scenario that has none is told to be run. Raises UsageError."""
    from harness.errors import UsageError
    from harness.running.results import find_result
    from harness.scenario import available

    name = Path(reference).stem if reference.endswith(".toml") else reference
    try:
        return find_result(name if reference.endswith(".toml") else reference, root)
    except UsageError:
        if name in {listing.name for listing in available()} or Path(reference).is_file():
            raise UsageError(f"{reference} has no result in {root} yet: soak run {reference}") from None
        raise
