"""The process that counts what runs left on disk: ``python -P -m harness.on_disk.counting ASKED FD``.

It reads from the file descriptor ASKED a line of JSON a run, ``[folder, patterns]``, and writes as many lines to FD,
each as soon as it is known: a file may be large, or made to be read for ever, and what was counted before it stands.
An answer has::

    patterns     as asked
    rows, files  how many rows could be read, in how many files
    damaged      rows beside them that could not, such as torn lines
    unmatched    patterns that no file matches
    there        the first few files that are there, where one matches none
    trouble      the first few files that cannot be read, each with the reason; `unreadable` is how many
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.on_disk.patterns import SHOWN, matching, there
from harness.on_disk.row_counts import UNREADABLE, count_rows

_LONGEST = 200
"""Characters of a reader's complaint that are kept."""


def count_folder(folder: Path, patterns: Iterable[str]) -> dict[str, Any]:
    """Count the rows of all files in a data folder that the patterns name; a file that two name counts once."""
    patterns = list(patterns)
    matched = {pattern: matching(folder, pattern) for pattern in patterns}
    unmatched = [pattern for pattern, files in matched.items() if not files]
    files = sorted({file for found in matched.values() for file in found})
    rows = damaged = 0
    trouble = []
    for file in files:
        try:
            good, bad = count_rows(folder, file)
        except UNREADABLE as error:
            words = " ".join(str(error).replace(f"{folder}{os.sep}", "").split())[:_LONGEST]
            trouble.append(f"{file.path}: {words or type(error).__name__}")
            continue
        rows, damaged = rows + good, damaged + bad
    return {
        "patterns": patterns,
        "rows": rows,
        "files": len(files),
        "damaged": damaged,
        "unmatched": unmatched,
        "there": there(folder) if unmatched else [],
        "unreadable": len(trouble),
        "trouble": trouble[:SHOWN],
    }


def main() -> None:
    """Answer line by line."""
    with open(int(sys.argv[1]), encoding="utf-8") as asked, open(int(sys.argv[2]), "w", encoding="utf-8") as channel:
        for line in asked:
            folder, patterns = json.loads(line)
            print(json.dumps(count_folder(Path(folder), patterns)), file=channel, flush=True)


if __name__ == "__main__":
    main()
