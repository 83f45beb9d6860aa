"""Carry out the anchor runs of a soak: planned from its small runs, announced, recorded into its result."""

from __future__ import annotations

from rich.console import Console

from harness.analysis.full_scale.needs import anchor_needs
from harness.analysis.result import Result
from harness.report.terminal.console import paragraph
from harness.report.terminal.progress import Progress
from harness.report.words.anchors import plan_words
from harness.scenario import Scenario
from harness.soaks import anchor_plan, table
from harness.soaks.admission import room_bytes
from harness.soaks.plan import cores
from harness.soaks.result_folder import refuse_full_disk


def anchor(console: Console, scenario: Scenario, result: Result, *, jobs: int | None, quiet: bool) -> None:
    """Run what the claims of `scenario` need in other worlds, as far as memory and its minutes allow.

    Raises SoakError where the disk ran full, KeyboardInterrupt once every process is gone; what was recorded is kept.
    """
    result.refresh()
    needs, unfit = anchor_needs(scenario, result.runs)
    if not needs and not unfit:
        return
    at_once = jobs or cores()
    planned = anchor_plan.plan(
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
            table.carry_out(rows, at_once=at_once, foretold=foretold, observe=progress)
