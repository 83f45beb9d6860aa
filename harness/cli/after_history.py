"""What follows the runs of a search over releases: its sentence and its table told, the table written.

The exit code is 0 where the edges of all that leaks are known, or nothing leaks; 4 where an edge or a release is open;
3 where nothing could be judged.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from rich.console import Console

from harness import exit_codes
from harness.analysis.histories.recorded_history import RecordedHistory
from harness.files import in_one_piece
from harness.report.histories.release_sentences import told
from harness.report.histories.release_table import print_releases, rows
from harness.report.terminal.console import heading, paragraph, whole_line
from harness.soaks.living import lives
from harness.soaks.result_folder import refuse_full_disk
from harness.text import shown_path

TABLE_FILE = "releases.csv"


def conclude_history(console: Console, folder: Path) -> int:
    """Tell what a search says, write its table, and return the exit code.

    Raises SoakError where the folder cannot be written.
    """
    recorded = RecordedHistory.open(folder)
    heading(console, f"Releases of {recorded.history.package}")
    for line in told(recorded):
        paragraph(console, line, bullet="- ")
    if recorded.findings:
        console.print()
        print_releases(console, recorded)
    if not lives(folder):
        try:
            _write(recorded, folder)
        except OSError as error:
            raise refuse_full_disk(error, folder) from error
    console.print()
    whole_line(console, f"Result: {shown_path(folder)}: {TABLE_FILE}; each release is a result below worlds/")
    if not any(outcome in ("good", "bad") for outcome in recorded.outcomes.values()):
        return exit_codes.NO_EVIDENCE
    return 0 if recorded.decided else exit_codes.UNDECIDED


def _write(recorded: RecordedHistory, folder: Path) -> None:
    with in_one_piece(folder / TABLE_FILE) as partial:
        pd.DataFrame(rows(recorded)).to_csv(partial, index=False)
