"""The time functions of a program tell its virtual time; processor time stays real."""

from __future__ import annotations

import asyncio
import concurrent.futures
import datetime
import importlib
import json
import os
import sys
import threading
import time
from pathlib import Path

import pytest

from harness.clock import VirtualClock
from tests.unit.clock.virtual_time import START_MS, loop_time, run, time_is_restored


def test_every_clock_of_the_program_tells_the_same_time() -> None:
    import pandas as pd

    async def program(clock: VirtualClock) -> None:
        for _ in range(3):
            now_ns = START_MS * 1_000_000 + round(clock.now_s() * 1e9)
            assert time.time_ns() == now_ns
            assert abs(time.time() - now_ns / 1e9) < 5e-7  # a step of the float
            assert time.monotonic() == clock.now_s() == loop_time()
            assert time.monotonic_ns() == round(clock.now_s() * 1e9)
            utc = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(microseconds=now_ns // 1000)
            assert datetime.datetime.now(datetime.UTC) == utc
            assert datetime.datetime.now() == utc.astimezone().replace(tzinfo=None)
            assert pd.Timestamp.now("UTC") == utc
            assert time.gmtime() == (*utc.timetuple()[:8], 0)
            await asyncio.sleep(40_000.25)

    with time_is_restored():
        run(program)


def test_processor_and_performance_time_stay_real() -> None:
    async def program(clock: VirtualClock) -> float:
        before = time.perf_counter()
        await asyncio.sleep(10**6)
        return time.perf_counter() - before

    assert run(program) < 10**5


def test_a_real_sleep_is_warned_of_once_per_call_site() -> None:
    warnings: list[str] = []

    async def program(clock: VirtualClock) -> None:
        for _ in range(3):
            time.sleep(1e-6)
        time.sleep(1e-6)
        time.sleep(0)
        await asyncio.to_thread(time.sleep, 1e-6)

    run(program, warn=warnings.append)
    assert [text.partition(" ")[0] for text in warnings] == [
        f"{__file__}:{line}:" for line in (program.__code__.co_firstlineno + 2, program.__code__.co_firstlineno + 3)
    ] + ["executor"]
    assert all("time.sleep(1e-06)" in text for text in warnings)


def test_by_default_warnings_are_python_warnings() -> None:
    async def program() -> None:
        time.sleep(1e-6)

    with pytest.warns(RuntimeWarning, match=r"time\.sleep"):
        VirtualClock(start_ms=START_MS).run(program())


def test_threads_and_executors_wait_in_real_time() -> None:
    async def program(clock: VirtualClock) -> None:
        assert not threading.Event().wait(0.001)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            release = threading.Event()
            work = pool.submit(release.wait)
            with pytest.raises(TimeoutError):
                list(concurrent.futures.as_completed([work], timeout=0.001))
            release.set()

    run(program)


def test_names_imported_within_a_run_follow_every_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bound_by_name.py").write_text("from time import monotonic, time\n")
    monkeypatch.syspath_prepend(tmp_path)

    async def program(clock: VirtualClock) -> list[float]:
        bound = importlib.import_module("bound_by_name")
        await asyncio.sleep(7200)
        return [bound.monotonic(), round(bound.time() - START_MS / 1000, 5)]

    assert [run(program), run(program)] == [[7200, 7200]] * 2
    assert sys.modules.pop("bound_by_name").monotonic() == pytest.approx(time.monotonic(), abs=60)


def test_a_forked_child_lives_in_real_time() -> None:
    real = {name: getattr(time, name)() for name in ("time", "monotonic")}

    async def program(clock: VirtualClock) -> dict[str, float]:
        await asyncio.sleep(10**6)
        ours, theirs = os.pipe()
        child = os.fork()
        if not child:
            told = {name: getattr(time, name)() for name in real} | {"now": datetime.datetime.now().timestamp()}
            os.write(theirs, json.dumps(told).encode())
            os._exit(0)
        os.waitpid(child, 0)
        assert time.monotonic() == clock.now_s() == 10**6
        return dict(json.loads(os.read(ours, 1000)))

    with time_is_restored():
        told = run(program)
    assert told == {name: pytest.approx(real["time" if name == "now" else name], abs=600) for name in told}
