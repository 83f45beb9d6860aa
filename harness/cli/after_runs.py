"""What follows the runs of a soak: anchor runs, pictures, the verdict told. `soak report` does the last two again.

The exit code is that of the verdict (harness.exit_codes).
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from harness.analysis.full_scale.needs import anchor_needs
from harness.analysis.result import Result
from harness.analysis.sweeps.claim_shares import claim_shares
from harness.analysis.verdict import verdict_file
from harness.command_line import own_command
from harness.report.machines.bencher_metrics import write_metrics
from harness.report.machines.github_actions import tell_of_soak
from harness.report.machines.job_summary import soak_summary, write_summary
from harness.report.machines.junit_file import soak_junit, write_junit
from harness.report.page.soak_page import write_page
from harness.report.pictures.anatomy import anatomy_picture
from harness.report.pictures.memory import memory_picture
from harness.report.pictures.over_time import over_time_picture
from harness.report.pictures.waterfall import waterfall_picture
from harness.report.terminal.config_table import print_configs
from harness.report.terminal.console import paragraph, whole_line
from harness.report.terminal.not_recorded import not_recorded_line
from harness.report.terminal.progress import Progress
from harness.report.terminal.screen import Screen, print_screen
from harness.report.terminal.verdict import print_invalidity, print_trouble, print_verdict, print_warnings
from harness.report.words.anchors import plan_words
from harness.report.words.config_sentences import config_sentences
from harness.report.words.headline import summary_sentence
from harness.scenario import Scenario
from harness.soaks import anchor_plan, interrupts, run_rows
from harness.soaks.admission import room_bytes
from harness.soaks.plan import cores
from harness.soaks.result_folder import refuse_full_disk
from harness.text import shown_path

PICTURE_FILE = "memory.png"
FURTHER_PICTURES = {
    "over_time.png": over_time_picture,
    "waterfall.png": waterfall_picture,
    "anatomy.png": anatomy_picture,
}
"""Drawn where a run recorded what they show."""

GOING_ON = "The soak is still going on: this is what it recorded until now, and nothing was written beside it."


def anchor(
    console: Console, scenario: Scenario, result: Result, *, jobs: int | None, quiet: bool, resumed: bool = False
) -> None:
    """Run what the claims of `scenario` need in other worlds, as far as memory and its minutes allow.

    Where it is `resumed`, the worlds are those that were planned before. Raises SoakError where the disk ran full,
    KeyboardInterrupt once every process is gone; what was recorded is kept.
    """
    result.refresh()
    needs, unfit = anchor_needs(scenario, result.runs)
    if not needs and not unfit:
        return
    at_once = jobs or cores()
    former = anchor_plan.read_plan(result.folder) if resumed else None
    planned = former or anchor_plan.plan(
        needs,
        scale=scenario.memory.scale,
        seeds=scenario.planned_seeds(),
        run_on_h=scenario.time.run_on_s / 3600,
        room_bytes=room_bytes(),
        at_once=at_once,
        minutes=scenario.memory.anchors.minutes,
    ).without(unfit)
    try:
        anchor_plan.write_plan(planned, result.folder)
    except OSError as error:
        raise refuse_full_disk(error, result.folder) from error
    if not quiet:
        for line in plan_words(planned, at_once):
            paragraph(console, line)
    if planned.worlds:
        with Progress(console, quiet=quiet) as progress:
            root = result.folder / anchor_plan.ANCHORS_FOLDER
            rows = [row for world in planned.worlds for row in world.rows(scenario, root)]
            foretold = {need.config: need.peak_bytes for need in needs}
            run_rows.carry_out(rows, at_once=at_once, foretold=foretold, observe=progress)


def conclude(console: Console, result: Result, *, verbose: bool) -> int:
    """Judge a result with all that was recorded until now, draw it, print it on a screen; returns the exit code.

    What is `verbose` prints all that is known, in place of the screen. Where another process still carries out the
    soak, what it recorded until now is judged and printed, and nothing is written beside it. Raises SoakError where the
    folder cannot be written.
    """
    result.refresh()
    scenario, runs, anchors, verdict = result.scenario, result.runs, result.anchors, result.verdict
    folder, going_on = result.folder, result.is_going_on
    summary = [] if going_on else soak_summary(result)
    try:
        drawn = [] if going_on else _written(result, summary)
    except OSError as error:
        raise refuse_full_disk(error, folder) from error
    if verbose:
        _print_all(console, result, drawn)
    else:
        files = (*drawn, verdict_file.VERDICT_FILE) if drawn else ()
        shares = claim_shares(folder, scenario)
        print_screen(console, Screen(scenario, verdict, folder, runs, anchors, files, own_command(), shares))
    if going_on:
        paragraph(console, GOING_ON)
    else:
        tell_of_soak(result, summary)
    return verdict.exit_code


def _written(result: Result, summary: Sequence[str]) -> list[str]:
    """Write what programs read, the pictures and the page; return the names of the pictures, then that of the page."""
    scenario, runs, verdict, folder = result.scenario, result.runs, result.verdict, result.folder
    path = folder / verdict_file.VERDICT_FILE
    verdict_file.write(verdict, summary_sentence(verdict), config_sentences(verdict), path)
    flawed = verdict if verdict.status == "invalid" else None  # then every picture says why
    memory_picture(scenario, runs, verdict=flawed, anchors=result.anchors).save(folder / PICTURE_FILE)
    drawn = [PICTURE_FILE]
    for name, draw in FURTHER_PICTURES.items():
        interrupts.raise_swallowed()
        page = draw(scenario, runs, verdict=flawed)
        if page is not None:
            page.save(folder / name)
            drawn.append(name)
    drawn.append(write_page(result, folder))
    write_metrics(verdict, folder)
    write_summary(summary, folder)
    write_junit(soak_junit(result), folder)
    return drawn


def _print_all(console: Console, result: Result, drawn: list[str]) -> None:
    scenario, runs, verdict = result.scenario, result.runs, result.verdict
    print_invalidity(console, verdict.reasons if verdict.status == "invalid" else ())
    print_warnings(console, runs)
    print_trouble(console, runs)
    if lacking := not_recorded_line(runs):
        paragraph(console, f"Not recorded: {lacking}")
    print_configs(console, scenario, runs, result.anchors)
    print_verdict(console, scenario, verdict, result.folder / PICTURE_FILE if drawn else None)
    if drawn[1:]:
        again = f"{own_command()} explain {shown_path(result.folder)}"
        whole_line(console, f"Beside it: {', '.join(drawn[1:])}; in words: {again}")
