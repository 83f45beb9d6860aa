"""What one thread of any process does, as the kernel tells it: it works, waits without an end, or waits for a timer."""

from __future__ import annotations

import enum
import os
import platform
import stat


class Doing(enum.Enum):
    """What a thread does. UNREADABLE is one that sleeps, and the kernel does not tell in what."""

    WORKING = enum.auto()
    WAITING = enum.auto()
    TIMED = enum.auto()
    UNREADABLE = enum.auto()


_ASLEEP = b"S"
_STOPPED = b"Tt"
_DEAD = b"ZX"
_NULL = b"0x0"
_FUTEX_COMMAND = 0x7F
_FUTEX_WAITS = (0, 9, 6, 13, 11)  # WAIT, WAIT_BITSET, LOCK_PI, LOCK_PI2, WAIT_REQUEUE_PI: their 4th argument is a time

# System calls that wait without an end, by number. The value says which argument makes a timer of it: None none of
# them, a number the one that holds milliseconds (below 0 is no end), "*" and a number the one that points to a time.
# A "file" is waited for without an end only if it is a pipe, a socket or a terminal: a disk is work.
_ENDLESS: dict[str, dict[int, int | str | None]] = {
    "x86_64": {
        **dict.fromkeys((0, 1, 19, 20), "file"),
        **dict.fromkeys((34, 42, 43, 44, 45, 46, 47, 61, 65, 70, 72, 73, 130, 247, 288), None),
        7: 2, 23: "*4", 128: "*2", 202: "futex", 220: "*3", 232: 3, 243: "*4", 270: "*4", 271: "*2", 281: 3, 441: "*3",
    },
    "aarch64": {
        **dict.fromkeys((63, 64, 65, 66), "file"),
        **dict.fromkeys((25, 32, 95, 133, 188, 193, 202, 203, 206, 207, 211, 212, 242, 260), None),
        22: 3, 72: "*4", 73: "*2", 98: "futex", 137: "*2", 183: "*4", 192: "*3", 441: "*3",
    },
}  # fmt: skip
_ENDLESS_HERE = _ENDLESS.get(platform.machine(), {})


def run_times(tid: int) -> bytes:
    """How long the thread has run and waited for a core, in ns, and how often it ran: the same only if it did not run.

    FileNotFoundError or ProcessLookupError where it is gone.
    """
    return _read(f"/proc/{tid}/schedstat")


def state_of(tid: int) -> bytes:
    """The letter of its state: R, also while it is being woken, S asleep, D in the disk, T stopped, Z dead.

    FileNotFoundError or ProcessLookupError where it is gone.
    """
    line = _read(f"/proc/{tid}/task/{tid}/stat")
    at = line.rindex(b")") + 2
    return line[at : at + 1]


def is_dead(letter: bytes) -> bool:
    """Whether a thread in this state will never run again."""
    return letter in _DEAD


def doing(tid: int, letter: bytes) -> Doing:
    """What a thread in this state does; to be trusted where its run times are the same before and after.

    FileNotFoundError or ProcessLookupError where it is gone.
    """
    if letter in _STOPPED or letter in _DEAD:
        return Doing.WAITING
    if letter != _ASLEEP:
        return Doing.WORKING
    try:
        call = _read(f"/proc/{tid}/syscall").split()
    except PermissionError:
        return Doing.UNREADABLE
    except FileNotFoundError:
        if os.path.exists(f"/proc/{tid}"):  # a kernel that does not tell
            return Doing.UNREADABLE
        raise
    if call[0] == b"running" or call[0] == b"-1":
        return Doing.WORKING
    rule = _ENDLESS_HERE.get(int(call[0]), 0)
    return _doing_with_file(tid, int(call[1], 16)) if rule == "file" else _doing_in(rule, call[1:])


def command_line(pid: int) -> list[str]:
    """The words of the process's command line; none for one that is dead. OSError where it is gone."""
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        words = file.read().split(b"\0")
    return [os.fsdecode(word) for word in words[:-1]]


def _doing_with_file(tid: int, fd: int) -> Doing:
    path = f"/proc/{tid}/fd/{fd}"
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISCHR(mode):
            return Doing.WAITING
        link = os.readlink(path)
    except PermissionError:
        return Doing.UNREADABLE
    if link == "anon_inode:[timerfd]":
        return Doing.TIMED
    return Doing.WAITING if link.startswith("anon_inode:") else Doing.WORKING


def _doing_in(rule: int | str | None, arguments: list[bytes]) -> Doing:
    """The rule of a system call, upon its arguments."""
    if rule is None:
        return Doing.WAITING
    if isinstance(rule, str):
        if rule == "futex" and int(arguments[1], 16) & _FUTEX_COMMAND not in _FUTEX_WAITS:
            return Doing.WORKING
        place = 3 if rule == "futex" else int(rule[1:])
        return Doing.WAITING if arguments[place] == _NULL else Doing.TIMED
    if rule:
        return Doing.WAITING if int(arguments[rule], 16) & 0x8000_0000 else Doing.TIMED
    return Doing.TIMED  # a sleep, or a call that is not known: it is warned of


def _read(path: str) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(fd, 1024)
    finally:
        os.close(fd)
