"""What follows the runs of a sweep: its tables and its page written, its pictures drawn, its findings told.

The exit code is 0 where every run is whole, 3 where one is missing or failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from rich.console import Console

from harness import exit_codes
from harness.analysis.sweeps.claim_map import ClaimMap, claim_maps
from harness.analysis.sweeps.long_table import claims_table, metrics_table, runs_table
from harness.analysis.sweeps.moving import moved_along
from harness.analysis.sweeps.recorded_sweep import RecordedSweep
from harness.analysis.sweeps.switches import EFFECTS_ON, effects_of, switches_of
from harness.files import in_one_piece, write_table
from harness.report.drawing.page import Page
from harness.report.machines.cases import Case
from harness.report.machines.github_actions import tell_of_sweep
from harness.report.machines.job_summary import sweep_summary, write_summary
from harness.report.machines.junit_file import sweep_junit, write_junit
from harness.report.machines.sweep_cases import sweep_cases
from harness.report.page.document import PAGE_FILE, write
from harness.report.page.sweep_page import sweep_page
from harness.report.pictures.sweep_effects import effects_picture
from harness.report.pictures.sweep_levels import levels_picture
from harness.report.pictures.sweep_map import map_picture
from harness.report.sweeps.findings import moves_by_axis
from harness.report.sweeps.screen import print_along, print_claims, print_effects, print_sentences
from harness.report.sweeps.sentences import said_along, said_of_claims, said_of_runs, said_of_switches
from harness.report.terminal.console import whole_line
from harness.soaks.living import lives
from harness.soaks.result_folder import refuse_full_disk
from harness.text import shown_path

TABLES = ("table", "runs", "claims")


def conclude_sweep(console: Console, folder: Path) -> int:
    """Write the tables, the pictures and the page of a sweep, and tell what it says; return the exit code.

    Where another process still carries it out nothing is written. Raises SoakError where the folder cannot be written.
    """
    sweep = RecordedSweep(folder)
    maps = claim_maps(sweep)
    pages = _told(console, sweep, maps)
    if not lives(folder):
        cases = sweep_cases(sweep, maps)
        try:
            written, summary = _written(sweep, maps, pages, cases)
        except OSError as error:
            raise refuse_full_disk(error, folder) from error
        console.print()
        whole_line(console, f"Result: {shown_path(folder)}: {', '.join(written)}")
        tell_of_sweep(f"sweep {sweep.name} of {sweep.scenario.name}", cases, summary)
    return exit_codes.NO_EVIDENCE if sweep.holes() else 0


def _told(console: Console, sweep: RecordedSweep, maps: Sequence[ClaimMap]) -> dict[str, Page]:
    """Print what the sweep says; return its pictures by name."""
    print_sentences(console, f"Sweep {sweep.name} of {sweep.scenario.name}", list(said_of_runs(sweep)))
    pages: dict[str, Page] = {}
    scale = next(iter(sweep.worlds.values())).memory.scale
    if switches_of(sweep):
        for base in sweep.points.bases:
            effects = [effects_of(sweep, metric, base) for metric in EFFECTS_ON]
            print_sentences(console, f"Starting from {base}", list(said_of_switches(effects, sweep)))
            print_effects(console, effects, scale)
            pages[f"effects-{base}.png"] = effects_picture(sweep, effects)
    elif moves_by_axis(sweep):
        along = {axis: moved_along(sweep, axis) for axis in sweep.points.settings.axes}
        for axis, moved in along.items():
            print_sentences(console, f"Along {axis}", list(said_along(sweep, axis, moved, maps)))
            print_along(console, sweep, axis, moved)
        pages["levels.png"] = levels_picture(sweep)
    elif len(sweep.points.settings.axes) == 2 and maps:
        pages["map.png"] = map_picture(sweep, maps)
    if not switches_of(sweep):
        print_claims(console, sweep, maps)
        print_sentences(console, "Claims", list(said_of_claims(maps, sweep)))
    return pages


def _written(
    sweep: RecordedSweep, maps: Sequence[ClaimMap], pages: dict[str, Page], cases: Sequence[Case]
) -> tuple[list[str], list[str]]:
    """Write tables, pictures, the page and what other programs read; return their names, and the job's summary."""
    tables = (metrics_table(sweep), runs_table(sweep), claims_table(sweep, maps))
    for name, table in zip(TABLES, tables, strict=True):
        if not table.empty:
            _write(table, sweep.folder / name)
    for name, picture in pages.items():
        picture.save(sweep.folder / name)
    written = [f"{name}.parquet" for name, table in zip(TABLES, tables, strict=True) if not table.empty]
    page = write(sweep_page(sweep, maps), sweep.folder / PAGE_FILE)
    summary = sweep_summary(sweep, maps, cases)
    write_summary(summary, sweep.folder)
    write_junit(sweep_junit(sweep, maps, cases), sweep.folder)
    return [*written, "the same as .csv", *pages, page], summary


def _write(table: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet and as CSV, each in one piece."""
    write_table(table, path.with_suffix(".parquet"))
    with in_one_piece(path.with_suffix(".csv")) as partial:
        table.to_csv(partial, index=False)
