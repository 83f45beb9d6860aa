"""Threads that speak with the loop over a socket: with `threads_hold` they live at its instants, else they do not."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import threading

import pytest

from harness.clock import ClockStalled, VirtualClock
from tests.unit.clock.virtual_time import run

MESSAGES = 200
EVERY_S = 0.05


def test_a_thread_takes_what_the_loop_sends_it_at_the_instant_that_it_was_sent() -> None:
    async def main(clock: VirtualClock) -> list[tuple[float, bytes]]:
        taken: list[tuple[float, bytes]] = []
        client, server = socket.socketpair()
        server.setblocking(False)

        def read() -> None:
            while message := client.recv(100):
                hashlib.sha256(bytes(1_000_000))
                taken.append((clock.now_s(), message))

        reading = threading.Thread(target=read)
        reading.start()
        for number in range(MESSAGES):
            await asyncio.sleep(EVERY_S)
            await asyncio.get_running_loop().sock_sendall(server, b"%d" % number)
        await asyncio.sleep(EVERY_S)
        server.close()
        await asyncio.to_thread(reading.join)
        client.close()
        return taken

    taken = run(main, threads_hold=True)
    assert [message for _, message in taken] == [b"%d" % number for number in range(MESSAGES)]
    assert [at_s for at_s, _ in taken] == pytest.approx([EVERY_S * (1 + number) for number in range(MESSAGES)])


def test_the_loop_answers_a_thread_at_the_instant_that_it_asked() -> None:
    async def main(clock: VirtualClock) -> list[float]:
        asked_s: list[float] = []

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await reader.readline():
                writer.write(b"%r\n" % clock.now_s())
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]

        def ask() -> None:
            with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rwb") as file:
                for _ in range(MESSAGES):
                    file.write(b"now?\n")
                    file.flush()
                    asked_s.append(float(file.readline()) - clock.now_s())

        asking = threading.Thread(target=ask)
        asking.start()
        while asking.is_alive():
            await asyncio.sleep(0.001)
        server.close()
        return asked_s

    assert run(main, threads_hold=True) == [0.0] * MESSAGES


def test_a_thread_with_a_timer_of_its_own_holds_time_only_while_it_works_and_is_told_of_once() -> None:
    told: list[str] = []

    async def main(clock: VirtualClock) -> None:
        over = threading.Event()
        waiting = threading.Thread(target=lambda: over.wait(600), name="its timer")
        waiting.start()
        for _ in range(20):
            await asyncio.sleep(60)
        assert clock.now_s() == 1200
        over.set()
        await asyncio.to_thread(waiting.join)

    run(main, threads_hold=True, warn=told.append)
    assert len(told) == 1
    assert "the thread 'its timer' has a timer of its own: its time is real" in told[0]


def test_a_thread_that_never_stops_working_ends_the_run_and_is_named() -> None:
    over = threading.Event()

    async def main(clock: VirtualClock) -> None:
        working = threading.Thread(target=lambda: [None for _ in iter(over.is_set, True)])
        working.start()
        try:
            await asyncio.sleep(3600)
        finally:
            over.set()

    with pytest.raises(ClockStalled, match=r"a thread of the program works; --clock real would let it"):
        run(main, threads_hold=True, stall_s=0.5)


def test_without_it_threads_are_the_real_world() -> None:
    async def main(clock: VirtualClock) -> None:
        over = threading.Event()
        waiting = threading.Thread(target=over.wait)
        waiting.start()
        await asyncio.sleep(3600)
        assert not asyncio.get_running_loop().may_have_children  # type: ignore[attr-defined]
        over.set()

    run(main)
