"""From a result folder to its verdict and picture: how `soak run` ends, and all that `soak report` does."""

from __future__ import annotations

from rich.console import Console

from harness.analysis.result import Result
from harness.analysis.verdict import verdict_file
from harness.report.pictures.anatomy import anatomy_picture
from harness.report.pictures.memory import memory_picture
from harness.report.pictures.over_time import over_time_picture
from harness.report.pictures.waterfall import waterfall_picture
from harness.report.terminal.config_table import print_configs
from harness.report.terminal.console import whole_line
from harness.report.terminal.verdict import print_invalidity, print_verdict, print_warnings
from harness.report.words.headline import summary_sentence
from harness.text import shown_path

PICTURE_FILE = "memory.png"
FURTHER_PICTURES = {
    "over_time.png": over_time_picture,
    "waterfall.png": waterfall_picture,
    "anatomy.png": anatomy_picture,
}
"""Drawn where a run recorded what they show."""


def conclude(console: Console, result: Result) -> int:
    """Judge a result with all that was recorded until now, draw and print it; returns the exit code."""
    result.refresh()
    scenario, runs, anchors, verdict = result.scenario, result.runs, result.anchors, result.verdict
    folder = result.folder
    verdict_file.write(verdict, summary_sentence(verdict), folder / verdict_file.VERDICT_FILE)
    flawed = verdict if verdict.status == "invalid" else None  # then every picture says why
    memory_picture(scenario, runs, verdict=flawed, anchors=anchors).save(folder / PICTURE_FILE)
    print_invalidity(console, flawed.reasons if flawed is not None else ())
    print_warnings(console, runs)
    further = []
    for name, draw in FURTHER_PICTURES.items():
        page = draw(scenario, runs, verdict=flawed)
        if page is not None:
            page.save(folder / name)
            further.append(name)
    print_configs(console, scenario, runs, anchors)
    print_verdict(console, scenario, verdict, folder / PICTURE_FILE)
    if further:
        whole_line(console, f"Beside it: {', '.join(further)}; in words: soak explain {shown_path(folder)}")
    return verdict.exit_code
