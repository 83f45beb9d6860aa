"""The guardian: a tiny process between a supervisor and the process that it guards, so that nothing outlives either.

``python -I -S guardian.py`` gets a socket as stdin (the other end: :mod:`harness.guarding.guarded`), reads from it the
command to run, and runs it in a session of its own. It writes lines back: the pid, what outlived the command, how the
command ended. When the command has ended so has, at most two seconds later, every process below it.

Why a process, and not less:

- A parent-death signal alone ends only the process that asked for it. It is not inherited by a fork, the process may
  reset it, and the supervisor may be dead before it is asked for. Here the kernel kills the guarded process with its
  guardian, SIGKILL, set between fork and exec; but what ends everything is the guardian.
- A session or process group is left by setsid(), as ``start_new_session`` and every daemon do.
- A cgroup ends all of it in one write, but only root, or a user to whom one is delegated, may make one.
- A PID namespace does so as well, but the guarded process would have another pid than /proc says, and where user
  namespaces are forbidden there is none.

A child subreaper needs no rights and cannot be left: whoever is orphaned below the guardian becomes its child, also the
double-forked. It has no children left exactly when nothing is left. It knows that its supervisor is gone when the
socket is closed, which the kernel does for any death: no pid is compared that could be another process's by now. It
has a session of its own, so that no signal to a group reaches it. It imports next to nothing: a few MB.

Where the guardian itself is killed, the kernel kills the guarded process, and the supervisor, a subreaper too, kills
the rest. Without /proc and prctl (not Linux) only what stayed in the session ends.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time

GRACE_S = 0.5
"""Real seconds for what is left after the command to end by itself, as most do whose pipe is closed."""

ASKED_S = 0.5
"""Real seconds for it to end after SIGTERM."""

KILLED_S = 30.0
"""Real seconds after SIGKILL until the guardian gives up: only what hangs in the kernel is still there."""

AGAIN_S = 0.02
"""Real seconds until what is still there is looked for and killed again."""

LONGEST = 2000
"""Bytes of a command line that are told."""
MOST = 50
"""How many of them are told."""

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_RELAYED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_CAUGHT = (*_RELAYED, signal.SIGCHLD)
_SUPERVISOR = 0


def prctl(option: int, value: int) -> None:
    """Set an attribute of this process, where the system has it (Linux)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def adopt_orphans() -> None:
    """From now on a process that is orphaned below this one becomes its child."""
    prctl(_PR_SET_CHILD_SUBREAPER, 1)


def descendants(ancestor: int) -> list[tuple[int, str]]:
    """The pid and state of every process below `ancestor`; none where there is no /proc."""
    children: dict[int, list[tuple[int, str]]] = {}
    try:
        names = os.listdir("/proc")
    except OSError:
        return []
    for name in names:
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    state, parent = file.read().rpartition(b")")[2].split()[:2]
            except (OSError, ValueError):
                continue
            children.setdefault(int(parent), []).append((int(name), state.decode()))
    below: list[tuple[int, str]] = []
    parents = [ancestor]
    while parents:
        found = children.pop(parents.pop(), [])
        below += found
        parents += [pid for pid, _ in found]
    return below


