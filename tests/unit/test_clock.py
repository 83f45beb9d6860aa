"""Unmodified asyncio programs on virtual time: what they may rely on."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import datetime
import functools
import gc
import math
import multiprocessing
import signal
import socket
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from harness.clock import ClockStalled, RealClock, VirtualClock

START_MS = 1_767_225_600_123  # 2026-01-01 00:00:00.123 UTC
STALL_S = 0.05
real_sleep = time.sleep


def virtual(**options: Any) -> VirtualClock:
    options.setdefault("stall_s", 5.0)
    options.setdefault("warn", lambda text: pytest.fail(f"unexpected warning: {text}"))
    return VirtualClock(start_ms=START_MS, **options)


def run(program: Callable[[VirtualClock], Coroutine[Any, Any, Any]], **options: Any) -> Any:
    clock = virtual(**options)
    return clock.run(program(clock))


def loop_time() -> float:
    return asyncio.get_running_loop().time()


# Jumping


def test_a_day_of_periodic_cycles_does_not_drift() -> None:
    async def program(clock: VirtualClock) -> None:
        for cycle in range(100_000):
            assert clock.now_s() == cycle * 5.0
            await asyncio.sleep(5.0)

    run(program)


def test_sleep_until_is_exact_where_adding_up_is_not() -> None:
    async def program(clock: VirtualClock) -> None:
        for cycle in range(1, 10_000):
            await clock.sleep_until(cycle * 0.1)
            assert clock.now_s() == cycle * 0.1 == loop_time()

    run(program)


def test_an_instant_in_the_past_lets_others_run_once() -> None:
    async def program(clock: VirtualClock) -> list[str]:
        await asyncio.sleep(10)
        order: list[str] = []
        asyncio.get_running_loop().call_soon(order.append, "other")
        await clock.sleep_until(3)
        assert clock.now_s() == 10
        return order

    assert run(program) == ["other"]


def test_timers_a_hair_apart_fire_each_at_its_own_time() -> None:
    async def program(clock: VirtualClock) -> list[float]:
        loop = asyncio.get_running_loop()
        seen: list[float] = []
        times = [86_400.0]
        for _ in range(5):
            times.append(math.nextafter(times[-1], math.inf))
        for when in reversed(times):
            loop.call_at(when, lambda: seen.append(loop.time()))
        await clock.sleep_until(90_000)
        assert seen == times
        return seen

    run(program)


def test_ties_run_in_order_of_creation_and_measurements_before_them() -> None:
    async def program(clock: VirtualClock) -> list[str]:
        loop = asyncio.get_running_loop()
        order: list[str] = []
        for number in range(100):
            loop.call_at(7.0, order.append, f"event {number}")
            if number % 10 == 0:
                clock.call_first_at(7.0, functools.partial(order.append, f"measurement {number}"))
        cancelled = clock.call_first_at(7.0, functools.partial(order.append, "cancelled"))
        cancelled.cancel()
        await asyncio.sleep(8)
        return order

    measurements = [f"measurement {number}" for number in range(0, 100, 10)]
    assert run(program) == measurements + [f"event {number}" for number in range(100)]


@pytest.mark.parametrize("delay", [0, -1, -math.inf])
def test_delays_that_are_no_wait_pass_no_time(delay: float) -> None:
    async def program(clock: VirtualClock) -> float:
        await asyncio.sleep(delay)
        asyncio.get_running_loop().call_later(delay, lambda: None)
        await asyncio.sleep(0)
        return clock.now_s()

    assert run(program) == 0


def test_a_timer_that_is_not_a_number_fires_at_once() -> None:
    async def program(clock: VirtualClock) -> float:
        fired = asyncio.Event()
        asyncio.get_running_loop().call_later(math.nan, fired.set)
        await fired.wait()
        return clock.now_s()

    assert run(program) == 0


def test_a_timer_at_infinity_never_fires() -> None:
    async def program(clock: VirtualClock) -> float:
        asyncio.get_running_loop().call_later(math.inf, pytest.fail)
        await asyncio.sleep(10**9)
        return clock.now_s()

    assert run(program) == 10**9


def test_sleeping_until_nan_is_refused() -> None:
    async def program(clock: VirtualClock) -> None:
        with pytest.raises(ValueError, match="not a number"):
            await clock.sleep_until(math.nan)

    run(program)


def test_jumps_of_years_are_one_step() -> None:
    async def program(clock: VirtualClock) -> float:
        await asyncio.sleep(3 * 365 * 86_400)
        return clock.now_s()

    assert run(program) == 3 * 365 * 86_400


def test_nothing_is_retained_per_jump() -> None:
    async def program(clock: VirtualClock) -> int:
        for _ in range(200):
            await asyncio.sleep(5)
        gc.collect()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(5_000):
                await asyncio.sleep(5)
                clock.try_jump(clock.now_s() + 1)
            gc.collect()
            return tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()

    assert run(program) < 5_000


# The fast path


def test_try_jump_moves_time_when_nothing_else_could_happen() -> None:
    async def program(clock: VirtualClock) -> None:
        assert clock.try_jump(3.5)
        assert clock.now_s() == 3.5 == loop_time()
        assert clock.try_jump(3.5)
        assert clock.try_jump(1.0)  # already past
        assert clock.now_s() == 3.5
        assert time.time_ns() == START_MS * 1_000_000 + 3_500_000_000

    run(program)


def test_try_jump_does_nothing_where_something_else_could_happen() -> None:
    async def program(clock: VirtualClock) -> None:
        loop = asyncio.get_running_loop()
        timer = loop.call_at(5.0, lambda: None)
        assert not clock.try_jump(5.0)
        assert not clock.try_jump(6.0)
        assert clock.now_s() == 0
        assert clock.try_jump(4.0)
        timer.cancel()
        assert clock.try_jump(6.0), "a cancelled timer is no event"

        loop.call_soon(lambda: None)
        assert not clock.try_jump(7.0)
        await asyncio.sleep(0)
        assert clock.try_jump(7.0)

        left, right = socket.socketpair()
        with left, right:
            loop.add_reader(left, lambda: None)
            assert not clock.try_jump(8.0)
            loop.remove_reader(left)
        assert clock.try_jump(8.0)

        work = loop.run_in_executor(None, lambda: None)
        assert not clock.try_jump(9.0)
        await work
        assert clock.try_jump(9.0)
        assert not clock.try_jump(math.nan)
        assert not clock.try_jump(math.inf)
        assert clock.now_s() == 9.0

    run(program)


def test_a_feed_on_the_fast_path_sees_the_same_instants_as_one_that_sleeps() -> None:
    async def program(clock: VirtualClock, *, fast: bool) -> list[tuple[str, float]]:
        seen: list[tuple[str, float]] = []
        queue: asyncio.Queue[float] = asyncio.Queue()

        async def consume() -> None:
            while True:
                stamp = await queue.get()
                seen.append(("consumed", stamp))
                assert stamp == clock.now_s()
                await asyncio.sleep(0.003)

        async def cycle() -> None:
            while True:
                seen.append(("cycle", clock.now_s()))
                await asyncio.sleep(0.25)

        tasks = [asyncio.create_task(consume()), asyncio.create_task(cycle())]
        for number in range(1, 1_000):
            t_s = number / 100
            if not (fast and clock.try_jump(t_s)):
                await clock.sleep_until(t_s)
            queue.put_nowait(t_s)
        for task in tasks:
            task.cancel()
        return seen

    fast, slow = (run(functools.partial(program, fast=fast)) for fast in (True, False))
    assert fast == slow
    assert len(fast) == 999 - 1 + 40


def test_outside_a_run_a_clock_stands_still() -> None:
    clock = virtual()
    assert clock.now_s() == 0
    with pytest.raises(RuntimeError, match="not running"):
        clock.try_jump(1.0)
    clock.run(asyncio.sleep(12))
    assert clock.now_s() == 12
    clock.run(asyncio.sleep(3))
    assert clock.now_s() == 3, "every run starts at 0"


# Ordinary programs


def test_producer_and_consumers_with_timeouts() -> None:
    async def program(clock: VirtualClock) -> tuple[list[tuple[int, float]], list[float]]:
        queue: asyncio.Queue[int] = asyncio.Queue(maxsize=2)
        got: list[tuple[int, float]] = []
        timeouts: list[float] = []

        async def produce() -> None:
            for item in range(4):
                await queue.put(item)
                await asyncio.sleep(10)

        async def consume() -> None:
            while len(got) < 4:
                try:
                    got.append((await asyncio.wait_for(queue.get(), 4), clock.now_s()))
                except asyncio.TimeoutError:  # noqa: UP041 - as programs write it
                    timeouts.append(clock.now_s())

        async with asyncio.TaskGroup() as group:
            group.create_task(produce())
            group.create_task(consume())
        return got, timeouts

    got, timeouts = run(program)
    assert got == [(0, 0), (1, 10), (2, 20), (3, 30)]
    assert timeouts == [4, 8, 14, 18, 24, 28]


def test_timeouts_fall_at_their_exact_instant() -> None:
    async def program(clock: VirtualClock) -> None:
        never = asyncio.Event()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(never.wait(), 1.25)
        assert clock.now_s() == 1.25
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.75):
                await never.wait()
        assert clock.now_s() == 2.0
        async with asyncio.timeout(5) as limit:
            limit.reschedule(loop_time() + 100)
            await asyncio.sleep(50)
        assert clock.now_s() == 52.0
        done, pending = await asyncio.wait([asyncio.create_task(asyncio.sleep(s)) for s in (1, 9)], timeout=3)
        assert (len(done), len(pending), clock.now_s()) == (1, 1, 55.0)

    run(program)


def test_locks_conditions_gather_and_async_generators() -> None:
    async def program(clock: VirtualClock) -> list[Any]:
        lock = asyncio.Lock()
        held: list[tuple[int, float]] = []

        async def hold(number: int) -> int:
            async with lock:
                held.append((number, clock.now_s()))
                await asyncio.sleep(1)
            return number

        async def ticks() -> Any:
            for _ in range(3):
                await asyncio.sleep(0.5)
                yield clock.now_s()

        results = await asyncio.gather(*(hold(number) for number in range(3)))
        assert held == [(0, 0.0), (1, 1.0), (2, 2.0)]
        return [*results, [tick async for tick in ticks()]]

    assert run(program) == [0, 1, 2, [3.5, 4.0, 4.5]]


def test_leftover_tasks_and_generators_are_cleaned_up_in_virtual_time() -> None:
    ended: list[tuple[str, float]] = []

    async def program(clock: VirtualClock) -> str:
        async def leftover() -> None:
            try:
                await asyncio.sleep(1_000)
            finally:
                await asyncio.sleep(7)
                ended.append(("task", clock.now_s()))

        async def numbers() -> Any:
            try:
                yield 1
                yield 2
            finally:
                ended.append(("generator", clock.now_s()))

        left = asyncio.create_task(leftover())
        generator = numbers()
        await anext(generator)
        await asyncio.sleep(1)
        assert not left.done()
        clock.kept = generator  # type: ignore[attr-defined]
        return "result"

    clock = virtual()
    assert clock.run(program(clock)) == "result"
    assert ended == [("task", 8), ("generator", 8)]


def test_errors_of_the_program_come_through() -> None:
    async def program(clock: VirtualClock) -> None:
        await asyncio.sleep(1)
        raise KeyError("theirs")

    with pytest.raises(KeyError, match="theirs"):
        run(program)


# Executor work


def test_executor_work_holds_time_and_is_delivered_in_order_of_submission() -> None:
    async def program(clock: VirtualClock) -> list[tuple[str, float]]:
        loop = asyncio.get_running_loop()
        last_is_done = threading.Event()
        order: list[tuple[str, float]] = []
        loop.call_later(0.001, lambda: order.append(("timer", clock.now_s())))

        async def work(name: str, job: Callable[[], object]) -> None:
            await asyncio.to_thread(job)
            order.append((name, clock.now_s()))

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            loop.set_default_executor(pool)
            # The first can only finish after the last has.
            await asyncio.gather(
                work("first", last_is_done.wait), work("second", lambda: None), work("last", last_is_done.set)
            )
            await asyncio.sleep(1)
        return order

    assert run(program) == [("first", 0), ("second", 0), ("last", 0), ("timer", 0.001)]


def test_executor_work_fails_and_is_cancelled_as_in_asyncio() -> None:
    async def program(clock: VirtualClock) -> None:
        def fail(error: BaseException) -> None:
            raise error

        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(fail, ZeroDivisionError())
        with pytest.raises(RuntimeError, match="StopIteration"):
            await asyncio.to_thread(fail, StopIteration())

        loop = asyncio.get_running_loop()
        busy, free = threading.Event(), threading.Event()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            running = loop.run_in_executor(pool, lambda: (busy.set(), free.wait()))
            queued = loop.run_in_executor(pool, lambda: None)
            busy.wait()
            running.cancel()
            queued.cancel()
            free.set()
            with pytest.raises(asyncio.CancelledError):
                await running
            with pytest.raises(asyncio.CancelledError):
                await queued
        await asyncio.sleep(1)
        assert clock.now_s() == 1

    run(program)


@pytest.mark.parametrize("pause", [0, 0.001])
def test_a_program_that_polls_for_its_executor_work_gets_it(pause: float) -> None:
    async def program(clock: VirtualClock) -> float:
        work = asyncio.get_running_loop().run_in_executor(None, lambda: 42)
        while not work.done():
            await asyncio.sleep(pause)
        assert await work == 42
        return clock.now_s()

    assert run(program) <= 0.001


def test_a_thread_that_calls_in_is_heard() -> None:
    async def program(clock: VirtualClock) -> float:
        loop = asyncio.get_running_loop()
        called = asyncio.Event()
        thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(called.set))
        thread.start()
        await called.wait()
        thread.join()
        return clock.now_s()

    assert run(program) == 0


# Input, output, children


def test_loopback_streams_pass_no_time() -> None:
    async def program(clock: VirtualClock) -> list[tuple[bytes, float]]:
        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while line := await reader.readline():
                await asyncio.sleep(1)
                writer.write(line.upper())
                await writer.drain()
            writer.close()

        received = []
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            for number in range(20):
                writer.write(b"book %d\n" % number)
                # A timeout that would win if time raced past what is already in the kernel.
                received.append((await asyncio.wait_for(reader.readline(), 1.5), clock.now_s()))
            writer.close()
            await writer.wait_closed()
        return received

    assert run(program) == [(b"BOOK %d\n" % number, number + 1.0) for number in range(20)]


def test_a_write_to_a_peer_that_sleeps_on_the_same_loop_does_not_hold_time() -> None:
    size = 8_000_000  # more than both socket buffers take

    async def program(clock: VirtualClock) -> tuple[int, float]:
        async def read_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(30)
            arrived.set_result(len(await reader.readexactly(size)))
            writer.close()

        arrived: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        server = await asyncio.start_server(read_late, "127.0.0.1", 0)
        async with server:
            _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(bytes(size))
            await writer.drain()
            writer.close()
            return await arrived, clock.now_s()

    assert run(program) == (size, 30)


def test_a_pending_write_holds_time_until_it_can_be_made() -> None:
    async def program(clock: VirtualClock) -> float:
        loop = asyncio.get_running_loop()
        left, right = socket.socketpair()
        left.setblocking(False)
        sent = 0

        def read_all() -> None:
            remaining = sent
            while remaining > 0:
                remaining -= len(right.recv(1 << 16))

        with left, right:
            with contextlib.suppress(BlockingIOError):
                while True:
                    sent += left.send(bytes(1 << 16))
            reader = threading.Timer(0.01, read_all)
            reader.start()
            await asyncio.wait_for(loop.sock_sendall(left, b"more"), 0.001)
            reader.join()
        return clock.now_s()

    assert run(program) == 0


def test_a_write_that_nobody_takes_ends_by_the_timeout_of_the_program() -> None:
    warnings: list[str] = []

    async def program(clock: VirtualClock) -> float:
        loop = asyncio.get_running_loop()
        left, right = socket.socketpair()
        left.setblocking(False)
        with left, right, pytest.raises(TimeoutError):
            await asyncio.wait_for(loop.sock_sendall(left, bytes(1 << 24)), 20)
        return clock.now_s()

    assert run(program, stall_s=STALL_S, warn=warnings.append) == 20
    assert len(warnings) == 1
    assert "no longer waits" in warnings[0]


def test_pending_reads_get_their_grace_in_real_time() -> None:
    async def program(clock: VirtualClock) -> tuple[bytes, float]:
        loop = asyncio.get_running_loop()
        left, right = socket.socketpair()
        left.setblocking(False)
        with left, right:
            writer = threading.Timer(0.01, right.send, (b"late",))
            writer.start()
            data = await asyncio.wait_for(loop.sock_recv(left, 10), 0.001)
            writer.join()
        return data, clock.now_s()

    assert run(program, io_grace_ms=10_000) == (b"late", 0)


def test_without_grace_time_passes_a_pending_read() -> None:
    async def program(clock: VirtualClock) -> float:
        loop = asyncio.get_running_loop()
        left, right = socket.socketpair()
        left.setblocking(False)
        with left, right, pytest.raises(TimeoutError):
            await asyncio.wait_for(loop.sock_recv(left, 10), 3_600)
        return clock.now_s()

    assert run(program) == 3_600


def test_child_processes_hold_time() -> None:
    async def program(clock: VirtualClock) -> tuple[bytes, int | None, float]:
        ticks: list[float] = []
        asyncio.get_running_loop().call_later(1, lambda: ticks.append(clock.now_s()))
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "print(input())", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await asyncio.wait_for(child.communicate(b"42\n"), 0.5)
        assert not ticks
        await asyncio.sleep(2)
        assert ticks == [1]
        return output, child.returncode, clock.now_s()

    assert run(program) == (b"42\n", 0, 2)


def test_a_program_that_cannot_be_started_leaves_time_free() -> None:
    async def program(clock: VirtualClock) -> float:
        with pytest.raises(FileNotFoundError):
            await asyncio.create_subprocess_exec("/nonexistent/program")
        await asyncio.sleep(2)
        return clock.now_s()

    assert run(program) == 2


# Stalls


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
    async def program(clock: VirtualClock) -> float:
        end = time.perf_counter() + 4 * STALL_S
        while time.perf_counter() < end:
            await asyncio.sleep(1)
        return clock.now_s()

    assert run(program, stall_s=STALL_S) > 0


# The time functions


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


def test_process_pools_made_during_a_run_hold_time_like_threads() -> None:
    async def program(clock: VirtualClock) -> tuple[list[int], float]:
        loop = asyncio.get_running_loop()
        with concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            work = [loop.run_in_executor(pool, pow, 2, exponent) for exponent in range(3)]
            return await asyncio.wait_for(asyncio.gather(*work), 0.001), clock.now_s()

    assert run(program) == ([1, 2, 4], 0)


def test_runs_nest_across_threads_and_time_is_restored_after_each() -> None:
    async def inner(clock: VirtualClock) -> float:
        await asyncio.sleep(1_000)
        assert time.monotonic() == 1_000
        return clock.now_s()

    async def outer(clock: VirtualClock) -> float:
        await asyncio.sleep(5)
        assert await asyncio.to_thread(run, inner) == 1_000
        assert time.monotonic() == 5
        assert time.time_ns() == START_MS * 1_000_000 + 5_000_000_000
        await asyncio.sleep(5)
        return clock.now_s()

    with time_is_restored():
        assert run(outer) == 10


def test_a_run_within_a_running_loop_is_refused() -> None:
    async def program(clock: VirtualClock) -> None:
        with pytest.raises(RuntimeError, match="within a running event loop"):
            virtual().run(asyncio.sleep(1))
        assert time.monotonic() == 0

    run(program)


# Signals


def test_what_a_signal_handler_raises_ends_the_run_and_everything_is_undone() -> None:
    cleaned: list[str] = []

    class Terminated(SystemExit):
        pass

    def terminate(number: int, frame: object) -> None:
        raise Terminated

    async def program(clock: VirtualClock) -> None:
        try:
            await asyncio.sleep(1)
            signal.raise_signal(signal.SIGTERM)
        finally:
            cleaned.append("yes")

    former = signal.signal(signal.SIGTERM, terminate)
    try:
        with time_is_restored(), pytest.raises(Terminated):
            run(lambda clock: asyncio.wait_for(program(clock), 100))
    finally:
        signal.signal(signal.SIGTERM, former)
    assert cleaned == ["yes"]


def test_an_interrupt_cancels_the_program_as_asyncio_run_does() -> None:
    async def program(clock: VirtualClock) -> None:
        asyncio.get_running_loop().call_later(1, signal.raise_signal, signal.SIGINT)
        while True:
            await asyncio.sleep(5)

    with time_is_restored(), pytest.raises(KeyboardInterrupt):
        run(program)


def test_signal_handlers_of_the_loop_are_called() -> None:
    async def program(clock: VirtualClock) -> bool:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, stop.set)
        signal.raise_signal(signal.SIGUSR1)
        while not stop.is_set():
            await asyncio.sleep(1)
        return stop.is_set()

    assert run(program)


def test_a_program_that_waits_for_nothing_but_a_signal_waits_really() -> None:
    async def program(clock: VirtualClock) -> float:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, stop.set)
        sender = threading.Timer(0.01, signal.pthread_kill, (threading.main_thread().ident, signal.SIGUSR1))
        sender.start()
        await stop.wait()
        sender.join()
        return clock.now_s()

    assert run(program) == 0


@contextlib.contextmanager
def time_is_restored() -> Iterator[None]:
    """Every patched function, the interval timer and the signal handlers are as before."""

    def state() -> list[Any]:
        handlers = [signal.getsignal(number) for number in (signal.SIGALRM, signal.SIGINT)]
        return [time.monotonic, time.monotonic_ns, time.sleep, handlers]

    before, interval, wall, mono = state(), signal.getitimer(signal.ITIMER_REAL)[1], time.time(), time.monotonic()
    yield
    assert state() == before
    assert signal.getitimer(signal.ITIMER_REAL)[1] == interval
    assert wall <= time.time() < wall + 3_600
    assert mono <= time.monotonic() < mono + 3_600


def test_a_timer_of_the_caller_still_fires_during_a_run() -> None:
    fired: list[float] = []
    clock = virtual(stall_s=10 * STALL_S)

    async def program() -> None:
        while not fired:
            await asyncio.sleep(1)

    former = signal.signal(signal.SIGALRM, lambda number, frame: fired.append(clock.now_s()))
    former_timer = signal.setitimer(signal.ITIMER_REAL, 0.001)
    try:
        clock.run(program())
    finally:
        signal.signal(signal.SIGALRM, former)
        signal.setitimer(signal.ITIMER_REAL, *former_timer)
    assert len(fired) == 1


# Real time


def test_real_time_passes_and_nothing_is_patched() -> None:
    clock = RealClock()
    functions = (time.time, time.monotonic, time.sleep)

    async def program() -> list[str]:
        order: list[str] = []
        assert (time.time, time.monotonic, time.sleep) == functions
        assert abs(time.time() * 1000 - clock.start_ms) < 60_000
        assert not clock.try_jump(clock.now_s() + 60)
        assert clock.try_jump(clock.now_s())
        t_s = clock.now_s() + 0.003

        async def event() -> None:
            await clock.sleep_until(t_s)
            order.append("event")

        task = asyncio.create_task(event())
        await asyncio.sleep(0)  # its timer is the older one
        clock.call_first_at(t_s, lambda: order.append("measurement"))
        await task
        assert clock.now_s() >= t_s - 1e-6
        return order

    before = clock.now_s()
    assert clock.run(program()) == ["measurement", "event"]
    assert before == 0
    assert clock.now_s() > 0
    assert not clock.is_virtual


def test_the_same_program_runs_on_either_clock() -> None:
    async def program(clock: VirtualClock | RealClock) -> list[int]:
        order: list[int] = []

        async def append(number: int) -> None:
            await clock.sleep_until(number / 1000)
            order.append(number)

        await asyncio.gather(*(append(number) for number in (3, 1, 2)))
        return order

    for clock in (virtual(), RealClock()):
        assert clock.run(program(clock)) == [1, 2, 3]


@pytest.mark.parametrize("options", [{"io_grace_ms": -1.0}, {"io_grace_ms": math.nan}, {"stall_s": 0.0}])
def test_options_that_make_no_sense_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        VirtualClock(start_ms=0, **options)  # type: ignore[arg-type]
