"""A process under a guardian, as its supervisor sees it: asked to end, killed with all below it, and how it ended."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from typing import IO, Any, ClassVar

from harness.guarding import guardian

SWEPT_S = 5.0
"""Real seconds that the rest below a killed guardian is looked for and killed, at most."""


class Guarded:
    """A process that runs `command`, the first word a path, with stdin empty and all that it prints in `output`.

    It and all that it starts end when this one does, or `kill` is called; see :mod:`harness.guarding.guardian`. One
    that cannot be executed says so in `output` and ends with 127. Raises FileNotFoundError where there is none.
    """

    _living: ClassVar[set[int]] = set()

    def __init__(
        self, command: Sequence[str], *, output: IO[Any], env: Mapping[str, str], pass_fds: Collection[int] = ()
    ) -> None:
        self.pid: int | None = None  # the process's own, once the guardian has told it
        self.returncode: int | None = None  # as `subprocess` has it; None while it runs, or where nobody saw its end
        self.outlived: list[list[str]] = []  # command lines of what did not end by itself, or not yet, when it did
        self._heard = b""
        if not os.path.exists(command[0]):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), command[0])
        guardian.adopt_orphans()
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", guardian.__file__],
                stdin=theirs.fileno(),
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                pass_fds=pass_fds,
                start_new_session=True,  # Ctrl-C in the terminal is the supervisor's to handle
            )
        self._began_ticks = _start_ticks(self._process.pid)
        self._living.add(self._process.pid)
        told = b"\0".join(os.fsencode(word) for word in command)
        with contextlib.suppress(OSError):  # a guardian that is gone already is seen by `ended`
            self._socket.sendall(b"%08x" % len(told) + told)
        self._socket.setblocking(False)

    @property
    def guardian_pid(self) -> int:
        """The guardian's own: what below the process lost its parent is a child of it."""
        return self._process.pid

    @property
    def guardian_returncode(self) -> int | None:
        """How the guardian ended, as `subprocess` has it; None while it lives."""
        return self._process.returncode

    def ended(self) -> bool:
        """Whether the process and all below it are gone."""
        self._listen()
        if self._process.poll() is None:
            return False
        if self._process.pid in self._living:
            self._listen()
            self._living.discard(self._process.pid)
            self._socket.close()
            if self._process.returncode:  # it did not do its work
                self._sweep()
        return True

    def ask(self) -> None:
        """Ask the process to end: SIGTERM."""
        self._process.terminate()

    def kill(self) -> None:
        """End the process and all below it at once."""
        if not self.ended():
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)  # all that the guardian waits for to do so

    def end_now(self, patience_s: float) -> None:
        """Kill, and return when all is gone: a guardian that is not done after `patience_s` is killed as well."""
        self.kill()
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.ended()

    def wait(self, timeout_s: float) -> bool:
        """Whether all is gone within so many seconds."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)
        return self.ended()

    def _listen(self) -> None:
        """Take in what the guardian has told."""
        with contextlib.suppress(OSError):  # nothing new, or closed
            while part := self._socket.recv(65536):
                self._heard += part
        *lines, self._heard = self._heard.split(b"\n")
        for line in lines:
            kind, _, rest = line.partition(b" ")
            if kind == b"guarded":
                self.pid = int(rest)
            elif kind == b"ended":
                self.returncode = os.waitstatus_to_exitcode(int(rest))
            elif rest:
                self.outlived.append([os.fsdecode(word) for word in rest.rstrip(b"\0").split(b"\0")])

    def _sweep(self) -> None:
        """Kill what a killed guardian left: children of this process now, that it did not start in its session."""
        deadline = time.monotonic() + SWEPT_S
        while (orphans := self._orphans()) and time.monotonic() < deadline:
            for pid in orphans:
                for below, _ in [(pid, ""), *guardian.descendants(pid)]:
                    with contextlib.suppress(OSError):
                        os.kill(below, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
            time.sleep(0.01)

    def _orphans(self) -> list[int]:
        own = os.getpid()
        return [
            pid
            for pid, _ in guardian.descendants(own)
            if pid not in self._living and _is_orphan(pid, own) and _start_ticks(pid) >= self._began_ticks
        ]


def _is_orphan(pid: int, parent: int) -> bool:
    """Whether a process is a child of this one that lives in another session."""
    fields = _stat(pid)
    return bool(fields) and int(fields[1]) == parent and int(fields[3]) != os.getsid(0)


def _start_ticks(pid: int) -> int:
    """When a process began, in clock ticks since boot; 0 where that cannot be read."""
    fields = _stat(pid)
    return int(fields[19]) if fields else 0


def _stat(pid: int) -> list[bytes]:
    """The fields of /proc/PID/stat from the state on; none where it cannot be read."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []
