"""What the children of a process hold is read from outside: real processes, their children, and only what is new."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest

from harness.command_line import HIDDEN, RESOURCE_TRACKER
from harness.soaks.archive import archive_run, end_with_limit
from harness.soaks.children import RARELY_S, SHARE, Children, Held, read_descendants
from harness.soaks.children_file import (
    CHILDREN_FILE,
    archive_children,
    pss_at,
    read_children,
    tree_bytes,
    with_phase,
    without_the_stop,
)
from harness.worker.recorder import NOTES_FILE, PHASES, SAMPLE, SAMPLES_FILE, write_run_file
from tests.unit.worker.test_recorder import job, record

HOLDS = """\
import sys
kept = bytearray(b"x" * {size})
print("ready", flush=True)
sys.stdin.read()
"""

WITH_A_CHILD = """\
import subprocess, sys
child = subprocess.Popen([sys.executable, "grandchild.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
print("ready", flush=True)
sys.stdin.read()
child.communicate()
"""

PATIENCE_S = 60.0

Start = Callable[[str, str], subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a script of this code by this name, and returns once it is ready."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(name: str, code: str) -> subprocess.Popen[bytes]:
        (tmp_path / name).write_text(code)
        process = subprocess.Popen([sys.executable, name], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        return process

    yield begin
    for process in started:
        process.communicate()


def seen(commands: set[str]) -> dict[str, Held]:
    """What the children of this process hold, once all of these are old enough to be read."""
    deadline = time.monotonic() + PATIENCE_S
    while not commands <= (held := read_descendants(os.getpid())).keys():
        assert time.monotonic() < deadline, f"only {held} was seen"
    return held


def sampled(folder: Path, *t_s: float, phase: str = "start") -> None:
    """The samples of a judged process at these times."""
    rows = np.zeros(len(t_s), SAMPLE)
    rows["phase"] = PHASES.index(phase)
    rows["t_s"] = rows["wall_s"] = t_s
    (folder / SAMPLES_FILE).write_bytes(rows.tobytes())


def lines(folder: Path) -> list[dict[str, object]]:
    file = folder / CHILDREN_FILE
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_a_child_and_its_child_are_read_by_command(start: Start, tmp_path: Path) -> None:
    (tmp_path / "grandchild.py").write_text(HOLDS.format(size=60_000_000))
    start("parent.py", WITH_A_CHILD)
    held = seen({"python parent.py", "python grandchild.py"})
    grandchild = held["python grandchild.py"]
    assert grandchild.count == 1
    assert 60_000_000 < grandchild.pss_bytes <= grandchild.rss_bytes < 100_000_000
    assert held["python parent.py"].pss_bytes < 40_000_000


def test_two_of_one_command_are_added_up_and_what_they_share_is_counted_once(start: Start) -> None:
    first = start("twin.py", HOLDS.format(size=30_000_000))
    alone = seen({"python twin.py"})["python twin.py"]
    start("twin.py", HOLDS.format(size=30_000_000))
    deadline = time.monotonic() + PATIENCE_S
    while (both := seen({"python twin.py"})["python twin.py"]).count < 2:
        assert time.monotonic() < deadline
    assert both.rss_bytes > 1.9 * alone.rss_bytes
    assert both.pss_bytes < 2 * alone.rss_bytes
    first.communicate()
    assert seen({"python twin.py"})["python twin.py"].count == 1


def test_a_child_that_is_dead_and_not_waited_for_holds_nothing() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    deadline = time.monotonic() + 0.5
    while time.monotonic() < deadline:
        assert read_descendants(os.getpid()).keys() <= {RESOURCE_TRACKER}
    child.wait()


DAEMON = """\
import os, subprocess, sys
from harness.guarding.guardian import adopt_orphans
adopt_orphans()
judged = subprocess.Popen([sys.executable, "judged.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
judged.stdout.readline()
print("ready", flush=True)
sys.stdin.read()
judged.communicate()
"""

ORPHANS = """\
import subprocess, sys
code = "import subprocess, sys; subprocess.Popen([sys.executable, 'orphan.py'], stdin=subprocess.DEVNULL)"
subprocess.run([sys.executable, "-c", code])
sys.stdin.read()
"""


def test_a_child_that_lost_its_parent_is_a_child_of_its_adopter(start: Start, tmp_path: Path) -> None:
    (tmp_path / "judged.py").write_text(ORPHANS)
    (tmp_path / "orphan.py").write_text("import time\nprint('ready', flush=True)\ntime.sleep(600)\n")
    guardian = start("guardian.py", DAEMON)
    deadline = time.monotonic() + PATIENCE_S
    while "python orphan.py" not in (below := read_descendants(guardian.pid)):
        assert time.monotonic() < deadline, below
    assert below.keys() == {"python judged.py", "python orphan.py"}
    (judged,) = (child for child in psutil.Process(guardian.pid).children() if child.cmdline()[-1] == "judged.py")
    assert read_descendants(judged.pid) == {}
    assert read_descendants(judged.pid, guardian.pid).keys() == {"python orphan.py"}
    for child in psutil.Process(guardian.pid).children():
        if child != judged:
            child.kill()


def test_a_process_that_is_gone_has_no_children() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert read_descendants(child.pid) == {}


def test_nothing_is_written_while_there_never_was_a_child(start: Start, tmp_path: Path) -> None:
    childless = start("alone.py", HOLDS.format(size=1))
    sampled(tmp_path, 0, 5)
    children = Children(tmp_path)
    children.read(childless.pid)
    assert lines(tmp_path) == []
    assert children.pss_bytes == 0
    assert children.largest == ""


def test_a_reading_has_the_time_of_the_newest_sample_and_there_is_one_a_sample_at_most(
    start: Start, tmp_path: Path
) -> None:
    (tmp_path / "grandchild.py").write_text(HOLDS.format(size=1))
    parent = start("parent.py", WITH_A_CHILD)
    seen({"python grandchild.py"})
    now_s = iter(range(0, 10_000, 100))
    children = Children(tmp_path, now_s=lambda: next(now_s))
    children.read(parent.pid)
    assert lines(tmp_path) == []  # no sample yet
    sampled(tmp_path, 0, 5)
    children.read(parent.pid)
    children.read(parent.pid)
    assert [line["t_s"] for line in lines(tmp_path)] == [5]
    assert children.largest == "python grandchild.py"
    sampled(tmp_path, 0, 5, 10)
    (child,) = psutil.Process(parent.pid).children()
    child.kill()
    deadline = time.monotonic() + PATIENCE_S
    while read_descendants(parent.pid):
        assert time.monotonic() < deadline
    children.read(parent.pid)
    assert lines(tmp_path)[1:] == [{"t_s": 10, "wall_s": 10, "phase": "start", "commands": {}}]


def test_a_reading_tells_the_phase_and_that_of_the_stop_where_it_begins_meanwhile(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "grandchild.py").write_text(HOLDS.format(size=1))
    parent = start("parent.py", WITH_A_CHILD)
    seen({"python grandchild.py"})
    now_s = iter(range(0, 10_000, 100))
    children = Children(tmp_path, now_s=lambda: next(now_s))

    def told(*phases: str) -> str:
        """The phase of a reading; the run notes these while it is made."""

        def slowly(*arguments: Any) -> dict[str, Held]:
            note(tmp_path, *phases)
            return read_descendants(*arguments)

        monkeypatch.setattr("harness.soaks.children.read_descendants", slowly)
        number = len(lines(tmp_path))
        sampled(tmp_path, *range(number + 1), phase="load")
        children.read(parent.pid)
        return str(lines(tmp_path)[number]["phase"])

    assert told() == "load"
    assert [told("stop"), told("load"), told()] == ["stop", "stop", "load"]  # it is stopped, started again, fed
    assert [told("stop", "release"), told("settle"), told()] == ["release", "release", "settle"]


def note(folder: Path, *phases: str) -> None:
    with (folder / NOTES_FILE).open("a") as file:
        file.writelines(json.dumps([["phases", phase], {"t_s": 5.0}]) + "\n" for phase in phases)


def test_what_is_left_of_a_process_that_has_ended_is_not_written(start: Start, tmp_path: Path) -> None:
    (tmp_path / "grandchild.py").write_text(HOLDS.format(size=1))
    parent = start("parent.py", WITH_A_CHILD)
    seen({"python grandchild.py"})
    children = Children(tmp_path)
    sampled(tmp_path, 0)
    parent.communicate()
    children.read(parent.pid, os.getpid())
    assert lines(tmp_path) == []


def test_readings_are_apart_by_what_they_cost(start: Start, tmp_path: Path) -> None:
    childless = start("alone.py", HOLDS.format(size=1))
    sampled(tmp_path, 0)
    children = Children(tmp_path, now_s=lambda: 7.0)
    children.read(childless.pid)
    assert children.due_in_s() == pytest.approx(RARELY_S)
    start("writer.py", HOLDS.format(size=100_000_000))
    seen({"python writer.py"})
    children = Children(tmp_path, now_s=lambda: 7.0)
    began_s = time.thread_time()
    children.read(os.getpid())
    spent_s = time.thread_time() - began_s
    assert 0 < children.due_in_s() <= spent_s / SHARE
    sampled(tmp_path, 0, 5)
    children.read(os.getpid())  # not due
    assert [line["t_s"] for line in lines(tmp_path)] == [0]


def test_the_archive_has_a_row_a_command_and_one_where_none_is_left(tmp_path: Path) -> None:
    held = {"count": 2, "rss_bytes": 30, "pss_bytes": 20}
    readings = [
        {
            "t_s": 5.0,
            "wall_s": 0.1,
            "phase": "load",
            "commands": {"python -m writer": held, "python (multiprocessing)": held},
        },
        {"t_s": 10.0, "wall_s": 0.2, "commands": {}},  # as recordings were that told no phase
    ]
    torn = '{"t_s": 15.0, "wall'
    (tmp_path / CHILDREN_FILE).write_text("".join(json.dumps(line) + "\n" for line in readings) + torn)
    table = read_children(tmp_path)
    assert table.to_dict("list") == {
        "t_s": [5.0, 5.0, 10.0],
        "wall_s": [0.1, 0.1, 0.2],
        "command": ["python -m writer", "python (multiprocessing)", ""],
        "count": [2, 2, 0],
        "rss_bytes": [30, 30, 0],
        "pss_bytes": [20, 20, 0],
        "phase": ["load", "load", ""],
    }
    archive_children(tmp_path)
    assert not (tmp_path / CHILDREN_FILE).exists()
    archive_children(tmp_path)  # twice changes nothing


def test_a_run_without_children_has_no_table_of_them(tmp_path: Path) -> None:
    archive_children(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_tree_is_rss_and_what_children_held_between_readings_and_nothing_before_the_first() -> None:
    children = pd.DataFrame({"t_s": [10.0, 10.0, 20.0], "wall_s": [1.0, 1.0, 2.0], "pss_bytes": [60, 40, 300]})
    t_s, rss = np.array([0.0, 5.0, 10.0, 15.0, 20.0, 25.0]), np.array([7.0] * 6)
    assert tree_bytes(t_s, rss, children).tolist() == [7, 7, 107, 207, 307, 307]
    assert tree_bytes(t_s, rss, children[:0]) is rss
    assert np.isnan(pss_at(t_s, children)).tolist() == [True, True, False, True, False, True]


def test_of_several_readings_at_one_instant_none_is_added_to_another() -> None:
    """At the horizon, while memory is walked and the target is stopped, virtual time stands still."""
    children = pd.DataFrame(
        {"t_s": [5.0, 10.0, 10.0, 10.0], "wall_s": [1.0, 2.0, 2.5, 3.0], "pss_bytes": [50, 100, 100, 0]}
    )
    t_s, rss = np.array([0.0, 5.0, 10.0, 10.0]), np.array([7.0] * 4)
    assert tree_bytes(t_s, rss, children).max() == 107
    assert len(without_the_stop(with_phase(children), 10.0)) == 4


def test_what_stop_ended_says_nothing_of_what_children_held_at_the_end_of_the_feed() -> None:
    """They are read in real time: the newest reading under feed may be minutes before its end."""
    children = pd.DataFrame({"t_s": [5.0, 10.0, 30.0], "wall_s": [1.0, 2.0, 3.0], "pss_bytes": [50, 100, 0]})
    t_s, rss = np.array([0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0]), np.array([7.0] * 7)
    fed = t_s <= 20
    assert tree_bytes(t_s, rss, children, fed).tolist() == [7, 57, 107, 107, 107, 57, 7]
    assert tree_bytes(t_s, rss, children[2:], fed).tolist() == [7, 7, 7, 7, 7, 7, 7]


@pytest.mark.parametrize(
    ("held", "last_fed_s", "left"),
    [
        ([50, 100, 0], 20.0, 2),
        ([50, 100, 120], 20.0, 3),
        ([50, 100, 0], 24.0, 2),
        ([50, 100, 0], 19.0, 3),
        ([100], 5.0, 1),
    ],
)
def test_the_last_reading_under_feed_may_be_of_the_stop_and_counts_where_it_has_not_fallen(
    held: list[int], last_fed_s: float, left: int
) -> None:
    times = [5.0, 10.0, 20.0][: len(held)]
    children = with_phase(pd.DataFrame({"t_s": times, "wall_s": times, "pss_bytes": held}))
    assert without_the_stop(children, last_fed_s)["pss_bytes"].tolist() == held[:left]


@pytest.mark.parametrize(
    ("phases", "left"),
    [
        (["load", "load", "load", "settle"], [50, 100, 40, 0]),  # it fell by itself
        (["load", "load", "stop", "settle"], [50, 100, 0]),
        (["load", "stop", "load", "settle"], [50, 40, 0]),  # it was stopped and started again
    ],
)
def test_readings_of_the_stop_are_left_out_where_they_tell_the_phase(phases: list[str], left: list[int]) -> None:
    times = [5.0, 10.0, 20.0, 25.0]
    children = pd.DataFrame({"t_s": times, "wall_s": times, "pss_bytes": [50, 100, 40, 0], "phase": phases})
    assert without_the_stop(children, 20.0)["pss_bytes"].tolist() == left


def recorded(folder: Path) -> None:
    """A run of five samples whose children held 4000 bytes from the second on, and 6000 at the last."""
    job().write(folder)
    record(folder, 5)
    readings = [(5.0, 4000), (15.0, 4000), (20.0, 6000)]
    held = [{"writer": {"count": 1, "rss_bytes": pss, "pss_bytes": pss}} for _, pss in readings]
    lines = [
        {"t_s": t_s, "wall_s": t_s / 500, "commands": commands}
        for (t_s, _), commands in zip(readings, held, strict=True)
    ]
    (folder / CHILDREN_FILE).write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_an_archived_run_says_the_peak_of_the_tree(tmp_path: Path) -> None:
    recorded(tmp_path)
    facts = archive_run(tmp_path, reason="killed by SIGKILL")
    assert (facts["status"], facts["peak_rss_bytes"], facts["peak_tree_bytes"]) == ("died", 1004, 7004)
    assert archive_run(tmp_path) == facts
    assert json.loads((tmp_path / "run.json").read_text()) == facts


def test_a_run_that_was_killed_at_the_limit_has_the_event_behind_its_own(tmp_path: Path) -> None:
    recorded(tmp_path)
    events = tmp_path / "events.jsonl"
    events.write_text('{"t_s": 1.0, "kind": "cleanup"}\n{"t_s": 2.0, "ki')  # it died while it wrote
    facts = end_with_limit(tmp_path, job(limit_bytes=5_000_000), 7000, "writer")
    assert facts["status"] == "limit"
    assert facts["reason"] == "RSS with children reached the machine's limit of 5 MB; the largest child: writer"
    assert [json.loads(line) for line in events.read_text().splitlines()] == [
        {"t_s": 1.0, "kind": "cleanup"},
        {"t_s": 20.0, "kind": "limit", "tree_bytes": 7000},
    ]


def test_a_run_that_had_ended_by_itself_before_it_was_killed_stays_what_it_was(tmp_path: Path) -> None:
    recorded(tmp_path)
    ended = {
        "status": "complete",
        "reason": None,
        "phase": "settle",
        "t_s": 20.0,
        "wall_s": 0.04,
        "peak_rss_bytes": 1004,
    }
    write_run_file(tmp_path, ended)
    facts = end_with_limit(tmp_path, job(limit_bytes=5_000_000), 7000, "writer")
    assert facts["status"] == "complete"
    assert (tmp_path / "events.jsonl").read_text() == ""


HIDES = """\
import ctypes, os, sys, time
from harness.clock.children import Children
from harness.soaks.children import YOUNG_S, read_descendants
from harness.worker.left_running import left_running

def become_nobody():
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE: what changed its user is hidden from itself, too

ended, end = os.pipe()
if not os.fork():
    os.close(end)
    os.read(ended, 1)
    os._exit(0)
become_nobody()
time.sleep(2 * YOUNG_S)
warned = []
rests = Children(warned.append, lambda: []).await_rest(lambda s: bool(time.sleep(s)), lambda: False)
print(rests, [text.partition(" may ")[0] for text in warned])
print({command: held.pss_bytes for command, held in read_descendants(os.getpid()).items()}, left_running(0))
os.close(end)
os.wait()
print(read_descendants(os.getpid()), left_running())
"""

IN_A_WORLD_OF_ITS_OWN = ["unshare", "--mount", "sh", "-c"]


@pytest.mark.parametrize("hidepid", [1, 2])
def test_a_child_of_another_user_that_proc_hides_is_not_taken_for_none(tmp_path: Path, hidepid: int) -> None:
    mount = f"mount -t proc -o hidepid={hidepid} proc /proc"
    try:
        allowed = subprocess.run([*IN_A_WORLD_OF_ITS_OWN, mount], check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        allowed = False
    if not allowed or os.getuid():
        pytest.skip("only root may mount /proc with hidepid")
    script = tmp_path / "hides.py"
    script.write_text(HIDES)
    ended = subprocess.run(
        [*IN_A_WORLD_OF_ITS_OWN, f"{mount} && exec '{sys.executable}' '{script}'"],
        check=False, capture_output=True, text=True, timeout=PATIENCE_S,
    )  # fmt: skip
    assert ended.stdout.splitlines() == [
        f"True ['{HIDDEN}']",
        f"{{'{HIDDEN}': 0}} ['{HIDDEN}']",
        "{} []",
    ], ended.stderr
