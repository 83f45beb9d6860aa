"""Time jumps only while nothing real is awaited: input, output and child processes hold it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import math
import socket
import sys
import threading
import tracemalloc

import pytest

from harness.clock import VirtualClock
from tests.unit.clock.virtual_time import STALL_S, run


def test_a_day_of_periodic_cycles_does_not_drift() -> None:
    async def program(clock: VirtualClock) -> None:
        for cycle in range(100_000):
            assert clock.now_s() == cycle * 5.0
            await asyncio.sleep(5.0)

    run(program)


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

    assert run(program, stall_s=20 * STALL_S, warn=warnings.append) == 20
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

    assert run(program, io_grace_ms=60_000) == (b"late", 0)


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