class Guardian:
    """Runs one command for a supervisor, until nothing of it is left."""

    def __init__(self) -> None:
        self._guarded = 0
        self._status: int | None = None
        self._asked = False
        self._alone = False  # the supervisor is gone, or wants everything gone
        self._woken, wake = os.pipe()
        for end in (self._woken, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in _RELAYED:
            signal.signal(number, self._ask)
        self._poll = select.poll()
        self._poll.register(self._woken, select.POLLIN)
        self._poll.register(_SUPERVISOR, select.POLLIN)

    def _ask(self, *_: object) -> None:
        self._asked = True

    def run(self, command: list[str]) -> None:
        """Run `command`, whose first word is a path, to its end and that of all it started."""
        self._begin(command)
        while self._status is None:
            self._wait(AGAIN_S if self._alone else None)
            if self._status is not None:
                break
            if self._alone:
                self._kill_all()
            elif self._asked:
                self._asked = False
                os.kill(self._guarded, signal.SIGTERM)
        self._tell(b"ended %d" % self._status)
        for line in self._end_rest():
            self._tell(b"outlived " + line)

    def _begin(self, command: list[str]) -> None:
        guardian = os.getpid()
        signal.pthread_sigmask(signal.SIG_BLOCK, _CAUGHT)  # none may be lost in the child before its exec
        self._guarded = os.fork()
        if not self._guarded:
            _become(command, guardian)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _CAUGHT)
        self._tell(b"guarded %d" % self._guarded)

    def _wait(self, timeout_s: float | None) -> None:
        """Wait for a child's end, a signal or the supervisor's end; then take in what ended."""
        for descriptor, _ in self._poll.poll(None if timeout_s is None else max(timeout_s, 0) * 1000):
            if descriptor == self._woken:
                os.read(self._woken, 4096)
            elif not _received(1):
                self._alone = True
                self._poll.unregister(_SUPERVISOR)
        self._any_child()

    def _any_child(self) -> bool:
        """Whether there are children still; those that ended are taken in."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if not pid:
                return True
            if pid == self._guarded:
                self._status = status

    def _end_rest(self) -> list[bytes]:
        """End what the command left; return the command lines of what did not end by itself."""
        if not os.path.isdir("/proc/self"):
            _signal([-self._guarded], signal.SIGKILL)
        if self._gone_within(0 if self._alone else GRACE_S):
            return []
        left = [(pid, _command_line(pid)) for pid, state in descendants(os.getpid()) if state != "Z"]
        if not self._alone:
            _signal([pid for pid, _ in left], signal.SIGTERM)
            self._gone_within(ASKED_S)
        deadline = time.monotonic() + KILLED_S
        while self._any_child() and time.monotonic() < deadline:
            self._kill_all()
            self._wait(AGAIN_S)
        return [line for _, line in left][:MOST]

    def _kill_all(self) -> None:
        _signal([pid for pid, _ in descendants(os.getpid())], signal.SIGKILL)

    def _gone_within(self, seconds: float) -> bool:
        """Whether all children end within so many seconds; once the supervisor is gone there is no more waiting."""
        alone, deadline = self._alone, time.monotonic() + seconds
        while self._any_child():
            if time.monotonic() >= deadline or self._alone != alone:
                return False
            self._wait(deadline - time.monotonic())
        return True

    def _tell(self, line: bytes) -> None:
        try:  # noqa: SIM105 - contextlib is half as large as all that is imported here
            os.write(_SUPERVISOR, line + b"\n")
        except OSError:
            pass  # it is gone, or does not listen


def _become(command: list[str], guardian: int) -> None:
    """In the child: turn into the guarded process, as if the supervisor had started it."""
    try:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number in (*_CAUGHT, signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores the last two, and exec keeps that
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _CAUGHT)
        if os.getppid() == guardian:  # else it died before the kernel knew what that means
            os.execv(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def _signal(pids: list[int], number: int) -> None:
    for pid in pids:
        try:  # noqa: SIM105
            os.kill(pid, number)
        except OSError:
            pass  # it ended meanwhile, or may not be signalled by this user


def _command_line(pid: int) -> bytes:
    """The command line of a process, its words with a NUL after each, on one line."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read(LONGEST).replace(b"\n", b" ")
    except OSError:
        return b""


def _received(count: int) -> bytes:
    """The next bytes of the supervisor; fewer where it is gone."""
    received = b""
    while len(received) < count:
        try:
            part = os.read(_SUPERVISOR, count - len(received))
        except OSError:
            part = b""
        if not part:
            break
        received += part
    return received


def main() -> None:
    """Run the command that the supervisor tells: eight hexadecimal digits, its length, and its words with NULs between.

    Where the supervisor is gone before it has told all of it, nothing is run.
    """
    adopt_orphans()
    guardian = Guardian()
    length = _received(8)
    told = _received(int(length, 16)) if len(length) == 8 else b""
    if told and len(told) == int(length, 16):
        guardian.run([os.fsdecode(word) for word in told.split(b"\0")])


if __name__ == "__main__":
    main()
