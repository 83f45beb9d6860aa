"""The mappings of this process, from maps (proc(5)): where each lies, and what kind of memory it is.

Shared memory has a path in maps, also where it has no file: /dev/zero for a shared anonymous mapping, /memfd:, /SYSV.
A thread's stack is what lies directly above one page without rights (its guard, glibc's allocatestack.c).

Big arrays lie in mappings of their own: taken from malloc they would move glibc's mmap threshold when they are freed.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

PAGE = mmap.PAGESIZE

_OTHER, READ_ONLY, FILE, SHARED, WRITABLE, COPIED, ANONYMOUS, HEAP, BSS, STACK = range(10)
"""Kinds of mappings; the pages of those from ANONYMOUS on are kept. READ_ONLY is memory with no file that is not to be
written to, as code that was made at run time; WRITABLE are files that what is written to goes
to, COPIED those of which a page that is written to is copied; a library's data are a FILE's."""

_SHARED_PATHS = (b"/dev/shm/", b"/dev/zero", b"/memfd:", b"/SYSV", b"/run/shm/")

_MAPPINGS = 1 << 17  # twice what the kernel allows by default (vm.max_map_count)
_TEXT_BYTES = 1 << 25


def scratch(count: int, dtype: Any) -> NDArray[Any]:
    """`count` zeros in an anonymous mapping of their own, which goes when the last view of them goes."""
    size = max(count * np.dtype(dtype).itemsize, PAGE)
    mapping = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return np.frombuffer(mapping, dtype, count)


def read_mappings() -> NDArray[np.int64]:
    """(start, end, kind, library) of every mapping of interest, as int64 (mappings, 4).

    Neighbours of one kind are one row. `library`: where the last file before it begins.
    """
    rows: NDArray[np.int64] = scratch(4 * _MAPPINGS, np.int64).reshape(-1, 4)
    count = library = 0
    last_end, last_kind, writable_file, guard = 0, _OTHER, False, False
    code = b""
    for line in lines_of("/proc/self/maps"):
        addresses, rights, offset, device, inode, *path = line.split(None, 5)
        low, _, high = addresses.partition(b"-")
        start, end = int(low, 16), int(high, 16)
        if rights[2:3] == b"x":
            code = device + inode
        kind = _kind(rights, inode, path[0] if path else b"", of_library=device + inode == code)
        if kind == FILE and not int(offset, 16):
            library = start
        if kind == ANONYMOUS and start == last_end:
            kind = STACK if guard else BSS if writable_file else kind
        guard = rights == b"---p" and inode == b"0" and end - start == PAGE
        if count and kind == last_kind and kind != FILE and start == last_end:
            rows[count - 1, 1] = end
        elif kind != _OTHER and count < _MAPPINGS:
            rows[count] = start, end, kind, library
            count += 1
        last_end, last_kind, writable_file = end, kind, kind == FILE and rights == b"rw-p"
    return rows[:count]


def _kind(rights: bytes, inode: bytes, path: bytes, *, of_library: bool) -> int:
    if path.startswith(_SHARED_PATHS):
        return SHARED
    if inode != b"0":
        if not rights.startswith(b"rw") or of_library:
            return FILE
        return COPIED if rights.endswith(b"p") else WRITABLE
    if not rights.startswith(b"rw"):
        return READ_ONLY if rights.startswith(b"r") else _OTHER
    return {b"[heap]": HEAP, b"[stack": STACK}.get(path[:6], ANONYMOUS)


def files_mapped_for_writing() -> Iterator[tuple[int, int]]:
    """(start, end) of every mapping that writes to a file on a disk. Some 1 ms where there is none.

    What lies on a tmpfs is shared memory to the kernel, and none of them.
    """
    in_memory: list[bytes] | None = None
    for line in lines_of("/proc/self/maps", having=b" rw-s "):
        addresses, rights, _, device, inode, *path = line.split(None, 5)
        if _kind(rights, inode, path[0] if path else b"", of_library=False) != WRITABLE:
            continue
        in_memory = _devices_in_memory() if in_memory is None else in_memory
        major, _, minor = device.partition(b":")
        if b"%d:%d" % (int(major, 16), int(minor, 16)) not in in_memory:
            low, _, high = addresses.partition(b"-")
            yield int(low, 16), int(high, 16)


def _devices_in_memory() -> list[bytes]:
    """The devices (major:minor) of file systems that lie in memory, as mounted here."""
    # ID, parent, major:minor, root, mount point, options, optional fields, "-", file system, source, options
    mounts = lines_of("/proc/self/mountinfo", having=b" - tmpfs ")
    return [line.split(None, 3)[2] for line in mounts]


def lines_of(file: str, having: bytes = b"") -> Iterator[bytes]:
    """The lines of a file in /proc, or those `having` some text.

    Read into a mapping of its own: the list of mappings may be megabytes long.
    """
    text = mmap.mmap(-1, _TEXT_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    size = 0
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with memoryview(text) as view:
            while size < _TEXT_BYTES and (read := os.readv(descriptor, [view[size:]])):
                size += read
    finally:
        os.close(descriptor)
    while text.tell() < size:
        if having:
            at = text.find(having, text.tell(), size)
            if at < 0:
                return
            text.seek(text.rfind(b"\n", text.tell(), at) + 1 or text.tell())
        yield text.readline()
