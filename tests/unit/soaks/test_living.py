"""A soak that lives is known by its lock, which ends with its process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.soaks.living import lives, locked

HOLD = """
import sys
from pathlib import Path
from harness.soaks.living import locked
with locked(Path(sys.argv[1])) as alone:
    print(alone, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def another(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdin=pipe, stdout=pipe, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    yield process
    process.kill()
    process.communicate()


def test_a_soak_of_another_process_lives_in_its_folder_and_all_below(tmp_path: Path, another) -> None:
    run = tmp_path / "anchors" / "old-1" / "runs" / "old" / "seed-1"
    run.mkdir(parents=True)
    assert lives(tmp_path)
    assert lives(run)
    assert not lives(tmp_path.parent)
    with locked(tmp_path, tries=2, pause_s=0) as alone:
        assert not alone
    another.kill()
    another.wait()
    assert not lives(tmp_path)
    with locked(tmp_path) as alone:
        assert alone


def test_to_its_own_process_a_soak_does_not_live(tmp_path: Path) -> None:
    with locked(tmp_path) as alone, locked(tmp_path) as again:
        assert alone
        assert again
        assert not lives(tmp_path)
    assert not lives(tmp_path)


def test_a_folder_that_is_gone_has_no_soak(tmp_path: Path) -> None:
    assert not lives(tmp_path / "gone")
