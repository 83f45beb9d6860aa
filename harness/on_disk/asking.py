"""Asking a short-lived process for the rows that runs left on disk: foreign files are read by nobody else."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.guarding.asking import ask

PATIENCE_S = 600.0
"""Real seconds that all runs of a table may take to be counted."""


def counts_of(
    folders: Sequence[Path], patterns: Sequence[str], *, patience_s: float = PATIENCE_S
) -> list[dict[str, Any]]:
    """Return what :mod:`harness.on_disk.counting` answers for each data folder.

    Where it died or is not done in time, `rows` of what is left is None, and `trouble` has the reason.
    """
    questions = "".join(f"{json.dumps([str(folder.resolve()), list(patterns)])}\n" for folder in folders)
    command = [sys.executable, "-P", "-m", "harness.on_disk.counting"]
    answer = ask(command, questions, env=os.environ, patience_s=patience_s)
    answers = [json.loads(line) for line in answer.text.splitlines(keepends=True) if line[-1] == "\n"]
    why = f"the process that counts ended ({answer.ended})" if answer.done else f"not counted within {patience_s:g} s"
    lacking = {"patterns": list(patterns), "rows": None, "trouble": [why]}
    return answers + [dict(lacking) for _ in folders[len(answers) :]]
