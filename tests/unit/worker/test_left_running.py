"""What stop() left running is named while its pipes are open; what ends by itself, and helpers, are not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.process_tree import TELLS_CHILDREN
from harness.worker.left_running import left_running, processes

pytestmark = pytest.mark.skipif(not TELLS_CHILDREN, reason="this kernel does not list children")

PATIENCE_S = 60.0

MIRROR = """\
import subprocess, sys
below = subprocess.Popen([sys.executable, "below.py"], stdout=subprocess.PIPE)
below.stdout.readline()
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    (tmp_path / "mirror.py").write_text(MIRROR)
    (tmp_path / "below.py").write_text("import sys\nprint(flush=True)\nsys.stdin.read()\n")
    with subprocess.Popen(
        [sys.executable, "mirror.py"],
        cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        yield child


def test_what_reads_a_pipe_that_is_still_open_is_named_and_what_it_started(mirror: subprocess.Popen[bytes]) -> None:
    assert len(processes()) == 2
    assert left_running(0) == ["python below.py", "python mirror.py"]


def test_what_ends_meanwhile_is_not_named_though_nobody_waits_for_it(mirror: subprocess.Popen[bytes]) -> None:
    assert mirror.stdin is not None
    mirror.stdin.close()
    assert left_running(PATIENCE_S) == []
    assert mirror.returncode is None  # a zombie


def test_the_helpers_of_multiprocessing_are_nobodys(tmp_path: Path) -> None:
    script = tmp_path / "forks.py"
    script.write_text(
        "import multiprocessing, os\n"
        "from harness.process_tree import children_of\n"
        "from harness.worker.left_running import left_running, processes\n"
        "if __name__ == '__main__':\n"
        "    context = multiprocessing.get_context('forkserver')\n"
        "    end = context.Event()\n"
        "    worker = context.Process(target=end.wait)\n"
        "    worker.start()\n"
        "    print(len(children_of(os.getpid())), processes() == [worker.pid], left_running(0))\n"
        "    end.set()\n"
        "    worker.join()\n"
        "    print(left_running())\n"
    )
    ended = subprocess.run([sys.executable, script], check=True, capture_output=True, text=True, timeout=PATIENCE_S)
    assert ended.stdout.splitlines() == ["2 True ['python (multiprocessing)']", "[]"]
