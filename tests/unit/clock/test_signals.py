"""Signals during a run: they reach the program, end it cleanly and are restored after it."""

from __future__ import annotations

import asyncio
import signal
import threading

import pytest

from harness.clock import VirtualClock
from tests.unit.clock.virtual_time import STALL_S, run, time_is_restored, virtual


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
