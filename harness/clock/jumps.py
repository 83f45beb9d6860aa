"""When virtual time may jump: the selector that an event loop waits in, which jumps where it would wait."""

from __future__ import annotations

import math
import selectors
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol

from harness.clock.ordered import Timer
from harness.clock.stall_watch import ClockStalled

# A loop that watches nothing but its own wake-up pipe asks the kernel every 64 turns: only a signal handler of the
# target (loop.add_signal_handler) waits there; call_soon_threadsafe is seen without asking.
TURNS_PER_POLL = 64
# Executor results wait for the instant to become quiet, which makes their order independent of how fast threads are.
# A program that never lets it (it spins on sleep(0) until the result is there) gets them after 1000 turns.
TURNS_WITHOUT_QUIET = 1000
# A write that the other side does not take (a peer that is itself asleep, a black hole) holds time for this share of
# stall_s: then time moves on, so that the program's own timeout can end it, as it would in the real world.
WRITE_PATIENCE = 0.5

_NOTHING: list[tuple[selectors.SelectorKey, int]] = []


class Timekeeper(Protocol):
    """What the selector asks of the loop that waits in it, a VirtualLoop: what holds time, and to move it.

    `holds` counts what may keep time from jumping, `stall` is one that is to be raised, `waiting_for` says what is
    really waited for, and `stall_s` is how long at the most, in real seconds.
    """

    now_s: float
    holds: int
    stall: ClockStalled | None
    stall_s: float
    waiting_for: str | None
    may_have_children: bool
    warn: Callable[[str], None]
    _scheduled: list[Timer]  # asyncio's own heap, the timer that is due first at its head

    @property
    def has_work(self) -> bool: ...
    @property
    def follows_children(self) -> bool: ...
    def count_holds(self) -> None: ...
    def deliver(self) -> bool: ...
    def look_for_children(self) -> None: ...
    def children_still_rest(self) -> bool: ...
    def children_rest(self, wait: Callable[[float], bool]) -> bool: ...
    def jump(self, t_s: float) -> None: ...
    def talks_to_itself(self, fd: int) -> bool: ...
    def may_be_woken(self) -> bool: ...
    def stalled(self, reason: str, frame: FrameType) -> ClockStalled: ...
    def report_stall(self, stood_s: float, frame: FrameType) -> ClockStalled: ...


class JumpingSelector(selectors.DefaultSelector):
    """Where a loop would wait for its next timer, time jumps to it, unless the real world must come first."""

    def __init__(self, loop: Timekeeper, io_grace_s: float) -> None:
        super().__init__()
        self.own_fds = 0
        self._loop = loop
        self._io_grace_s = io_grace_s
        self._writing: set[int] = set()
        self._released: set[int] = set()
        self._turns = 0
        self._turns_without_quiet = 0

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = super().register(fileobj, events, data)
        self._note(key)
        return key

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = super().modify(fileobj, events, data)
        self._note(key)
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        key = super().unregister(fileobj)
        self._forget(key.fd)
        return key

    def _note(self, key: selectors.SelectorKey) -> None:
        self._forget(key.fd)
        if key.events & selectors.EVENT_WRITE:
            self._writing.add(key.fd)

    def _forget(self, fd: int) -> None:
        self._writing.discard(fd)
        self._released.discard(fd)
        self._loop.count_holds()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready, `timeout` 0 meaning that the loop has something to do at this instant."""
        loop = self._loop
        if loop.holds:
            return self._select_held(timeout)
        self._turns += 1
        if self._turns == TURNS_PER_POLL:
            self._turns = 0
            loop.look_for_children()
            events = super().select(0)
            if events:
                return events
        return _NOTHING if timeout == 0 else self._advance()

    def _select_held(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        loop = self._loop
        if loop.stall is not None:
            raise loop.stall
        if timeout == 0:
            self._turns_without_quiet += 1
            if self._turns_without_quiet > TURNS_WITHOUT_QUIET:
                if loop.has_work:
                    loop.deliver()
            elif loop.may_have_children:
                return _NOTHING  # as executor results, what a child says waits for the instant to become quiet
            return super().select(0)
        self._turns_without_quiet = 0
        if loop.has_work:
            return _NOTHING if loop.deliver() else self._wait("executor work")
        if self._writes_hold():
            return self._wait_for_writes()
        if loop.follows_children:
            return self._select_beside_children()
        return super().select(self._io_grace_s) or self._advance()

    def may_jump_beside_children(self) -> bool:
        """Whether nothing holds time but children that have not run since they rested, and no input waits."""
        loop = self._loop
        if not loop.may_have_children or loop.has_work or loop.stall is not None or self._io_grace_s:
            return False
        return not self._writes_hold() and loop.children_still_rest() and not super().select(0)

    def _wait_for_writes(self) -> list[tuple[selectors.SelectorKey, int]]:
        loop = self._loop
        events = super().select(loop.stall_s * WRITE_PATIENCE)
        if not events:
            self._released |= self._writing
            loop.warn(
                f"a write or connect has not got on for {loop.stall_s * WRITE_PATIENCE:g} s of real time at "
                f"{loop.now_s:g} s; virtual time no longer waits for it"
            )
        return events

    def _select_beside_children(self) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready once all children rest, in the order of file descriptors, not of who was faster."""
        loop = self._loop
        loop.waiting_for = "a child process"
        try:
            rest = loop.children_rest(self._input_waits)
        finally:
            loop.waiting_for = None
        events = super().select(self._io_grace_s if rest else 0)
        if events:
            return sorted(events, key=lambda event: event[0].fd)
        return self._advance() if rest else _NOTHING

    def _input_waits(self, timeout_s: float) -> bool:
        return bool(super().select(timeout_s))

    def _writes_hold(self) -> bool:
        """Whether a pending write or connect waits for the world outside, and has not for too long."""
        return any(fd not in self._released and not self._loop.talks_to_itself(fd) for fd in self._writing)

    def _advance(self) -> list[tuple[selectors.SelectorKey, int]]:
        """Jump to the next timer; without one, wait for the real world, if there is anything left to wait for."""
        loop = self._loop
        scheduled = loop._scheduled
        if scheduled:
            when: float = scheduled[0]._when  # type: ignore[attr-defined]
            if when < math.inf:
                loop.jump(when)
                return _NOTHING
            if math.isnan(when):
                return _NOTHING  # asyncio runs it at once
        if loop.holds:
            return self._wait("input")
        if loop.may_be_woken():
            return self._wait("a thread or a signal")
        events = super().select(0)
        if not events:
            reason = f"nothing is left to wait for at {loop.now_s:g} s: every task waits for another"
            raise loop.stalled(reason, sys._getframe())
        return events

    def _wait(self, what: str) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait really, for `what`. It has a limit of its own, since the watch works in the main thread only."""
        loop = self._loop
        loop.waiting_for = what
        try:
            events = super().select(loop.stall_s)
            if not events:
                raise loop.report_stall(loop.stall_s, sys._getframe())
        finally:
            loop.waiting_for = None
        return events
