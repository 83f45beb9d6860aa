"""Every way a target can fail, caused for real: what is said, what is kept, what is left behind."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Soaks
from tests.integration.misbehaving import misbehaving

pytestmark = pytest.mark.soak


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
    ended = soaks.soak("run", misbehaving(soaks, stall_s=4, **bodies))
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
            3,
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


def test_a_real_sleep_in_a_target_is_warned_of_once(soaks: Soaks) -> None:
    ended = soaks.soak("run", misbehaving(soaks, on_book="time.sleep(1e-6)"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    warnings = [event for event in soaks.events() if event["kind"] == "warning"]
    assert len(warnings) == 1
    assert "mine.py:9" in warnings[0]["text"]
    assert "Warning:" in ended.stdout
    assert "mine.py:9" in ended.stdout.replace("\n", " ")
