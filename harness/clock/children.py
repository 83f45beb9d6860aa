"""Whether the children of this process only wait, so that time may jump: asked of the kernel, of all their threads.

A thread rests if it is asleep in a system call without an end (`waits`), and if it did not run between two looks. Where
all threads of the children and of their descendants rest, and so do the threads of this process that the program
started, nothing is under way between them: whoever writes to one that sleeps wakes it in the same system call, and one
that was woken no longer sleeps. `docs/reference/children.md` says how often that erred.

A child with a timer of its own, or one that the kernel does not tell of, cannot be followed: it holds time while it
runs, and for a short grace, and the run says once that what depends on it is not reproducible.
"""

from __future__ import annotations

import os
import sys
import threading
from array import array
from collections.abc import Callable, Collection, Iterator
from time import monotonic as real_monotonic
from time import sleep as real_sleep

from harness.clock.births import has_children
from harness.clock.waits import Doing, command_line, doing, is_dead, run_times, state_of
from harness.command_line import HIDDEN, short_command
from harness.process_tree import GONE, TELLS_CHILDREN, children_of, is_hidden, threads_of

# Threads of asyncio work while executor work holds time, or wait for the death of a child, of which the loop is told.
THREADS_OF_ASYNCIO = ("asyncio_", "asyncio-waitpid-")
# What was seen of a thread at the last look takes two numbers, in room that is made once: nothing that lasts is
# allocated in the middle of a run. Above so many threads each look is a whole one.
THREADS_REMEMBERED = 256
# One that has a timer holds time until it has not been seen at work for so long; yet all graces of a run are at most a
# third of its real time, or a timer of a millisecond would hold back every jump.
GRACE_S = 0.005
GRACE_SHARE = 1 / 3
FIRST_GRACES_S = 0.1
# Right after a reply a child needs some microseconds to rest: looked at again at once so often, before sleeping.
LOOKS_AT_ONCE = 5
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.0002, 0.004
# Input waits until all of them rest, which makes its order independent of which child is faster; not longer than this.
INPUT_PATIENCE_S = 1.0
BEING_STARTED = 0
UNSEEN = -1
MOST_COMMANDS_TOLD = 20
_AT_REST = b"STt"


