"""The static data of the interpreter and of C extensions: what in it points at given memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from harness.probes.resident.own_memory import OwnMemory, Words
from harness.probes.resident.pages import PAGE


class StaticData(NamedTuple):
    """The words of one library's writable data, uint64 (words,)."""

    library: str
    words: Words


def static_data(memory: OwnMemory) -> Iterator[StaticData]:
    """The data (.data, .bss) of every library in this process."""
    library, last = "", 0
    for line in Path("/proc/self/maps").read_text(errors="replace").splitlines():
        addresses, rights, _, _, inode, *path = line.split(None, 5)
        start, end = (int(part, 16) for part in addresses.split("-"))
        if inode != "0":
            library = path[0].rpartition("/")[2] if path else ""
        elif path or start != last:  # not what follows a library
            library = ""
        last = end
        if library and rights == "rw-p":
            pages = np.arange(start, end, PAGE).astype(np.uint64)
            yield StaticData(library, memory.words(pages, PAGE // 8).reshape(-1))
