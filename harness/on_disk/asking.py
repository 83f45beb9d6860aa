"""Asking a short-lived process for the rows that runs left on disk: foreign files are read by nobody else."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.guarding.guarded import Guarded
from harness.text import how_it_ended

PATIENCE_S = 600.0
"""Real seconds that all runs of a table may take to be counted."""

ENDING_S = 5.0


def counts_of(
    folders: Sequence[Path], patterns: Sequence[str], *, patience_s: float = PATIENCE_S
) -> list[dict[str, Any]]:
    """Return what :mod:`harness.on_disk.counting` answers for each data folder.

    Where it died or is not done in time, `rows` of what is left is None, and `trouble` has the reason.
    """
    questions = "".join(f"{json.dumps([str(folder.resolve()), list(patterns)])}\n" for folder in folders)
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as channel, tempfile.TemporaryFile() as printed:
        asked.write(questions.encode())
        asked.seek(0)
        descriptors = [asked.fileno(), channel.fileno()]
        command = [sys.executable, "-P", "-m", "harness.on_disk.counting", *map(str, descriptors)]
        process = Guarded(command, output=printed, env=os.environ, pass_fds=descriptors)
        try:
            done = process.wait(patience_s)
        finally:
            process.end_now(ENDING_S)
        channel.seek(0)
        answers = [json.loads(line) for line in channel.read().decode().splitlines(keepends=True) if line[-1] == "\n"]
    ended = how_it_ended(process.returncode or 0)
    why = f"the process that counts ended ({ended})" if done else f"not counted within {patience_s:g} s"
    lacking = {"patterns": list(patterns), "rows": None, "trouble": [why]}
    return answers + [dict(lacking) for _ in folders[len(answers) :]]
