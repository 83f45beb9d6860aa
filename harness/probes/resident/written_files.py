"""How much of the files that this process writes to through mappings is resident, looked at when that may have changed.

The kernel counts such pages together with those of every other file, libraries among them, and takes clean ones away
whenever it likes (reclaim, DAMON). So its count says when to look, and pages say how much.
"""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from harness.probes.resident.own_mappings import PAGE, files_mapped_for_writing, scratch
from harness.probes.resident.pages import PRESENT, read_words

_LEAST_BYTES = 1 << 18
_LEAST_SHARE = 1 / 256
"""It is looked again when the pages of all files changed by so much, and by such a share: a look takes some 1 ms, and
10 ms per GB that is mapped for writing."""

_WORDS = 1 << 16


class WrittenFiles:
    """Resident bytes of the files mapped for writing. Shared memory is none of them, nor a file on a tmpfs."""

    def __init__(self) -> None:
        # an array: an integer that lives between two samples would pin an arena
        self._seen: NDArray[np.int64] = np.zeros(2, np.int64)  # of all files, and of those, when it was looked

    def resident(self, of_files: int, *, look: bool = False) -> int:
        """Their resident bytes, if `of_files` are those of all mapped files now.

        As they were last seen, unless it is time to `look` or the number moved. Raises OSError where /proc does not
        tell.
        """
        moved = abs(of_files - int(self._seen[0]))
        if look or moved >= max(_LEAST_BYTES, _LEAST_SHARE * int(self._seen[0])):
            self._seen[:] = of_files, _look()
        return int(self._seen[1])


def _look() -> int:
    descriptor, count = -1, 0
    words: NDArray[np.uint64] | None = None
    try:
        for start, end in files_mapped_for_writing():
            if words is None:
                words = scratch(_WORDS, np.uint64)
                descriptor = os.open("/proc/self/pagemap", os.O_RDONLY | os.O_CLOEXEC)
            for _, pages in read_words(descriptor, start, end, words):
                count += int(np.count_nonzero(words[:pages] >= PRESENT))
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    return count * PAGE
