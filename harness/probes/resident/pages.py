"""Which pages of this process are resident: those of its mappings, from pagemap (proc(5)).

Mappings that touch are one in the kernel's list, whoever made them, so pages are looked at one by one.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.probes.resident.own_mappings import (
    ANONYMOUS,
    BSS,
    COPIED,
    HEAP,
    PAGE,
    READ_ONLY,
    SHARED,
    STACK,
    WRITABLE,
    lines_of,
    read_mappings,
    scratch,
)

BLOCK_PAGES = 32
BLOCK = BLOCK_PAGES * PAGE
"""Pages are kept in blocks aligned to 128 KiB, so that a pool of pymalloc is a whole number of neighbours."""

# the word of a page in pagemap
PRESENT = np.uint64(1 << 63)
NOT_ANONYMOUS = np.uint64(1 << 61)
_EXCLUSIVE = np.uint64(1 << 56)
_WORDS = 1 << 16


def address_of(buffer: Any) -> int:
    """Where a writable buffer lies."""
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))


class Pages:
    """The writable anonymous memory of this process at one instant, page by page, to be claimed part by part.

    `blocks`: addresses (uint64) of blocks of `BLOCK_PAGES` pages; page i lies in block i // BLOCK_PAGES.
    `resident`: bool, (pages,), in memory and claimed by nobody yet.
    `heaps`: (first page, pages) of the brk segment; `stacks` those of threads.
    `after_libraries`: (first page, pages, address of the library) of what lies directly behind a library's data.
    `file_bytes`: resident bytes of mapped files, a library's private copies of its pages included; `shared_bytes` those
    of shared memory; `dirty_file_bytes` those of files mapped for writing, and copies of a file's pages.
    `private_bytes`: resident bytes, of whatever kind, that no other process maps, and no other mapping.
    """

    def __init__(self) -> None:
        """Raises OSError where /proc does not tell."""
        mappings = read_mappings()
        blocks = sum(_blocks(start, end) for start, end, kind, _ in _rows(mappings) if kind >= ANONYMOUS)
        self.blocks: NDArray[np.uint64] = scratch(blocks, np.uint64)
        self.resident: NDArray[np.bool_] = scratch(blocks * BLOCK_PAGES, np.bool_)
        self._spans: NDArray[np.int64] = mappings
        self._span_count = 0
        self.heaps: list[tuple[int, int]] = []
        self.after_libraries: list[tuple[int, int, int]] = []
        self.stacks: list[tuple[int, int]] = []
        self.file_bytes = self.shared_bytes = self.dirty_file_bytes = self.private_bytes = 0
        self._shared: NDArray[np.bool_] = scratch(blocks * BLOCK_PAGES, np.bool_)
        self._shared_weight = 1.0
        self._read(mappings)

    def spans(self) -> Iterator[tuple[int, int, int]]:
        """(first page, pages, address) of pages that are neighbours in memory, by address."""
        for first, pages, address, _ in _rows(self._spans[: self._span_count]):
            yield first, pages, address

    def address(self, page: int) -> int:
        """Where page number `page` lies."""
        return int(self.blocks[page // BLOCK_PAGES]) + page % BLOCK_PAGES * PAGE

    def claim(self, first: int, count: int) -> int:
        """Bytes of the `count` pages from `first` on that were resident and unclaimed; claimed from now on."""
        pages = slice(first, first + count)
        total = int(np.count_nonzero(self.resident[pages]))
        shared = int(np.count_nonzero(self._shared[pages]))
        self.resident[pages] = False
        self._shared[pages] = False
        return (total - shared + round(shared * self._shared_weight)) * PAGE

    def claim_where(self, first: int, mask: NDArray[np.bool_]) -> int:
        """As `claim`, of those pages from `first` on where `mask`, bool (pages,), is True."""
        pages = slice(first, first + len(mask))
        total = int(np.count_nonzero(self.resident[pages] & mask))
        shared = int(np.count_nonzero(self._shared[pages] & mask))
        self.resident[pages][mask] = False
        self._shared[pages][mask] = False
        return (total - shared + round(shared * self._shared_weight)) * PAGE

    def between(self, start: int, end: int) -> list[tuple[int, int]]:
        """(first page, pages) of what is known of the addresses [start, end)."""
        ranges = []
        for first, pages, address in self.spans():
            lower = max((start - address) // PAGE, 0)
            upper = min(-(-(end - address) // PAGE), pages)
            if lower < upper:
                ranges.append((first + lower, upper - lower))
        return ranges

    def _read(self, mappings: NDArray[np.int64]) -> None:
        words: NDArray[np.uint64] = scratch(_WORDS, np.uint64)
        masked: NDArray[np.uint64] = scratch(_WORDS, np.uint64)
        flags: NDArray[np.bool_] = scratch(_WORDS, np.bool_)
        block = exclusive = 0
        anonymous = _rss_anon()
        descriptor = os.open("/proc/self/pagemap", os.O_RDONLY | os.O_CLOEXEC)
        try:
            for start, end, kind, library in _rows(mappings):
                first = block * BLOCK_PAGES + start % BLOCK // PAGE
                for page, count in read_words(descriptor, start, end, words):
                    entries = words[:count]
                    if entries.max() < PRESENT:
                        continue
                    bits, flag = masked[:count], flags[:count]
                    np.bitwise_and(entries, PRESENT | NOT_ANONYMOUS | _EXCLUSIVE, out=bits)
                    np.equal(bits, PRESENT | _EXCLUSIVE, out=flag)
                    alone = int(np.count_nonzero(flag))
                    exclusive += alone
                    if kind < ANONYMOUS:
                        self._count(kind, entries, bits, flag)
                        continue
                    self.private_bytes += alone * PAGE
                    pages = slice(first + page, first + page + count)
                    np.greater_equal(entries, PRESENT, out=self.resident[pages])
                    np.equal(bits, PRESENT, out=self._shared[pages])
                if kind >= ANONYMOUS:
                    self._place(block, start, end, kind, library)
                    block += _blocks(start, end)
        finally:
            os.close(descriptor)
        self._weigh_shared(anonymous - exclusive * PAGE)

    def _count(self, kind: int, entries: NDArray[np.uint64], bits: NDArray[np.uint64], flag: NDArray[np.bool_]) -> None:
        """Count the pages of `entries`, words of a mapping with a path or to be read only; the others are scratch."""
        np.bitwise_and(entries, PRESENT | _EXCLUSIVE, out=bits)
        np.equal(bits, PRESENT | _EXCLUSIVE, out=flag)
        self.private_bytes += int(np.count_nonzero(flag)) * PAGE
        if kind == READ_ONLY:
            return
        np.greater_equal(entries, PRESENT, out=flag)
        present = int(np.count_nonzero(flag)) * PAGE
        if kind == SHARED:
            self.shared_bytes += present
            return
        np.bitwise_and(entries, PRESENT | NOT_ANONYMOUS, out=bits)
        np.equal(bits, PRESENT, out=flag)
        dirty = {WRITABLE: present, COPIED: int(np.count_nonzero(flag)) * PAGE}.get(kind, 0)
        self.dirty_file_bytes += dirty
        self.file_bytes += present - dirty

    def _place(self, block: int, start: int, end: int, kind: int, library: int) -> None:
        """Note where the pages of a mapping are kept: in the blocks from number `block` on."""
        first, pages = block * BLOCK_PAGES + start % BLOCK // PAGE, (end - start) // PAGE
        addresses = self.blocks[block : block + _blocks(start, end)]
        addresses[0] = start - start % BLOCK
        # not cumsum: its calls leave strings 'accumulate' in CPython's type attribute cache, and each may pin an arena
        done = 1
        while done < len(addresses):
            more = addresses[done : 2 * done]
            np.add(addresses[: len(more)], np.uint64(done * BLOCK), out=more)
            done *= 2
        self._spans[self._span_count] = first, pages, start, 0  # its own row of the mappings was read already
        self._span_count += 1
        if kind == HEAP:
            self.heaps.append((first, pages))
        if kind == STACK:
            self.stacks.append((first, pages))
        if kind == BSS:
            self.after_libraries.append((first, pages, library))

    def _weigh_shared(self, counted: int) -> None:
        """How much of the pages that are not this process's alone count, if `counted` bytes of them are part of RSS.

        They are either the kernel's page of zeros, mapped where untouched memory was read and no part of RSS, or shared
        with a child that was forked.
        """
        shared = int(np.count_nonzero(self._shared))
        if shared:
            self._shared_weight = min(max(counted / (shared * PAGE), 0.0), 1.0)


def _blocks(start: int, end: int) -> int:
    return -(-end // BLOCK) - start // BLOCK


def _rows(mappings: NDArray[np.int64]) -> Iterator[tuple[int, int, int, int]]:
    for row in mappings:
        yield int(row[0]), int(row[1]), int(row[2]), int(row[3])


def read_words(descriptor: int, start: int, end: int, words: NDArray[np.uint64]) -> Iterator[tuple[int, int]]:
    """Read pagemap's words of [start, end) piece by piece into `words`; yields (first page, pages) of each piece."""
    page, pages = 0, (end - start) // PAGE
    while page < pages:
        count = min(pages - page, len(words))
        size = os.preadv(descriptor, [words[:count].data], (start // PAGE + page) * 8)
        if size < 8:
            return
        yield page, size // 8
        page += size // 8


def _rss_anon() -> int:
    """Resident anonymous bytes, from status."""
    for line in lines_of("/proc/self/status"):
        if line.startswith(b"RssAnon:"):
            return int(line.split()[1]) * 1024
    return 0
