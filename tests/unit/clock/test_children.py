"""Child processes on virtual time: those that work hold it, those that wait do not, and the others are told of."""

from __future__ import annotations

import asyncio
import concurrent.futures
import hashlib
import multiprocessing
import os
import random
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from harness.calibration.children import KINDS, try_kind, work
from harness.clock import ClockStalled, VirtualClock
from harness.clock.births import has_children
from tests.unit.clock.virtual_time import run

PIPE = asyncio.subprocess.PIPE
LOOKS = 200
ECHO = "import sys\nfor line in sys.stdin: print(line.strip().upper(), flush=True)"
SLOW_ECHO = "import sys, hashlib\nfor line in sys.stdin: hashlib.sha256(bytes(10**7)); print(line.strip(), flush=True)"


@pytest.mark.parametrize("name", KINDS)
def test_a_child_at_work_is_never_taken_for_one_at_rest(name: str) -> None:
    with KINDS[name]() as kind:
        trials = try_kind(kind, LOOKS, random.Random(1))
    assert trials.looks >= LOOKS
    assert (trials.wrong, trials.late) == (0, 0)


@pytest.mark.parametrize("program", [ECHO, SLOW_ECHO])
def test_an_asyncio_child_that_lives_as_long_as_the_program_answers_at_the_instant_of_the_request(program: str) -> None:
    async def main(clock: VirtualClock) -> str:
        events = hashlib.sha256()
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdin=PIPE, stdout=PIPE)
        assert child.stdin is not None
        assert child.stdout is not None
        for number in range(60):
            asked_s = clock.now_s()
            child.stdin.write(b"book %d\n" % number)
            answer = await asyncio.wait_for(child.stdout.readline(), 0.001)
            assert clock.now_s() == asked_s
            events.update(b"%r %s" % (clock.now_s(), answer))
            await asyncio.sleep(10)
        child.stdin.close()
        assert await child.wait() == 0
        assert clock.now_s() == 600
        return events.hexdigest()

    assert run(main) == run(main)


def test_children_that_answer_at_one_instant_are_heard_in_one_order() -> None:
    async def main(clock: VirtualClock) -> list[int]:
        heard: list[int] = []

        async def ask(number: int, us: int) -> None:
            code = f"from harness.calibration.children import work\nfor line in open(0): print(work({us}), flush=True)"
            child = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdin=PIPE, stdout=PIPE)
            assert child.stdin is not None
            assert child.stdout is not None
            await started.wait()
            child.stdin.write(b"\n")
            await child.stdout.readline()
            heard.append(number)
            child.stdin.close()
            await child.wait()

        started = asyncio.Event()
        asking = [asyncio.create_task(ask(number, us)) for number, us in enumerate((20_000, 5_000, 0))]
        await asyncio.sleep(1)
        started.set()
        await asyncio.gather(*asking)
        return heard

    assert run(main) == [0, 1, 2], "not the fastest first"


def _answer_pipe(end: Any) -> None:
    while (us := end.recv()) is not None:
        end.send(work(us))


def _answer_queue(questions: Any, answers: Any) -> None:
    while (us := questions.get()) is not None:
        answers.put(work(us))


async def _poll(clock: VirtualClock, ask: Callable[[int], None], is_answered: Callable[[], bool]) -> list[float]:
    """When answers are seen by a program that looks every hundredth of a second."""
    seen = []
    for us in (0, 100, 20_000):
        await asyncio.sleep(1)
        ask(us)
        await asyncio.sleep(0.01)
        while not is_answered():
            await asyncio.sleep(0.01)
        seen.append(round(clock.now_s(), 6))
    return seen


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_process_of_multiprocessing_is_waited_for_while_it_works(method: str) -> None:
    context = multiprocessing.get_context(method)

    async def over_a_pipe(clock: VirtualClock) -> list[float]:
        here, there = context.Pipe()
        process = context.Process(target=_answer_pipe, args=(there,))  # type: ignore[attr-defined]
        process.start()
        seen = await _poll(clock, here.send, lambda: here.poll() and bool(here.recv() + 1))
        here.send(None)
        process.join()
        return seen

    async def over_queues(clock: VirtualClock) -> list[float]:
        questions, answers = context.Queue(), context.Queue()
        process = context.Process(target=_answer_queue, args=(questions, answers))  # type: ignore[attr-defined]
        process.start()
        seen = await _poll(clock, questions.put, lambda: not answers.empty() and bool(answers.get() + 1))
        questions.put(None)
        process.join()
        return seen

    assert run(over_a_pipe) == [1.01, 2.02, 3.03]
    assert run(over_queues) == [1.01, 2.02, 3.03]


