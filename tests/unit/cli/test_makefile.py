"""`make soak`: what it says below the screen, by the exit code, which it does not hide."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def made(folder: Path, code: int) -> subprocess.CompletedProcess[str]:
    """`make soak` with a command that prints its screen and ends with this code."""
    command = folder / "soak"
    command.write_text(f'#!/bin/sh\necho "the screen of $2"\nexit {code}\n')
    command.chmod(0o755)
    return subprocess.run(
        ["make", "--no-print-directory", "soak", f"BIN={folder}", "READY=", "SCENARIO=smoke"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (1, "Missed (1): something that was expected does not hold"),
        (2, "Not started (2): "),
        (3, "No verdict (3): it is incomplete or no evidence"),
        (4, "Undecided (4), not failed: run it again with what is Next above: HOURS= SEEDS= MAX_SEEDS= ANCHORS="),
        (7, "Ended by something else (7)"),
    ],
)
def test_what_is_not_met_is_said_in_one_plain_line_and_stays_an_error(tmp_path: Path, code: int, said: str) -> None:
    ended = made(tmp_path, code)
    line, error = ended.stderr.splitlines()
    assert ended.stdout == "the screen of smoke\n"
    assert line.startswith(said)
    assert len(line) <= 100
    assert f"Error {code}" in error
    assert ended.returncode == 2  # make's own, for any recipe that fails


def test_what_is_met_needs_no_words(tmp_path: Path) -> None:
    ended = made(tmp_path, 0)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "the screen of smoke\n", "")
