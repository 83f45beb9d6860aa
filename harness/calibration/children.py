"""How often a child process at work is taken for one that only waits: trials of each kind, with real processes.

Each trial asks a child for something, and looks at it again and again until the answer is there. A look that says
that it rests before is wrong. Writes docs/reference/children.md.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import functools
import multiprocessing
import os
import platform
import queue
import random
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.calibration.markdown import prose, table
from harness.clock.children import Children

PAGE = Path("docs/reference/children.md")
PATIENCE_S = 10.0
STARTS = 20
"""Of a child of each kind: looks from its first instant on, when threads and processes begin."""

WORK_US = (0, 0, 20, 100, 500, 2000)

Ask = Callable[[int], None]
IsAnswered = Callable[[], bool]
Take = Callable[[], Any]
Kind = tuple[Ask, IsAnswered, Take]

_WORK = """
import sys, time
def work(us):
    end = time.perf_counter() + us / 1e6
    while time.perf_counter() < end:
        bytes(1000)
    return us
"""
_ECHO = f"{_WORK}\nfor line in sys.stdin:\n    print(work(int(line)), flush=True)\n"
_THREADED_ECHO = f"""{_WORK}
import asyncio
async def serve():
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(await asyncio.to_thread(work, int(line)), flush=True)
asyncio.run(serve())
"""
_PARENT_ECHO = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {_ECHO!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
for line in sys.stdin:
    child.stdin.write(line); child.stdin.flush()
    print(child.stdout.readline().strip(), flush=True)
"""


@dataclass(frozen=True)
class Trials:
    """Looks at children of one kind: at work, with those that were wrong, and once the answer was there."""

    looks: int
    wrong: int
    late: int
    """Answers after which the child was not seen at rest within PATIENCE_S."""
    cpu_us: float
    """CPU of a look, in microseconds."""


def work(us: int) -> int:
    """Keep a core busy for `us` microseconds."""
    end = time.perf_counter() + us / 1e6
    while time.perf_counter() < end:
        bytes(1000)
    return us


def try_kind(kind: Kind, looks: int, draws: random.Random) -> Trials:
    """Ask until there were `looks` looks at a child that had not answered yet."""
    ask, is_answered, take = kind
    children = Children(lambda text: None, lambda: ())
    done = wrong = late = 0
    cpu_s = 0.0
    while done < looks:
        ask(draws.choice(WORK_US))
        while not is_answered():
            begun = time.thread_time()
            rests = children.rest()
            cpu_s += time.thread_time() - begun
            done += 1
            if rests:
                wrong += not is_answered()
                break
        while not is_answered():
            pass
        take()
        deadline = time.perf_counter() + PATIENCE_S
        while not (rests := children.rest()) and time.perf_counter() < deadline:
            time.sleep(0)
        late += not rests
    return Trials(done, wrong, late, cpu_s / done * 1e6)


# The kinds


@contextmanager
def over_pipes(program: str) -> Iterator[Kind]:
    """A child of `subprocess`, read by whoever looks, as an asyncio loop reads it."""
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        reader, writer = child.stdout, child.stdin

        def ask(us: int) -> None:
            writer.write(b"%d\n" % us)
            writer.flush()

        yield ask, lambda: bool(select.select([reader], [], [], 0)[0]), reader.readline
        writer.close()


@contextmanager
def in_a_thread() -> Iterator[Kind]:
    """A child of `subprocess` that a thread of this process talks to, over queues of the standard library."""
    questions: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def talk() -> None:
        with over_pipes(_ECHO) as (ask, _, take):
            while (us := questions.get()) is not None:
                ask(us)
                answers.put(take())

    thread = threading.Thread(target=talk)
    thread.start()
    yield questions.put, lambda: not answers.empty(), answers.get
    questions.put(None)
    thread.join()


def _serve_pipe(end: Any) -> None:
    while (us := end.recv()) is not None:
        end.send(work(us))


def _serve_queues(questions: Any, answers: Any) -> None:
    while (us := questions.get()) is not None:
        answers.put(work(us))


@contextmanager
def over_multiprocessing_pipe(method: str) -> Iterator[Kind]:
    """A process of `multiprocessing` at the other end of a Pipe."""
    context = multiprocessing.get_context(method)
    here, there = context.Pipe()
    process = context.Process(target=_serve_pipe, args=(there,))  # type: ignore[attr-defined]
    process.start()
    yield here.send, here.poll, here.recv
    here.send(None)
    process.join()


@contextmanager
def over_multiprocessing_queues(method: str) -> Iterator[Kind]:
    """A process of `multiprocessing` between two queues, each with a thread that feeds it."""
    context = multiprocessing.get_context(method)
    questions, answers = context.Queue(), context.Queue()
    process = context.Process(target=_serve_queues, args=(questions, answers))  # type: ignore[attr-defined]
    process.start()
    yield questions.put, lambda: not answers.empty(), answers.get
    questions.put(None)
    process.join()