def test_what_is_submitted_to_a_process_pool_itself_takes_no_time() -> None:
    async def main(clock: VirtualClock) -> tuple[list[int], float]:
        with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            futures = [asyncio.wrap_future(pool.submit(work, us)) for us in (50_000, 0, 1_000)]
            answers = await asyncio.wait_for(asyncio.gather(*futures), 0.001)
            at_s = clock.now_s()
            await asyncio.sleep(3_600)  # idle workers do not hold time
            return answers, at_s

    assert run(main) == ([50_000, 0, 1_000], 0)


def test_a_child_with_a_timer_of_its_own_does_not_hold_time_and_is_told_of_once() -> None:
    told: list[str] = []

    async def main(clock: VirtualClock) -> float:
        code = "import time\nwhile True: time.sleep(0.05)"
        with subprocess.Popen([sys.executable, "-c", code]) as child:
            for _ in range(100):
                await asyncio.sleep(36)
            child.kill()
        return clock.now_s()

    assert run(main, warn=told.append) == 3_600
    (text,) = told
    assert "the child process python -c has a timer of its own" in text
    assert "--clock real" in text


def test_a_child_that_may_not_be_looked_into_does_not_hold_time_and_is_told_of_once() -> None:
    # Without the right to trace, the kernel does not tell of a process that is not dumpable.
    code = """
import asyncio, ctypes, subprocess, sys
from harness.clock import VirtualClock
PR_CAPBSET_DROP, CAP_SYS_PTRACE, PR_SET_DUMPABLE = 24, 19, 4
if sys.argv[1:] != ["bare"]:
    import os
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE, 0, 0, 0)
    os.execv(sys.executable, [sys.executable, "-c", sys.orig_argv[2], "bare"])
child_code = "import ctypes; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0); print(1, flush=True); input()"
async def main():
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", child_code, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    await child.stdout.readline()
    await asyncio.sleep(3600)
    child.stdin.close()
    await child.wait()
    print(asyncio.get_running_loop().time())
VirtualClock(start_ms=0, warn=print).run(main())
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    *told, at_s = ended.stdout.splitlines()
    assert at_s == "3600.0"
    assert len([text for text in told if "the child process python -c may not be looked into" in text]) == 1


def test_a_child_that_never_stops_working_ends_the_run_and_is_named() -> None:
    async def main(clock: VirtualClock) -> None:
        with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as child:
            try:
                await asyncio.sleep(3_600)
            finally:
                child.kill()

    with pytest.raises(ClockStalled, match=r"a child process works: python -c \(pid \d+\); --clock real"):
        run(main, stall_s=0.5)


def test_a_child_that_is_stopped_does_not_hold_time() -> None:
    async def main(clock: VirtualClock) -> float:
        with subprocess.Popen([sys.executable, "-c", "import os; os.kill(os.getpid(), 19)"]) as child:
            await asyncio.sleep(60)
            child.kill()
        return clock.now_s()

    assert run(main) == 60


def test_a_child_that_fills_its_pipe_is_read() -> None:
    async def main(clock: VirtualClock) -> tuple[int, float]:
        code = "import sys; sys.stdout.buffer.write(bytes(3_000_000))"
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=PIPE)
        output, _ = await asyncio.wait_for(child.communicate(), 0.001)
        return len(output), clock.now_s()

    assert run(main) == (3_000_000, 0)


def test_time_is_free_again_once_no_child_is_left() -> None:
    async def main(clock: VirtualClock) -> bool:
        child = await asyncio.create_subprocess_exec("true")
        await child.wait()
        await asyncio.sleep(1)
        return has_children() or clock.try_jump(60)

    assert run(main)
    assert subprocess._fork_exec.__module__ == "_posixsubprocess"  # type: ignore[attr-defined]
    assert os.fork.__module__ == "posix"


def test_a_closed_connection_does_not_pass_for_one_that_the_loop_has_with_itself() -> None:
    async def main(clock: VirtualClock) -> bool:
        loop = asyncio.get_running_loop()
        others: list[asyncio.StreamWriter] = []
        server = await asyncio.start_server(lambda reader, writer: others.append(writer), "127.0.0.1", 0)
        async with server:
            _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            await asyncio.sleep(1)
            fd = writer.get_extra_info("socket").fileno()
            assert loop.talks_to_itself(fd)  # type: ignore[attr-defined]
            writer.close()  # the writer is kept, as a program may, and with it its transport
            await writer.wait_closed()
            with socket.socket() as unconnected:  # the kernel gives the lowest number that is free
                if unconnected.fileno() != fd:
                    os.dup2(unconnected.fileno(), fd)
                is_own = bool(loop.talks_to_itself(fd))  # type: ignore[attr-defined]
                if unconnected.fileno() != fd:
                    os.close(fd)
            others[0].close()
            await others[0].wait_closed()
        return is_own

    assert not run(main)
