"""A soak that is gone on with: its result is found, held, and compared with what would be run now: `soak run --resume`.

It is the table of runs gone over again: a run that ended as runs do is kept, any other is run again.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from harness.analysis.result import Result
from harness.analysis.verdict.claim_verdict import check_claims
from harness.errors import UsageError
from harness.made_here import refuse_foreign
from harness.report.terminal.console import paragraph
from harness.scenario import Scenario, load, to_toml
from harness.soaks import run_rows
from harness.soaks.anchor_plan import ANCHORS_FOLDER, PLAN_FILE
from harness.soaks.archive import DAMAGED
from harness.soaks.living import locked
from harness.soaks.preloads import without_missing
from harness.soaks.result_folder import (
    SCENARIO_FILE,
    find_result,
    read_manifest,
    refuse_other_conditions,
    run_folders,
)
from harness.soaks.soak import Planned, plan_resumed
from harness.text import shown_path

FOREIGN = {
    "scenario": "SCENARIO",
    "scale": "--scale",
    "hours": "--hours",
    "symbols": "--symbols",
    "seeds": "--seeds",
    "max_seeds": "--max-seeds",
    "first_seed": "--first-seed",
    "anchor_minutes": "--anchor-minutes",
    "configs": "--configs",
    "revisions": "--revisions",
    "controls": "--controls",
    "clock": "--clock",
}
"""What the command line may not say where the result says it."""


@dataclass(frozen=True)
class Resumed:
    """A soak to be gone on with. One that has `looked` has all its seeds, and the plan of its anchor runs."""

    scenario: Scenario
    planned: Planned
    looked: bool


@contextlib.contextmanager
def resumed(console: Console, arguments: argparse.Namespace) -> Iterator[Resumed]:
    """Hold the result that ``--resume`` names until the end of the block, with what is missing from it planned.

    Raises UsageError, and leaves everything as it is, where there is none, its soak is going on, it comes from
    elsewhere without ``--trust``, or it would be gone on with under other conditions: another revision, market, target,
    or packages.
    """
    for name, option in FOREIGN.items():
        if getattr(arguments, name) is not None:
            raise UsageError(f"--resume: the result says what is run: leave out {option}")
    folder = find_result(arguments.resume, arguments.out)
    with locked(folder) as alone:
        if not alone:
            raise UsageError(f"--resume {arguments.resume}: {shown_path(folder)}: its soak is going on")
        manifest = read_manifest(folder)
        refuse_other_conditions(folder, manifest)
        written = load(str(folder / SCENARIO_FILE), import_target=False)
        if not arguments.trust:
            what = f"{shown_path(folder)}: its scenario"
            refuse_foreign(folder / SCENARIO_FILE, what, written.target.factory, written.run_beside())
        scenario = load(str(folder / SCENARIO_FILE), trusted=True).model_copy(
            update={"name": manifest.get("scenario", written.name)}
        )
        if to_toml(scenario) != to_toml(written):
            raise UsageError(f"{shown_path(folder)}: cannot be resumed: its target has other parameters now")
        check_claims(scenario)
        if missing := without_missing(scenario)[1]:
            raise UsageError(f"{shown_path(folder)}: cannot be resumed: {'; '.join(missing.values())}")
        planned = plan_resumed(scenario, folder, real_time=manifest.get("clock") == "real", at_once=arguments.jobs)
        _discard_damaged(folder)
        lacking = [row for row in planned.rows if row.state not in run_rows.RECORDED]
        if lacking:  # larger worlds are planned by all runs: what was planned without these is not the soak's plan
            shutil.rmtree(folder / ANCHORS_FOLDER, ignore_errors=True)
        if not arguments.quiet:
            kept = len(planned.rows) - len(lacking)
            paragraph(console, f"Resumed: {shown_path(folder)}: {kept} of its {len(planned.rows)} runs are kept.")
        yield Resumed(scenario, planned, looked=(folder / ANCHORS_FOLDER / PLAN_FILE).exists())


def _discard_damaged(folder: Path) -> None:
    """Remove the runs that ended as runs do and cannot be read: they are run again."""
    if run_folders(folder):
        for run in Result.open(folder).runs:
            if run.status == DAMAGED:
                shutil.rmtree(folder / "runs" / run.config / f"seed-{run.seed}", ignore_errors=True)