@contextmanager
def in_a_process_pool(method: str) -> Iterator[Kind]:
    """Two workers of a ProcessPoolExecutor, whose futures are looked at without asyncio."""
    context = multiprocessing.get_context(method)
    futures: list[concurrent.futures.Future[int]] = []
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        yield (
            lambda us: futures.append(pool.submit(work, us)),
            lambda: all(future.done() for future in futures),
            lambda: [futures.pop().result() for _ in range(len(futures))],
        )


KINDS: dict[str, Callable[[], Any]] = {
    "asyncio subprocess or Popen, over pipes": functools.partial(over_pipes, _ECHO),
    "the same, whose threads do the work (to_thread)": functools.partial(over_pipes, _THREADED_ECHO),
    "a child that asks a child of its own": functools.partial(over_pipes, _PARENT_ECHO),
    "Popen, talked to by a thread": in_a_thread,
    "multiprocessing.Pipe, fork": functools.partial(over_multiprocessing_pipe, "fork"),
    "multiprocessing.Pipe, spawn": functools.partial(over_multiprocessing_pipe, "spawn"),
    "multiprocessing.Queue, fork": functools.partial(over_multiprocessing_queues, "fork"),
    "multiprocessing.Queue, spawn": functools.partial(over_multiprocessing_queues, "spawn"),
    "ProcessPoolExecutor.submit, fork": functools.partial(in_a_process_pool, "fork"),
    "ProcessPoolExecutor.submit, spawn": functools.partial(in_a_process_pool, "spawn"),
}


def page(trials: dict[str, Trials], command: str) -> str:
    """The page of these trials, in Markdown."""
    rows = [[name, f"{of.looks:,}", f"{of.wrong:,}", f"{of.late:,}", f"{of.cpu_us:.0f}"] for name, of in trials.items()]
    head = ["a child", "looks at it at work", "taken for at rest", "not seen at rest after", "CPU of a look, us"]
    return "\n\n".join(
        [
            "# Does this child only wait?",
            prose(f"""
            Virtual time may jump only if no child process has anything to do. How that is decided is in
            `harness/clock/children.py`. Here is how often it erred, on Linux {platform.release()}, CPython
            {platform.python_version()}, {os.cpu_count()} cores that other programs used as well. Each trial asks a
            child for something that takes 0 to 2 ms, and looks at it until the answer is there. A look that says that
            it rests before is wrong. Each kind is started {STARTS} times, and looked at from its first instant on.
            What is looked at is the child, what it started, and this process's own threads.
        """),
            f"Made by `{command}`.",
            table(head, rows),
            prose("""
            These are whole looks, as they are made where anything ran since the last. Where nothing did, which is
            most jumps of a run, two short files of each thread are read. No error in 6,000 looks rules out a rate above
            0.05 % (95 % confidence), if looks erred independently of each other; many are at the same piece of work.
        """),
            NOT_FOLLOWED,
        ]
    )


NOT_FOLLOWED = """## What cannot be followed

- A child with a timer of its own, or one that may not be looked into (another user's, one that is not dumpable). It
  holds time while it works, and 5 ms of real time beyond; then time goes on. The run warns of it once, by its
  command. `--clock real` follows it.
- A thread of the target that has a timer, beside a child: the same.
- A child that waits for the network waits: what the world outside answers takes no virtual time, as for the target
  itself.
- A timer of the kernel's that a child polls (timerfd in an epoll, a signal of an interval timer) is not seen as
  one: such a child counts as waiting between its ticks, without a warning.
- Threads that are not Python's (of a C library in the target itself) are not looked at.
- A child that other code than Python starts (a C library) is found within 64 turns of the loop, or with the next
  that is followed.
- A child that works without a pause for `time.stall_s` real seconds ends the run, and is named.
- Without /proc (other systems than Linux) a child of asyncio's holds time until it ends; others do not.

Seen, and not mended: a connect to a listener whose backlog is full holds time for half of `stall_s`. aiodns asks
the world outside, so an unknown host may run into its timeout: `io_grace_ms`. Programs that draw from `random`
(back-off) are reproducible only if they seed it. A thread of the target's that idles for ever, or a signal handler,
keeps "nothing is left to wait for" from being said at once: the run then ends by its limits of real time.
"""


def _summed(trials: Sequence[Trials]) -> Trials:
    looks = sum(of.looks for of in trials)
    cpu_us = sum(of.cpu_us * of.looks for of in trials) / looks
    return Trials(looks, sum(of.wrong for of in trials), sum(of.late for of in trials), cpu_us)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try every kind, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m harness.calibration.children", description=__doc__)
    parser.add_argument("--looks", type=int, default=20_000, help="at a child at work, of each kind (%(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=PAGE, help="the page to write (%(default)s)")
    options = parser.parse_args(arguments)
    trials = {}
    for name, kind in KINDS.items():
        draws = random.Random(options.seed)
        of = []
        for _ in range(STARTS):
            with kind() as made:
                of.append(try_kind(made, options.looks // STARTS, draws))
        trials[name] = _summed(of)
        print(name, trials[name], file=sys.stderr)
    command = f"python -m harness.calibration.children --looks {options.looks} --seed {options.seed}"
    options.out.write_text(page(trials, command), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