class Children:
    """The children of this process and its own threads beside the one that asks.

    `warn` takes one line of text. `pids` are those that the loop started and has not heard the death of: where one is
    dead, the loop is about to hear of it. With `threads_too` there need not be any child: threads are enough.
    """

    can_be_read = TELLS_CHILDREN and os.path.exists("/proc/self/schedstat")

    def __init__(
        self, warn: Callable[[str], None], pids: Callable[[], Collection[int]], *, threads_too: bool = False
    ) -> None:
        self.threads_too = threads_too
        self.working: int | None = None
        """The process that was seen at work at the last look; None where all rest."""
        self._warn = warn
        self._pids = pids
        self._seen = array("q", bytes(16 * THREADS_REMEMBERED))  # a thread's id, and the hash of its run times
        self._seen_count = 0  # of all threads that rested at the last look
        self._rested_count = 0  # the same, where they are let go on only after a grace
        self._own_count = 0  # of those, this process's own, which come first
        self._dying = False
        self._since_s = real_monotonic()
        self._graces_s = 0.0
        self._told: dict[str, str | None] = {}  # what was warned of, and its command where it is a child
        self._last_unfollowed: tuple[int, int, Doing] | None = None

    @property
    def unfollowed(self) -> list[str]:
        """The commands of those that could not be followed, of which it was warned."""
        return [command for command in self._told.values() if command is not None]

    def exist(self) -> bool:
        """Whether any child, or thread, is to follow; multiprocessing's resource tracker is none, it does no work."""
        if self._pids():  # also one that was reaped, of which the loop is about to hear
            return True
        if self.threads_too and next(_own_threads(), None) is not None:
            return True
        if not has_children():
            return False
        tracker = _resource_tracker()
        return tracker is None or any(pid != tracker for pid in children_of(os.getpid()))

    def forget(self) -> None:
        """Look at all of them anew: there is one more."""
        self._seen_count = 0

    def rest(self) -> bool:
        """Whether all of them rest now: none works, and none has a timer of its own."""
        return self._look() is Doing.WAITING if not self.unchanged() else True

    def await_rest(self, wait: Callable[[float], bool], given_up: Callable[[], bool]) -> bool:
        """Wait in real time until all of them rest, or cannot be followed and had their grace: then True.

        `wait` waits so many seconds for input and says whether there is some. False where input must be heard first,
        and once `given_up` says so. A look takes some 20 us for a thread, and 50 if any of them ran since the last.
        """
        if self.unchanged():
            return True
        begun = quiet_since = real_monotonic()
        looks, pause_s, input_waits = 0, SHORTEST_PAUSE_S, False
        while (found := self._look()) is not Doing.WAITING:
            now = real_monotonic()
            if found is Doing.WORKING:
                quiet_since = now
            elif now - quiet_since >= GRACE_S or self._graces_s > FIRST_GRACES_S + GRACE_SHARE * (now - self._since_s):
                self._graces_s += now - quiet_since
                if self._last_unfollowed is not None:
                    self._tell(*self._last_unfollowed)
                self._seen_count = self._rested_count
                break
            input_waits = input_waits or wait(0 if looks < LOOKS_AT_ONCE else pause_s)
            if given_up() or (input_waits and (self._dying or now - begun > INPUT_PATIENCE_S)):
                return False
            if looks < LOOKS_AT_ONCE:
                os.sched_yield()
            else:
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
                if input_waits:
                    real_sleep(SHORTEST_PAUSE_S)
            looks += 1
        return True

    def at_work(self) -> str | None:
        """What was seen at work at the last look: the command and the pid of a process, or the program's own thread."""
        if self.working is None:
            return None
        if self.working == os.getpid():
            return "a thread of the program works"
        return f"a child process works: {_command(self.working)} (pid {self.working})"

    def unchanged(self) -> bool:
        """Whether none of those that rested at the last look has run or been woken since: the short look."""
        if not self._seen_count:
            return False
        seen, place = self._seen, 0
        for tid in _own_threads():
            if place == self._own_count or seen[2 * place] != tid:
                return False
            place += 1
        if place != self._own_count:
            return False
        return all(_still_rests(seen[2 * place], seen[2 * place + 1]) for place in range(self._seen_count))

    def _look(self) -> Doing:
        """WORKING if one of them does; else TIMED or UNREADABLE if one of them is, else WAITING: the whole look.

        All threads are listed, their run times read, and they are listed again: a thread or a process that is in no
        list was begun by one whose run times will have changed. Then they are asked what they do, and for their run
        times again.
        """
        self._seen_count = self._rested_count = 0
        self._dying, self.working, self._last_unfollowed = False, os.getpid(), None
        loops_own = set(self._pids())
        threads = _threads()
        times = [_run_times(tid) for _, tid in threads]
        if None in times or threads != _threads():
            return Doing.WORKING  # one ended or began: one that begins only now makes the run times of another change
        unheard = loops_own.difference(owner for owner, _ in threads)
        most: Doing = Doing.WAITING
        rested: list[tuple[int, int]] = []
        for (owner, tid), ran in zip(threads, times, strict=True):
            does = _seen_doing(tid)
            if does is None and owner in loops_own:
                unheard.add(owner)  # dead, and the loop is about to hear of it
            elif does is Doing.WORKING:
                self.working = owner
                return does
            elif does is not None:
                rested.append((tid, ran or 0))
                if does is not Doing.WAITING:
                    most = does
                    self._last_unfollowed = owner, tid, does
        if unheard:
            self._dying, self.working = True, unheard.pop()
            return Doing.WORKING
        if not all(_still_rests(tid, ran) for tid, ran in rested):
            return Doing.WORKING
        self.working = None
        own_count = sum(1 for _ in _own_threads())
        if len(rested) <= THREADS_REMEMBERED:
            for place, (tid, ran) in enumerate(rested):
                self._seen[2 * place], self._seen[2 * place + 1] = tid, ran
            self._rested_count, self._own_count = len(rested), own_count
            self._seen_count = self._rested_count if most is Doing.WAITING else 0
        return most

    def _tell(self, pid: int, tid: int, does: Doing) -> None:
        """Say once of a command that it cannot be followed: only after its grace, since who waits for Python's
        interpreter lock waits with a timer, too, and not for long."""
        if pid == os.getpid():
            name = next((thread.name for thread in threading.enumerate() if thread.native_id == tid), "?")
            what, whose = f"the thread {name!r}" + ("" if self.threads_too else ", beside child processes,"), "its"
            command = None
        else:
            command = _command(pid)
            what, whose = command if command == HIDDEN else f"the child process {command}", "a child's"
        if what in self._told or len(self._told) == MOST_COMMANDS_TOLD:
            return
        self._told[what] = command
        why = "has a timer of its own" if does is Doing.TIMED else "may not be looked into"
        self._warn(
            f"{what} {why}: {whose} time is real, virtual time waits for it only while it works, and what depends on "
            "it is not reproducible; --clock real would let both live in the same time"
        )


def _threads() -> list[tuple[int, int]]:
    """Process and thread, of this process's own threads first, then of all descendants; a hidden one has one UNSEEN."""
    here = os.getpid()
    threads = [(here, tid) for tid in _own_threads()]
    for pid in _descendants():
        threads += [(pid, tid) for tid in threads_of(pid)] or ([(pid, UNSEEN)] if is_hidden(pid) else [])
    return threads


def _run_times(tid: int) -> int | None:
    try:
        return 0 if tid == UNSEEN else hash(run_times(tid))
    except GONE:
        return None


def _still_rests(tid: int, ran: int) -> bool:
    try:
        return tid == UNSEEN or (hash(run_times(tid)) == ran and state_of(tid) in _AT_REST)
    except GONE:
        return False


def _seen_doing(tid: int) -> Doing | None:
    """What it does: None for a thread that is dead, WORKING where it just went."""
    if tid == UNSEEN:
        return Doing.UNREADABLE
    try:
        state = state_of(tid)
        return None if is_dead(state) else doing(tid, state)
    except GONE:
        return Doing.WORKING


def _own_threads() -> Iterator[int]:
    """The native ids of Python's threads in this process that the program started, beside the one that asks.

    BEING_STARTED is no thread's id, so it is never at rest: whoever starts a thread sleeps until that one has begun.
    """
    here = threading.get_native_id()
    for thread in threading.enumerate():
        tid = thread.native_id or BEING_STARTED
        if tid != here and not thread.name.startswith(THREADS_OF_ASYNCIO):
            yield tid


def _descendants() -> Iterator[int]:
    """The pids of the children of this process, and of theirs."""
    parents = [os.getpid()]
    while parents:
        for pid in children_of(parents.pop()):
            parents.append(pid)
            yield pid


def _resource_tracker() -> int | None:
    module = sys.modules.get("multiprocessing.resource_tracker")
    return None if module is None else module._resource_tracker._pid


def _command(pid: int) -> str:
    try:
        words = command_line(pid)
    except OSError:
        words = []
    return short_command(words) if words else HIDDEN if is_hidden(pid) else "that has just ended"
