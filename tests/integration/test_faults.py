"""Every way a soak can go wrong, caused for real: what is said, what is kept, what is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from harness.analysis.metrics.table import METRICS
from harness.analysis.result import Result
from harness.scenario import load
from tests.integration.conftest import ROOT, Soaks

pytestmark = pytest.mark.soak

Until = Callable[[Callable[[], bool]], None]

TARGET = """\
import asyncio, time
class Target:
    def __init__(self, params, environment):
        self.environment = environment
        self.kept = []
    async def start(self):
        {start}
    def on_book(self, book):
        {on_book}
    async def cycle(self):
        {cycle}
    async def stop(self):
        {stop}
build = Target
"""


def misbehaving(soaks: Soaks, **bodies: str) -> Path:
    filled = {name: bodies.get(name, "pass") for name in ("start", "on_book", "cycle", "stop")}
    soaks.target(TARGET.format(**filled))
    return soaks.scenario(factory="mine:build", stall_s=2)


def started(soaks: Soaks, *arguments: object, until: Until) -> subprocess.Popen[str]:
    """A long soak, a little way into its first run."""
    process = soaks.start("run", soaks.scenario(hours=50), "--quiet", *arguments)

    def under_way() -> bool:
        assert process.poll() is None, process.communicate()
        return any(file.stat().st_size > 20_000 for file in soaks.folder.glob("results/small/*/runs/*/*/samples.bin"))

    until(under_way)
    return process


@pytest.mark.parametrize(
    ("bodies", "said", "kept"),
    [
        (
            {"start": "if 'rehearsal' not in str(self.environment.data_dir): raise ValueError('no key')"},
            "raised in start(): ValueError: no key (mine.py:7",
            0,
        ),
        ({"start": "raise ValueError('no key')"}, "raised in its rehearsal: ValueError: no key (mine.py:7", 0),
        ({"on_book": "raise SystemExit(3)"}, "SystemExit: 3 (mine.py:9", 0),
        (
            {"on_book": "1 / 0 if time.time() % 86400 > 100 else None"},
            "raised in a cycle or a feed handler: ZeroDivisionError: division by zero (mine.py:9",
            20,
        ),
        (
            {"start": "self.task = asyncio.create_task(self.cycle())", "cycle": "await asyncio.sleep(60); {}['k']"},
            "raised in a cycle or a feed handler: KeyError: 'k' (mine.py:11",
            12,
        ),
        (
            {"stop": "if 'rehearsal' not in str(self.environment.data_dir): raise OSError('socket is gone')"},
            "raised in stop(): OSError: socket is gone (mine.py:13",
            70,
        ),
    ],
    ids=["start", "rehearsal", "exit", "feed", "cycle", "stop"],
)
def test_a_target_that_raises(soaks: Soaks, bodies: dict[str, str], said: str, kept: int) -> None:
    ended = soaks.soak("run", misbehaving(soaks, **bodies))
    assert ended.returncode == 3, ended.stdout + ended.stderr
    assert said in ended.stdout.replace("\n", " ")
    assert "Traceback" not in ended.stdout + ended.stderr
    facts = soaks.facts()
    assert facts["status"] == "failed"
    assert "mine.py" in facts["traceback"]
    assert len(soaks.samples()) >= kept
    assert soaks.verdict()["status"] == "incomplete"


@pytest.mark.parametrize(
    ("bodies", "line"),
    [
        ({"start": "self.t = asyncio.create_task(self.cycle())", "cycle": "\n        while True: pass"}, 12),
        (
            {
                "start": "self.t = asyncio.create_task(self.cycle())",
                "cycle": "\n        while 1: await asyncio.sleep(0)",
            },
            12,
        ),
        (
            {"stop": "if 'rehearsal' not in str(self.environment.data_dir): await asyncio.to_thread(time.sleep, 1e6)"},
            13,
        ),
    ],
    ids=["spins", "never lets time pass", "blocks the executor"],
)
def test_a_target_that_holds_time_is_reported_with_its_stack(soaks: Soaks, bodies: dict[str, str], line: int) -> None:
    ended = soaks.soak("run", misbehaving(soaks, **bodies))
    assert ended.returncode == 3, ended.stdout + ended.stderr
    facts = soaks.facts()
    assert facts["status"] in ("failed", "died")
    told = facts.get("stack", "") + (soaks.run_folder() / "worker.log").read_text()
    assert "mine.py" in told
    assert f"line {line}" in told
    assert "Traceback" not in ended.stdout + ended.stderr
    assert soaks.workers() == []


WAITS = """\
import asyncio
class Target:
    def __init__(self, params, environment):
        self.books = 0
    async def start(self):
        self.queue = asyncio.Queue()
    async def on_book(self, book):
        self.books += 1
        await self.queue.put(book)
        if self.books > 1000:
            await asyncio.Event().wait()
    async def stop(self):
        pass
