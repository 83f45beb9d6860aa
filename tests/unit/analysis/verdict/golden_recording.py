"""The recording in golden/, and copies of it that a test may add to."""

from __future__ import annotations

import shutil
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"


def golden_copy(to: Path) -> Path:
    """A copy of the golden result below a folder, without its verdict."""
    copy = to / "golden"
    shutil.copytree(GOLDEN, copy, ignore=shutil.ignore_patterns("verdict.json"))
    return copy
