"""A task of start() that dies unseen ends the run; what asyncio reports and goes on after does not."""

from __future__ import annotations

import asyncio
import importlib.util
import math
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.clock import ClockStalled, VirtualClock
from harness.worker.failures import ASKED_TO_END, Ending, Interrupted, RunEnded, describe, ending_of, watch_tasks
from harness.worker.measuring import Measurements
from harness.worker.recorder import Recorder


async def dies(after_s: float = 1.0) -> None:
    await asyncio.sleep(after_s)
    raise ValueError("gone")


def failures_of(program: Coroutine[Any, Any, None], *, starting: bool = True, stopped_s: float = math.inf) -> list[str]:
    seen: list[str] = []

    async def watched() -> None:
        loop = asyncio.get_running_loop()
        watch_tasks(
            loop,
            lambda error: seen.append(f"{loop.time():g} s: {type(error).__name__}: {error}"),
            starting=lambda: starting,
            stopped=lambda: loop.time() >= stopped_s,
        )
        await program

    VirtualClock(start_ms=0).run(watched())
    return seen


async def held() -> None:
    task = asyncio.create_task(dies(after_s=3))
    await asyncio.sleep(100)
    assert task.done()


def test_a_task_of_start_that_dies_unseen_ends_the_run_after_a_minute() -> None:
    assert failures_of(held()) == ["63 s: ValueError: gone"]


def test_a_task_made_later_or_that_dies_after_stop_ends_nothing() -> None:
    assert failures_of(held(), starting=False) == []
    assert failures_of(held(), stopped_s=2) == []


async def callback_raises() -> None:
    asyncio.get_running_loop().call_later(2, lambda: 1 / 0)
    await asyncio.sleep(5)


async def never_retrieved() -> None:
    side = set()
    task = asyncio.create_task(dies())
    side.add(task)
    task.add_done_callback(side.discard)
    del task
    await asyncio.sleep(5)
    assert not side


@pytest.mark.parametrize(
    ("program", "said"),
    [(callback_raises, "Exception in callback"), (never_retrieved, "Task exception was never retrieved")],
)
def test_what_asyncio_logs_and_goes_on_after_ends_nothing(program: Any, said: str, caplog: Any) -> None:
    assert failures_of(program()) == []
    (record,) = caplog.records
    assert record.getMessage().startswith(said)
    assert record.exc_info


def test_a_recorder_that_cannot_write_ends_the_run_whichever_callback_met_that(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, lambda: 0.0)
    full, events = os.open("/dev/full", os.O_WRONLY), recorder._events
    recorder._events = full

    async def program() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: None)
        loop.call_later(2, recorder.emit, "cleanup")
        await asyncio.sleep(5)

    assert failures_of(program()) == ["2 s: OSError: [Errno 28] No space left on device"]
    recorder._events = events
    os.close(full)
    recorder.finish({})


def test_the_harness_s_own_callback_that_raises_ends_the_run() -> None:
    async def program() -> None:
        asyncio.get_running_loop().call_later(2, Measurements.enter, None, "no phase")
        await asyncio.sleep(5)

    assert failures_of(program()) == ["2 s: ValueError: tuple.index(x): x not in tuple"]


def test_a_stall_that_interrupts_a_callback_ends_the_run() -> None:
    def stand_still() -> None:
        raise ClockStalled("virtual time stood still", "its stack")

    async def program() -> None:
        asyncio.get_running_loop().call_later(2, stand_still)
        await asyncio.sleep(5)

    assert failures_of(program()) == ["2 s: ClockStalled: virtual time stood still"]


async def awaited() -> None:
    with pytest.raises(ValueError, match="gone"):
        await asyncio.create_task(dies())


async def gathered() -> None:
    results = await asyncio.gather(asyncio.create_task(dies()), asyncio.sleep(500), return_exceptions=True)
    assert isinstance(results[0], ValueError)


async def asked_later() -> None:
    task = asyncio.create_task(dies())
    await asyncio.sleep(30)
    with pytest.raises(ValueError, match="gone"):
        await task
    await asyncio.sleep(100)


async def grouped() -> None:
    with pytest.raises(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            group.create_task(dies())


async def timed_out() -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.create_task(asyncio.sleep(100)), 1)


async def cancelled() -> None:
    task = asyncio.create_task(dies())
    await asyncio.sleep(0.5)
    task.cancel()
    await asyncio.sleep(1)


@pytest.mark.parametrize("program", [awaited, gathered, asked_later, grouped, timed_out, cancelled])
def test_what_somebody_waits_for_is_no_failure(program: Any) -> None:
    assert failures_of(program()) == []


def test_an_error_is_described_with_the_line_of_the_targets_code() -> None:
    with pytest.raises(ValueError, match="gone") as caught:
        VirtualClock(start_ms=0).run(dies())
    text = describe(caught.value)
    assert text.startswith("ValueError: gone (test_failures.py:")
    assert text.endswith("in dies)")


def imported(path: Path, code: str) -> ModuleType:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def raised(call: Callable[[], object]) -> BaseException:
    with pytest.raises(OSError, match=r"\[Errno") as caught:
        call()
    return caught.value


@pytest.mark.parametrize("folder", ["harness/worker", "asyncio", "site-packages", "importlib_like"])
def test_a_folder_of_the_targets_that_is_called_like_one_of_ours_is_the_targets(tmp_path: Path, folder: str) -> None:
    target = imported(tmp_path / folder / "mine.py", "def build():\n    open('/no/such/file')\n")
    assert describe(raised(target.build)).endswith("(mine.py:2 in build)")


@pytest.mark.parametrize("name", ["recorder.py", "my_recorder.py", "my_recording.py", "harness/worker/recorder.py"])
def test_an_error_of_a_targets_own_recorder_is_the_targets(tmp_path: Path, name: str) -> None:
    target = imported(tmp_path / name, "def build():\n    open('/no/such/file')\n")
    ending = ending_of(raised(target.build), "in start()", tmp_path)
    assert (ending.status, str(ending.reason).startswith("the target raised in start(): FileNotFoundError")) == (
        "failed",
        True,
    )


def test_an_error_of_the_recorder_is_its_own_whoever_called_it(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, lambda: 0.0)
    full, events = os.open("/dev/full", os.O_WRONLY), recorder._events
    recorder._events = full
    target = imported(tmp_path / "mine.py", "def build(emit):\n    emit('cleanup')\n")
    ending = ending_of(raised(lambda: target.build(recorder.emit)), "in start()", tmp_path)
    assert ending.reason == f"the recording could not be written: No space left on device ({tmp_path})"
    recorder._events = events
    os.close(full)
    recorder.finish({})


def test_what_ends_a_run_in_good_order_has_its_own_status_and_no_traceback(tmp_path: Path) -> None:
    assert ending_of(RunEnded("limit", "RSS is too high"), "in start()", tmp_path) == Ending("limit", "RSS is too high")
    assert ending_of(Interrupted(), "in start()", tmp_path) == Ending("interrupted", ASKED_TO_END)
    assert set(ending_of(ValueError("gone"), "in start()", tmp_path).traces) == {"traceback"}