build = Target
"""

REFUSES = """\
import asyncio
class Target:
    def __init__(self, params, environment):
        self.later = 0
    async def start(self):
        self.task = asyncio.create_task(self.run())
    async def run(self):
        while True:
            try:
                await asyncio.sleep(5)
            except BaseException:
                pass
    def on_book(self, book):
        return self.count()
    async def count(self):
        self.later += 1
    async def stop(self):
        pass
    def counters(self):
        return {"later": self.later}
build = Target
"""


def test_a_handler_that_never_returns_ends_the_run_with_its_stack(soaks: Soaks) -> None:
    soaks.target(WAITS)
    ended = soaks.soak("run", soaks.scenario(factory="mine:build"))
    assert ended.returncode == 3, ended.stdout + ended.stderr
    facts = soaks.facts()
    assert facts["status"] == "failed"
    assert "a feed handler of the target did not return" in facts["reason"]
    assert "line 11, in on_book" in facts["stack"]


def test_a_task_that_refuses_to_end_and_a_handler_that_returns_a_coroutine(soaks: Soaks) -> None:
    soaks.target(REFUSES)
    ended = soaks.soak("run", soaks.scenario(factory="mine:build"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    facts = soaks.facts()
    assert facts["counters"]["later"] == facts["books"] > 0
    assert "went on after it was cancelled" in ended.stdout
    assert len(soaks.samples()) < 200


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("class Target:\n    def __init__(self, p, e): pass\n    def start(self): pass\n", 3, "without stop()"),
        (
            "class Target:\n    def __init__(self, p, e): pass\n    def start(self): pass\n"
            "    def stop(self): pass\n    def on_books(self, book): pass\n",
            0,
            "on_books, which nothing calls",
        ),
        (
            "class Target:\n    def __init__(self, p, e): pass\n    def start(self): pass\n"
            "    def stop(self): pass\n    def counters(self): return {'collected': 'many'}\n",
            3,
            "raised in counters(): TypeError: collected = 'many' is not a finite number",
        ),
    ],
    ids=["no stop", "misspelt", "counters"],
)
def test_a_slip_in_a_target_is_told(soaks: Soaks, code: str, status: int, said: str) -> None:
    soaks.target(code + "build = Target\n")
    ended = soaks.soak("run", soaks.scenario(factory="mine:build"))
    assert ended.returncode == status, ended.stdout + ended.stderr
    assert said in " ".join(ended.stdout.split())


def test_a_module_in_the_current_folder_does_not_hide_the_standard_library(soaks: Soaks) -> None:
    (soaks.folder / "queue.py").write_text("raise RuntimeError('the wrong queue')\n")
    environment = {**soaks.environment(), "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [Path(sys.executable).parent / "soak", "run", soaks.scenario(hours=0.05), "--quiet"],
        cwd=soaks.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_real_sleep_in_a_target_is_warned_of_once(soaks: Soaks) -> None:
    ended = soaks.soak("run", misbehaving(soaks, on_book="time.sleep(1e-6)"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    warnings = [event for event in soaks.events() if event["kind"] == "warning"]
    assert len(warnings) == 1
    assert "mine.py:9" in warnings[0]["text"]
    assert "Warning:" in ended.stdout
    assert "mine.py:9" in ended.stdout.replace("\n", " ")


def test_a_leak_reaches_the_limit_which_is_an_outcome(soaks: Soaks) -> None:
    path = misbehaving(soaks, on_book="self.kept.append(bytearray(200_000))")
    path.write_text(path.read_text().replace("limit_gb = 10.0", "limit_gb = 4.0"))
    ended = soaks.soak("run", path)
    facts = soaks.facts()
    assert facts["status"] == "limit"
    assert 0 < facts["t_s"] < 360
    assert facts["peak_rss_bytes"] > 400e6
    assert soaks.events()[-1]["kind"] == "limit"
    assert soaks.verdict()["runs"][0]["after_stop_gb"] is None
    assert ended.returncode == 0, ended.stdout  # nothing was claimed


def test_kill_9_of_a_worker_is_reported_with_its_virtual_time(soaks: Soaks, until: Until) -> None:
    process = started(soaks, until=until)
    os.kill(soaks.workers()[0], signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3, out + err
    facts = soaks.facts()
    assert (facts["status"], facts["reason"]) == ("died", "killed by SIGKILL")
    samples = soaks.samples()
    assert facts["t_s"] == samples["t_s"].max() > 0
    assert (samples["rss_bytes"] > 0).all()
    assert "died" in out
    assert "SIGKILL" in out


def test_kill_9_between_two_writes_keeps_what_was_saved_and_counts_what_was_not(soaks: Soaks, until: Until) -> None:
    path = soaks.scenario(
        "[configs.old]\nmax_samples_per_file = 50\nsamples_per_interval = 10.0\n", hours=50, books_per_second=2.0
    )
    process = soaks.start("run", path, "--quiet")

    def between_two_writes() -> bool:
        """Whether buffers are partly full, 20 files later; the worker then stays stopped."""
        assert process.poll() is None, process.communicate()
        for file in soaks.folder.glob("results/*/*/runs/*/*/events.jsonl"):
            (worker,) = soaks.workers() or (0,)
            if not worker or file.read_bytes().count(b'"flush"') <= 20:
                return False
            os.kill(worker, signal.SIGSTOP)
            counts = [json.loads(line) for line in file.read_bytes().splitlines() if b'"collected"' in line]
            if counts[-1]["samples"] % 25:
                return True
            os.kill(worker, signal.SIGCONT)
        return False

    until(between_two_writes)
    os.kill(soaks.workers()[0], signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3, out + err
    events = soaks.events()
    saved = [event for event in events if event["kind"] == "flush"]
    collected = [event for event in events if event["kind"] == "collected"]
    files = sorted(soaks.run_folder().glob("data/training_features/*.parquet"), key=lambda file: file.stem[-6:])
    for file, event in zip(files, saved, strict=True):
        assert file.stem.startswith(event["symbol"])
        assert len(pd.read_parquet(file)) == event["samples"]
    # 10 samples in 50 s at full scale, so one at a tenth, of each of five symbols
    assert [event["samples"] for event in collected] == [5 * number for number in range(1, len(collected) + 1)]
    assert collected[-1]["t_s"] == pytest.approx(50 * len(collected))
    (run,) = Result.open(soaks.result()).runs
    scenario = load(str(path))
    not_saved = METRICS["samples.lost"].compute(scenario, [run], ("old",))
    # five symbols whose buffers hold five samples each: 25 are saved at a time
    assert (not_saved.bound, not_saved.estimate) == ("lower", collected[-1]["samples"] % 25)
    assert not_saved.estimate > 0


def test_ctrl_c_ends_the_runs_and_keeps_the_recordings(soaks: Soaks, until: Until) -> None:
    process = started(soaks, "--seeds", 3, "--jobs", 2, until=until)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3, out + err
    assert soaks.workers() == []
    assert soaks.facts()["status"] == "interrupted"
    assert len(soaks.samples()) > 100
    assert "Traceback" not in out + err
    assert "Interrupted" in out
    assert soaks.verdict()["status"] == "incomplete"
    assert (soaks.result() / "memory.png").exists()
    runs = Result.open(soaks.result()).runs
    first = next(run for run in runs if run.seed == 1)
    collected, persisted = (first.facts["counters"][name] for name in ("collected", "persisted"))
    not_saved = METRICS["samples.lost"].compute(load("smoke"), [first], ("old",))
    assert (not_saved.bound, not_saved.estimate) == ("lower", collected - persisted)
    assert collected > persisted == 0  # its buffers were never full


def test_kill_9_of_the_supervisor_leaves_no_process_and_a_readable_recording(soaks: Soaks, until: Until) -> None:
    process = started(soaks, until=until)
    process.kill()
    process.communicate(timeout=60)
    until(lambda: soaks.workers() == [])
    again = soaks.soak("report", "latest")
    assert again.returncode == 3, again.stdout + again.stderr
    assert len(soaks.samples()) > 100
    assert soaks.facts()["status"] in ("interrupted", "died")


def test_a_scale_below_the_idle_process_says_which_would_do(soaks: Soaks) -> None:
    path = soaks.scenario()
    ended = soaks.soak("run", path, "--scale", 0.01, "--quiet")
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert "the idle process takes" in line
    advised = float(line.rpartition("--scale ")[2].split()[0])
    assert soaks.soak("run", path, "--scale", advised, "--hours", 0.05, "--quiet").returncode == 0


def test_a_limit_that_the_machine_does_not_have_is_no_reason_to_refuse(soaks: Soaks) -> None:
    ended = soaks.soak("run", soaks.scenario(limit_gb=4000, scale=1), "--quiet")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert soaks.facts()["limit_bytes"] < 4000e9  # what was left on this machine


def test_runs_that_exceed_the_machine_are_refused_with_advice(soaks: Soaks) -> None:
    ended = soaks.soak("run", soaks.scenario(baseline_gb=3000, limit_gb=4000, scale=1))
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert "3000.0 GB" in line
    assert "--scale" in line
    assert not (soaks.folder / "results").exists()


@pytest.mark.parametrize(
    ("factory", "said"),
    [
        ("nowhere:build", 'module "nowhere" cannot be imported: ModuleNotFoundError'),
        ("mine:gone", 'module "mine" has no callable "gone"'),
        ("broken:build", 'module "broken" cannot be imported: SyntaxError'),
    ],
)
def test_a_factory_that_cannot_be_had(soaks: Soaks, factory: str, said: str) -> None:
    soaks.target("def build(params, environment): ...\n")
    (soaks.folder / "broken.py").write_text("def (:\n")
    ended = soaks.soak("run", soaks.scenario(factory=factory))
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert said in line
    assert "target.factory" in line


def test_a_damaged_recording_is_one_clear_error(soaks: Soaks) -> None:
    soaks.soak("run", soaks.scenario(hours=0.05), "--quiet")
    (soaks.run_folder() / "samples.parquet").write_bytes(b"not parquet")
    ended = soaks.soak("report", "latest")
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert "samples.parquet" in line


@pytest.fixture
def small_disk(soaks: Soaks) -> Iterator[Path]:
    """A real file system of 300 kB under results/."""
    folder = soaks.folder / "results"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


def test_a_full_disk_is_one_clear_error_and_keeps_what_was_recorded(soaks: Soaks, small_disk: Path) -> None:
    soaks.target(TARGET.format(start="pass", on_book="pass", cycle="pass", stop="pass"))
    ended = soaks.soak("run", soaks.scenario(factory="mine:build", hours=10), "--quiet")
    assert ended.returncode == 3, ended.stdout + ended.stderr
    assert "No space left on device" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    assert soaks.workers() == []
    (recorded,) = small_disk.glob("small/*/runs/old/seed-1")
    assert any(
        (recorded / name).stat().st_size > 100_000
        for name in ("samples.bin", "samples.parquet")
        if (recorded / name).exists()
    )
