"""What cannot go on is reported with its stack, however it stands still."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from harness.clock import ClockStalled, VirtualClock
from tests.unit.clock.virtual_time import STALL_S, run, time_is_restored


async def deadlock() -> None:
    await asyncio.Event().wait()


async def sleep_to_infinity() -> None:
    await asyncio.sleep(math.inf)


async def spin() -> None:
    while True:
        await asyncio.sleep(0)


async def block_the_loop() -> None:
    while True:
        pass


async def block_the_loop_and_swallow() -> None:
    for _ in range(3):
        try:
            await block_the_loop()
        except BaseException:  # noqa: BLE001 - as programs write it
            continue


async def block_in_a_lock() -> None:
    threading.Event().wait()


async def wait_for_input() -> None:
    left, right = socket.socketpair()
    left.setblocking(False)
    with left, right:
        await asyncio.get_running_loop().sock_recv(left, 10)


async def wait_in_a_child_task() -> None:
    task = asyncio.create_task(block_the_loop(), name="blocking")
    while True:
        await asyncio.wait([task])


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (deadlock, "nothing is left to wait for"),
        (sleep_to_infinity, "nothing is left to wait for"),
        (spin, "never came to rest"),
        (block_the_loop, "in block_the_loop"),
        (block_the_loop_and_swallow, "in block_the_loop"),
        (block_in_a_lock, "never came to rest"),
        (wait_for_input, "waiting for input"),
        (wait_in_a_child_task, "in block_the_loop"),
    ],
)
def test_what_cannot_go_on_is_reported_with_its_stack(
    program: Callable[[], Coroutine[Any, Any, None]], reason: str
) -> None:
    async def after_a_while(clock: VirtualClock) -> None:
        await asyncio.sleep(3)
        await program()

    with time_is_restored(), pytest.raises(ClockStalled, match=reason) as caught:
        run(after_a_while, stall_s=STALL_S)
    assert "3 s" in str(caught.value)
    assert program.__name__ in caught.value.stack
    assert f"({'test_what_cannot_go_on_is_reported_with_its_stack.<locals>.after_a_while'})" in caught.value.stack


def test_a_real_sleep_that_does_not_end_is_reported() -> None:
    async def program(clock: VirtualClock) -> None:
        time.sleep(10**6)

    with pytest.raises(ClockStalled) as caught:
        run(program, stall_s=STALL_S, warn=lambda text: None)
    assert "time.sleep(10**6)" in caught.value.stack


def test_executor_work_that_does_not_end_is_reported_and_not_waited_for() -> None:
    release = threading.Event()

    def blocked_work() -> None:
        release.wait()

    async def program(clock: VirtualClock) -> None:
        await asyncio.gather(asyncio.to_thread(blocked_work), asyncio.to_thread(lambda: None))

    try:
        with time_is_restored(), pytest.raises(ClockStalled, match="blocked_work") as caught:
            run(program, stall_s=STALL_S)
    finally:
        release.set()
    assert "release.wait()" in caught.value.stack
    assert "thread asyncio_0" in caught.value.stack


def test_a_task_that_refuses_to_end_cannot_hang_the_end_of_a_run() -> None:
    async def refuse() -> None:
        while True:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()

    async def program(clock: VirtualClock) -> None:
        task = asyncio.create_task(refuse())
        await asyncio.sleep(1)
        assert not task.done()

    with time_is_restored(), pytest.raises(ClockStalled, match="nothing is left to wait for") as caught:
        run(program)
    assert "refuse" in caught.value.stack


def test_code_that_blocks_again_while_it_is_ended_is_interrupted_again() -> None:
    async def program(clock: VirtualClock) -> None:
        try:
            await block_the_loop()
        finally:
            await block_the_loop()

    with time_is_restored(), pytest.raises(ClockStalled):
        run(program, stall_s=STALL_S)


def test_outside_the_main_thread_waiting_in_vain_is_reported_too() -> None:
    release = threading.Event()
    errors: list[BaseException] = []

    def run_in_thread() -> None:
        try:
            run(lambda clock: asyncio.to_thread(release.wait), stall_s=STALL_S)
        except ClockStalled as error:
            errors.append(error)

    thread = threading.Thread(target=run_in_thread)
    thread.start()
    thread.join()
    release.set()
    assert len(errors) == 1


def test_a_stall_is_not_an_error_that_programs_catch() -> None:
    assert not issubclass(ClockStalled, Exception)


def test_slow_work_that_moves_time_is_no_stall() -> None:
    stall_s = 10 * STALL_S

    async def program(clock: VirtualClock) -> float:
        end = time.perf_counter() + 2 * stall_s
        while time.perf_counter() < end:
            await asyncio.sleep(1)
        return clock.now_s()

    assert run(program, stall_s=stall_s) > 0


def test_a_main_that_never_yields_is_told_as_a_stall_though_other_tasks_must_be_cleaned_up() -> None:
    async def program(clock: VirtualClock) -> None:
        waits = asyncio.create_task(asyncio.Event().wait())
        await asyncio.sleep(1)
        while not waits.cancelled():
            pass

    with pytest.raises(ClockStalled, match="never came to rest"):
        run(program, stall_s=STALL_S)
