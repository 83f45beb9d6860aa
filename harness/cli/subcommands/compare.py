"""Compare the configs of one result, or two results with each other.

A RESULT is a result folder, `latest`, or a scenario's name for its newest result. One result: every metric of its first
config beside every other config's, with the difference and its interval. Two results: the same for every config that
both have, after checking that they may be compared. A picture is written, and a page beside it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.options import save_page, save_picture
from harness.errors import UsageError
from harness.text import shown_path

if TYPE_CHECKING:
    from rich.console import Console

    from harness.analysis.result import Result
    from harness.report.drawing.page import Page

PICTURE_FILE = "compare.png"
PAGE_SUFFIX = ".html"

GOING_ON = "No picture: the soak is still going on, and nothing is written beside it. --out writes one elsewhere."


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("result", metavar="RESULT", help="a result folder, latest, or a scenario's name")
    parser.add_argument("other", metavar="OTHER", nargs="?", help="the result to compare it with")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help=f"the picture (default: {PICTURE_FILE} in the result), with the page beside it; of X.html the page alone",
    )
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR", help="where results lie")


def run(arguments: argparse.Namespace) -> int:
    """Print the tables, write the picture, print its path."""
    from harness.analysis.result import Result
    from harness.report.terminal.console import open_console
    from harness.soaks.result_folder import find_result

    folders = [find_result(name, arguments.results) for name in (arguments.result, arguments.other) if name is not None]
    results = [Result.open(folder) for folder in folders]
    console = open_console()
    drawn, page = _compare_configs(console, *results) if len(results) == 1 else _compare_results(console, *results)
    if arguments.out is None and results[-1].is_going_on:
        console.print(GOING_ON, highlight=False)
    else:
        picture = arguments.out or folders[-1] / PICTURE_FILE
        if picture.suffix != PAGE_SUFFIX:
            save_picture(console, drawn, picture)
        save_page(console, page, picture.with_suffix(PAGE_SUFFIX))
    return 0


def _compare_configs(console: Console, result: Result) -> tuple[Page, str]:
    """Print the comparison of the configs of one result; return its picture and its page."""
    from harness.analysis.comparison import compare_configs
    from harness.report.page.comparison_page import configs_page
    from harness.report.pictures.comparison import comparison_picture
    from harness.report.terminal.comparison_table import print_comparison, print_legend
    from harness.report.terminal.verdict import print_incompleteness, print_invalidity

    scenario, runs = result.scenario, result.runs.finished
    print_invalidity(console, result.invalidities)
    print_incompleteness(console, result.lacking)
    first, *others = scenario.configs
    if not others:
        raise UsageError(
            f"{shown_path(result.folder)}: has only one config, {first}: name a second result to compare it with"
        )
    comparisons = [compare_configs(runs, first, other) for other in others]
    for comparison in comparisons:
        title = f"{comparison.a} and {comparison.b}"
        print_comparison(console, title, comparison, memory_scale=scenario.memory.scale)
    print_legend(console, memory_scale=scenario.memory.scale)
    return comparison_picture(scenario, runs, comparisons), configs_page(result, comparisons)


def _compare_results(console: Console, a: Result, b: Result) -> tuple[Page, str]:
    """Print the comparison of two results; return its picture and its page."""
    from harness.analysis.comparison import compare_results, may_compare
    from harness.report.page.comparison_page import results_page
    from harness.report.pictures.comparison import results_picture
    from harness.report.terminal.comparison_table import print_comparison, print_disagreements, print_legend
    from harness.report.terminal.console import whole_line
    from harness.report.terminal.verdict import print_incompleteness, print_invalidity

    disagreements = may_compare(a.manifest, a.scenario, b.manifest, b.scenario)
    names = f"{shown_path(a.folder)} and {shown_path(b.folder)}"
    refusing = [str(disagreement) for disagreement in disagreements if disagreement.refuses]
    if refusing:
        raise UsageError(f"{names}: may not be compared, they disagree in {'; '.join(refusing)}")
    soaks = (a.scenario, a.runs.finished), (b.scenario, b.runs.finished)
    comparisons = compare_results(*soaks)
    if not comparisons:
        configs = [", ".join(result.scenario.configs) for result in (a, b)]
        raise UsageError(f"{names}: have no config in common: {' and '.join(configs)}")
    sides = {"A": a, "B": b}
    for side, result in sides.items():
        whole_line(console, f"{side}: {shown_path(result.folder)}")
    print_invalidity(console, [f"{side}: {reason}" for side, result in sides.items() for reason in result.invalidities])
    print_incompleteness(console, [f"{side}: {reason}" for side, result in sides.items() for reason in result.lacking])
    print_disagreements(console, disagreements)
    for config, comparison in comparisons.items():
        print_comparison(console, config, comparison, memory_scale=a.scenario.memory.scale)
    print_legend(console, memory_scale=a.scenario.memory.scale)
    return results_picture(*soaks, comparisons), results_page(a, b, comparisons, disagreements)
