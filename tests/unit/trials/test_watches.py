"""What a trial hears of a target: who asks for real time, and what it opens beside its own folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.trials.reaching_out import MOST, ReachedOut
from harness.trials.real_time import RealTime


@pytest.fixture
def reached(tmp_path: Path) -> ReachedOut:
    heard = ReachedOut(tmp_path / "run")
    heard._on = True  # the hook itself could never be taken out of this process again
    return heard


def test_files_that_are_written_elsewhere_are_named(reached: ReachedOut, tmp_path: Path) -> None:
    reached._hear("open", (str(tmp_path / "state.json"), "w", os.O_WRONLY))
    reached._hear("open", (tmp_path / "state.json", "a", os.O_WRONLY))
    reached._hear("sqlite3.connect", (str(tmp_path / "books.db"),))
    assert reached.counts == {"written": {str(tmp_path / "state.json"): 2, str(tmp_path / "books.db"): 1}}


def test_what_is_read_or_its_own_is_nobodys_concern(reached: ReachedOut, tmp_path: Path) -> None:
    reached._hear("open", (str(tmp_path / "state.json"), "r", os.O_RDONLY))
    reached._hear("open", (str(tmp_path / "run" / "data" / "a.csv"), "w", os.O_WRONLY))
    reached._hear("open", ("/dev/null", "w", os.O_WRONLY))
    reached._hear("open", (7, "w", os.O_WRONLY))
    for database in (":memory:", b":memory:", "", "file:books?mode=memory&cache=shared"):
        reached._hear("sqlite3.connect", (database,))
    reached._hear("open", (str(tmp_path / "__pycache__" / "bot.cpython-311.pyc"), "wb", os.O_WRONLY))
    assert reached.counts == {}


def test_sockets_and_programs_are_named_without_their_arguments(reached: ReachedOut) -> None:
    reached._hear("socket.connect", (object(), ("127.0.0.1", 8080)))
    reached._hear("socket.connect", (object(), "/run/bus"))
    reached._hear("subprocess.Popen", ("python3", ["python3", "-m", "writer", "--key=secret"], None, None))
    assert reached.counts == {
        "connected": {"127.0.0.1:8080": 1, "/run/bus": 1},
        "started": {"python -m writer": 1},
    }


def test_what_a_hook_cannot_read_never_disturbs_the_target(reached: ReachedOut) -> None:
    reached._hear("open", ())
    reached._hear("socket.connect", (None,))
    assert reached.counts == {}


def test_names_are_kept_up_to_a_number(reached: ReachedOut, tmp_path: Path) -> None:
    for number in range(2 * MOST):
        reached._hear("open", (str(tmp_path / f"{number}"), "w", os.O_WRONLY))
    assert len(reached.counts["written"]) == MOST


def test_a_call_of_a_real_clock_is_counted_by_its_line(tmp_path: Path) -> None:
    watch = RealTime()
    clock = watch._counting("time.perf_counter", lambda: 5.0)
    code = compile("for _ in range(3):\n    read = clock()\n", str(tmp_path / "bot.py"), "exec")
    names: dict[str, object] = {"clock": clock}
    exec(code, names)
    assert names["read"] == 5.0
    assert watch.calls == {"time.perf_counter": {"bot.py:2": 3}}


def test_what_libraries_and_the_harness_measure_is_not_counted() -> None:
    watch = RealTime()
    clock = watch._counting("time.perf_counter", lambda: 5.0)
    exec(compile("clock()", os.__file__, "exec"), {"clock": clock})
    assert watch.calls == {}
