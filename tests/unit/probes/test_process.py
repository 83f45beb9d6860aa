"""What the kernel and the loop say of the process itself."""

from __future__ import annotations

import asyncio
import functools
import mmap
import sys
import time
from pathlib import Path

import pytest

from harness.probes import process
from harness.probes.process import queued_s, rss_reader
from harness.worker.measuring import Measurements

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is judged on Linux")


def test_rss_sees_touched_pages() -> None:
    rss = rss_reader()
    before = rss()
    size = 50_000_000
    mapping = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for offset in range(0, size, mmap.PAGESIZE):
        mapping[offset] = 1
    assert rss() - before == pytest.approx(size, rel=0.02)
    mapping.close()
    assert rss() - before < size * 0.02


def test_uss_is_part_of_rss() -> None:
    uss = process.uss_bytes()
    assert uss is not None
    assert 0 < uss <= rss_reader()()


def test_the_wait_for_a_core_is_counted_and_never_more_than_the_time() -> None:
    before_s, began = queued_s(), time.perf_counter()
    assert sum(range(100_000)) > 0
    assert 0 <= queued_s() - before_s <= time.perf_counter() - began + 0.1


def test_open_files_are_counted(tmp_path: Path) -> None:
    before = process.open_files()
    with (tmp_path / "one").open("w"), (tmp_path / "two").open("w"):
        assert before is not None
        assert process.open_files() == before + 2


class Heartbeat:
    def beat(self) -> None:
        pass

    def __call__(self) -> None:
        pass


def test_timers_are_named_by_what_they_call_without_those_of_asyncio_and_the_harness() -> None:
    async def ask() -> list[str]:
        loop = asyncio.get_running_loop()
        heart = Heartbeat()
        timers = [
            loop.call_later(60, functools.partial(heart.beat)),
            loop.call_at(loop.time() + 60, heart),
            loop.call_later(60, asyncio.Event().set),
            loop.call_later(60, Measurements.enter, None, "load"),
        ]
        sleeper = asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
        names = process.timer_names()
        timers[0].cancel()
        assert process.timer_names() == names[:2]
        for timer in timers:
            timer.cancel()
        sleeper.cancel()
        return names

    assert asyncio.run(ask()) == ["Event.set", "Heartbeat", "Heartbeat.beat"]
