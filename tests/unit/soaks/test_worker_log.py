"""worker.log keeps its head and its tail, while the process that writes it goes on and afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.soaks.worker_log import LOG_FILE, bound_ended, bound_growing, last_line

HEAD = TAIL = 20_000


def test_the_middle_of_a_log_that_grows_is_given_back_and_who_writes_it_goes_on(tmp_path: Path) -> None:
    path = tmp_path / LOG_FILE
    writes = (
        "import sys\nfor line in sys.stdin:\n    print('x' * 100_000, flush=True); print(line.strip(), flush=True)\n"
    )
    with path.open("wb") as log:
        writer = subprocess.Popen(
            [sys.executable, "-c", writes], stdin=subprocess.PIPE, stdout=log, text=True, bufsize=1
        )
        assert writer.stdin is not None
        sizes = []
        for number in range(30):
            writer.stdin.write(f"line {number}\n")
            writer.stdin.flush()
            bound_growing(log.fileno(), HEAD, TAIL, 200_000)
            sizes.append(os.fstat(log.fileno()).st_blocks * 512)
        writer.stdin.close()
        assert writer.wait(60) == 0
        bound_growing(log.fileno(), HEAD, TAIL, 200_000)
        found = os.fstat(log.fileno())
    assert found.st_size > 3_000_000
    if found.st_blocks * 512 > 1_000_000:
        pytest.skip("this file system makes no holes")
    assert path.read_bytes().endswith(b"line 29\n")
    assert last_line(tmp_path) == "line 29"


def test_a_long_log_is_written_anew_with_whole_lines_and_how_much_is_left_out(tmp_path: Path) -> None:
    lines = [f"line {number}\n" for number in range(100_000)]
    (tmp_path / LOG_FILE).write_text("".join(lines))
    bound_ended(tmp_path, HEAD, TAIL)
    kept = (tmp_path / LOG_FILE).read_text().splitlines(keepends=True)
    (gap,) = [number for number, line in enumerate(kept) if line.startswith("...")]
    assert kept[:gap] == lines[:gap]
    assert kept[gap + 1 :] == lines[-(len(kept) - gap - 1) :]
    left_out = sum(map(len, lines)) - sum(map(len, kept)) + len(kept[gap])
    assert kept[gap] == f"... {left_out:,} bytes are left out here ...\n"
    assert (tmp_path / LOG_FILE).stat().st_size < HEAD + TAIL + 100


def test_a_log_without_lines_is_cut_as_it_is(tmp_path: Path) -> None:
    (tmp_path / LOG_FILE).write_bytes(b"x" * 10 * HEAD)
    bound_ended(tmp_path, HEAD, TAIL)
    assert (tmp_path / LOG_FILE).read_bytes().strip(b"x").strip().startswith(b"... 160,000 bytes are left out")


def test_a_short_log_one_that_is_gone_and_one_that_is_no_file_stay_as_they_are(tmp_path: Path) -> None:
    bound_ended(tmp_path)
    assert last_line(tmp_path) == ""
    (tmp_path / LOG_FILE).write_text("short\n")
    bound_ended(tmp_path)
    assert (tmp_path / LOG_FILE).read_text() == "short\n"
    (tmp_path / LOG_FILE).unlink()
    os.mkfifo(tmp_path / LOG_FILE)  # to open it would wait for a writer
    bound_ended(tmp_path)
    assert last_line(tmp_path) == ""
    (tmp_path / LOG_FILE).unlink()
    (tmp_path / "other").write_bytes(b"y" * 10 * HEAD)
    (tmp_path / LOG_FILE).symlink_to(tmp_path / "other")
    bound_ended(tmp_path, HEAD, TAIL)
    assert (tmp_path / "other").stat().st_size == 10 * HEAD
