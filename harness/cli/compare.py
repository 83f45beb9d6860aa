"""Compare the configs of one result, or two results with each other.

A RESULT is a result folder, `latest`, or a scenario's name for its newest result. One result: every metric of its first
config beside every other config's, with the difference and its interval. Two results: the same for every config that
both have, after checking that they may be compared. One picture is written.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from harness.analysis.runs import Run
    from harness.scenario import Scenario

PICTURE_FILE = "compare.png"


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the subcommand's arguments."""
    parser.add_argument("result", metavar="RESULT", help="a result folder, latest, or a scenario's name")
    parser.add_argument("other", metavar="OTHER", nargs="?", help="the result to compare it with")
    parser.add_argument("--out", type=Path, metavar="FILE", help=f"the picture (default: {PICTURE_FILE} in the result)")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR", help="where results lie")


def run(arguments: argparse.Namespace) -> int:
    """Print the tables, write the picture, print its path."""
    from harness.errors import UsageError
    from harness.report.terminal.console import open_console, whole_line
    from harness.soaks.result_folder import find_result
    from harness.text import shown_path

    folders = [find_result(name, arguments.results) for name in (arguments.result, arguments.other) if name is not None]
    picture: Path = arguments.out or folders[-1] / PICTURE_FILE
    console = open_console()
    try:
        if len(folders) == 1:
            _compare_configs(console, folders[0], picture)
        else:
            _compare_results(console, folders[0], folders[1], picture)
    except BrokenPipeError:
        raise  # the reader has gone, not the disk
    except OSError as error:
        raise UsageError(f"{shown_path(picture)}: the picture cannot be written: {error.strerror}") from error
    console.print()
    whole_line(console, f"Picture: {shown_path(picture)}")
    return 0


def _compare_configs(console: Console, folder: Path, picture: Path) -> None:
    from harness.analysis.comparison import compare_configs
    from harness.analysis.verdict.control_record import read_controls
    from harness.analysis.verdict.validity import invalidities
    from harness.errors import UsageError
    from harness.report.pictures.comparison import comparison_picture
    from harness.report.terminal.comparison_table import print_comparison, print_legend
    from harness.report.terminal.verdict import print_invalidity
    from harness.text import shown_path

    scenario, runs = _read(folder)
    print_invalidity(console, invalidities(scenario, runs, read_controls(folder)))
    first, *others = scenario.configs
    if not others:
        raise UsageError(f"{shown_path(folder)}: has only one config, {first}: name a second result to compare it with")
    comparisons = [compare_configs(scenario, runs, first, other) for other in others]
    for comparison in comparisons:
        title = f"{comparison.a} and {comparison.b}"
        print_comparison(console, title, comparison, memory_scale=scenario.memory.scale)
    print_legend(console, memory_scale=scenario.memory.scale)
    comparison_picture(scenario, runs, comparisons, picture)


def _compare_results(console: Console, folder_a: Path, folder_b: Path, picture: Path) -> None:
    from harness.analysis.comparison import compare_results, may_compare
    from harness.analysis.verdict.control_record import read_controls
    from harness.analysis.verdict.validity import invalidities
    from harness.errors import UsageError
    from harness.report.pictures.comparison import results_picture
    from harness.report.terminal.comparison_table import print_comparison, print_disagreements, print_legend
    from harness.report.terminal.console import whole_line
    from harness.report.terminal.verdict import print_invalidity
    from harness.soaks.result_folder import read_manifest
    from harness.text import shown_path

    a, b = _read(folder_a), _read(folder_b)
    found = may_compare(read_manifest(folder_a), a[0], read_manifest(folder_b), b[0])
    names = f"{shown_path(folder_a)} and {shown_path(folder_b)}"
    refusing = [str(disagreement) for disagreement in found if disagreement.refuses]
    if refusing:
        raise UsageError(f"{names}: may not be compared, they disagree in {'; '.join(refusing)}")
    comparisons = compare_results(a, b)
    if not comparisons:
        raise UsageError(f"{names}: have no config in common: {', '.join(a[0].configs)} and {', '.join(b[0].configs)}")
    for side, folder in (("A", folder_a), ("B", folder_b)):
        whole_line(console, f"{side}: {shown_path(folder)}")
    flaws = [
        f"{side}: {reason}"
        for side, (scenario, runs), folder in (("A", a, folder_a), ("B", b, folder_b))
        for reason in invalidities(scenario, runs, read_controls(folder))
    ]
    print_invalidity(console, flaws)
    print_disagreements(console, found)
    for config, comparison in comparisons.items():
        print_comparison(console, config, comparison, memory_scale=a[0].memory.scale)
    print_legend(console, memory_scale=a[0].memory.scale)
    results_picture(a, b, comparisons, picture)


def _read(folder: Path) -> tuple[Scenario, Sequence[Run]]:
    from harness.analysis.runs import read_result
    from harness.scenario import load
    from harness.soaks.archive import archive_result
    from harness.soaks.result_folder import run_folders

    archive_result(run_folders(folder))
    scenario_file, runs = read_result(folder)
    return load(str(scenario_file), import_target=False), runs
