"""The threads and the children of any process, as Linux lists them in /proc."""

from __future__ import annotations

import os

GONE = (FileNotFoundError, ProcessLookupError)
"""What reading of a process raises that has ended meanwhile."""

TELLS_CHILDREN = os.path.exists(f"/proc/self/task/{os.getpid()}/children")
"""Whether this kernel lists the children of a process (CONFIG_PROC_CHILDREN)."""


def threads_of(pid: int) -> list[int]:
    """The native ids of a process's threads; none where it is gone, or hidden."""
    try:
        return [int(tid) for tid in os.listdir(f"/proc/{pid}/task")]
    except (*GONE, PermissionError):
        return []


def is_hidden(pid: int) -> bool:
    """Whether a process is there and /proc does not show it: another user's, where it is mounted with `hidepid`."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return not os.access(f"/proc/{pid}/stat", os.R_OK)
    except ProcessLookupError:
        return False
    return False


def children_of(pid: int) -> list[int]:
    """The pids of the children of all threads of a process; none where it is gone, or TELLS_CHILDREN is False."""
    found: list[int] = []
    for tid in threads_of(pid):
        try:
            with open(f"/proc/{pid}/task/{tid}/children", "rb", buffering=0) as file:
                found += map(int, file.read().split())
        except GONE:
            continue
    return found
