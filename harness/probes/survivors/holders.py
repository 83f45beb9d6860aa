"""Who holds blocks of memory: the object that lies in a block, or the one whose table or buffer it is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path as FilePath
from types import CodeType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.probes.resident.own_mappings import PAGE
from harness.probes.resident.own_memory import OwnMemory, Words
from harness.probes.survivors.pinned import PinnedBlocks
from harness.probes.survivors.reachable import CODE, Path, Reachable

UNREACHABLE = "unreachable from Python (held by C code)"

_NOBODY = -1
_PIECE = 1 << 15
_BLOCK_WORDS = 64  # pymalloc's largest block

_WINDOW = (-4, 12)
"""Words of an object that may point at its tables: two of its attributes' values before the collector's head, and the
fields of dict, list, set and ndarray."""

_LARGE_WINDOW = (-4, 124)  # classes and code have their tables further on
_HEADS = (0, 2, 4)
"""Words before an object in its block: none, the collector's, and with the attributes' values."""


class Holders(NamedTuple):
    """holder: int64 (blocks,), the number of a name, or -1 where there is none; `named`: blocks that Python or a
    library's data leads to."""

    holder: NDArray[np.int64]
    names: list[Path]
    named: NDArray[np.bool_]
    truncated: bool


def find_holders(blocks: PinnedBlocks, memory: OwnMemory, graph: Reachable) -> Holders:
    """The holders of `blocks`: objects of `graph`, static data of libraries; else what the blocks look like."""
    objects = graph.objects
    ids = np.fromiter(map(id, objects), np.uint64, len(objects))
    owner = np.full(len(blocks.address), _NOBODY)
    lies_in = blocks.find(ids)
    inside = np.flatnonzero(lies_in >= 0)
    owner[lies_in[inside]] = inside
    _claim_tables(blocks, memory, owner, graph, ids)
    _claim_within(blocks, memory, owner, np.flatnonzero(owner >= 0))

    names: dict[Path, int] = {}
    of_object = {
        number: names.setdefault(_path(graph, number), len(names)) for number in np.unique(owner[owner >= 0]).tolist()
    }
    holder = np.full(len(owner), _NOBODY)
    known = owner >= 0
    holder[known] = [of_object[number] for number in owner[known].tolist()]
    for block, name in _in_static_data(blocks, memory, holder):
        holder[block] = names.setdefault((name,), len(names))
    _claim_within(blocks, memory, holder, np.flatnonzero((holder >= 0) & ~known))
    named = holder >= 0
    classes = {id(item): item for item in objects if issubclass(type(item), type)}
    for block, name in _by_looks(blocks, memory, np.flatnonzero(~named), classes):
        holder[block] = names.setdefault((name,), len(names))
    return Holders(holder, list(names), named, graph.truncated)


def _path(graph: Reachable, number: int) -> Path:
    path = graph.path(number)
    return (*path, CODE) if graph.is_definition(number) else path


def _claim_tables(
    blocks: PinnedBlocks, memory: OwnMemory, owner: NDArray[np.int64], graph: Reachable, ids: Words
) -> None:
    """Give the blocks that an object points at from its first fields to that object: its table of items or keys."""
    kinds = np.fromiter((_size_of_window(type(item)) for item in graph.objects), np.int8, len(ids))
    for kind, (low, high) in enumerate((_WINDOW, _LARGE_WINDOW), start=1):
        numbers = np.flatnonzero(kinds == kind)
        for piece in np.split(numbers, range(_PIECE, len(numbers), _PIECE)):
            words = memory.words(ids[piece] + np.uint64(low * 8 % 2**64), high - low)
            _claim(blocks, owner, words, piece)


def _size_of_window(kind: type) -> int:
    if issubclass(kind, type) or kind is CodeType:
        return 2
    return 0 if kind in (int, float, str, bytes) else 1


def _claim_within(blocks: PinnedBlocks, memory: OwnMemory, owner: NDArray[np.int64], begin: NDArray[np.int64]) -> None:
    """Give what blocks point at, and nobody else has, to their owner; and so on from there."""
    while len(begin):
        before = owner < 0
        for piece in np.split(begin, range(_PIECE, len(begin), _PIECE)):
            words = memory.words(blocks.address[piece], _BLOCK_WORDS)
            words[np.arange(_BLOCK_WORDS) >= blocks.size[piece, None] // 8] = 0
            _claim(blocks, owner, words, owner[piece])
        begin = np.flatnonzero(before & (owner >= 0))


def _claim(blocks: PinnedBlocks, owner: NDArray[np.int64], words: Words, owners: NDArray[np.int64]) -> None:
    """Give the blocks without an owner that row i of `words` points at to `owners[i]`."""
    pointed_at = blocks.find(words.reshape(-1))
    at = np.flatnonzero(pointed_at >= 0)
    at = at[owner[pointed_at[at]] < 0][::-1]  # the first that points at a block has it
    owner[pointed_at[at]] = owners[at // words.shape[1]]


def _in_static_data(blocks: PinnedBlocks, memory: OwnMemory, holder: NDArray[np.int64]) -> Iterator[tuple[int, str]]:
    """(block, name) of blocks without a holder that a library's static data points at.

    CPython keeps the names of attributes that were looked up last in such data (struct type_cache_entry: version, name,
    value), also when nothing else does any more.
    """
    for library, words in _static_data(memory):
        pointed_at = blocks.find(words)
        for at in np.flatnonzero(pointed_at >= 0).tolist():
            block = int(pointed_at[at])
            if holder[block] >= 0:
                continue
            text = _text(_content(blocks, memory, block))
            if text is not None and 0 < words[at - 1] < 1 << 32:
                yield block, f"type attribute cache: name {text!r}"
            else:
                yield block, f"static data of {library}" + (f": string {text!r}" if text is not None else "")


class _StaticData(NamedTuple):
    """The words of one library's writable data, uint64 (words,)."""

    library: str
    words: Words


def _static_data(memory: OwnMemory) -> Iterator[_StaticData]:
    """The data (.data, .bss) of every library in this process."""
    library, last = "", 0
    for line in FilePath("/proc/self/maps").read_text(errors="replace").splitlines():
        addresses, rights, _, _, inode, *path = line.split(None, 5)
        start, end = (int(part, 16) for part in addresses.split("-"))
        if inode != "0":
            library = path[0].rpartition("/")[2] if path else ""
        elif path or start != last:  # not what follows a library
            library = ""
        last = end
        if library and rights == "rw-p":
            pages = np.arange(start, end, PAGE).astype(np.uint64)
            yield _StaticData(library, memory.words(pages, PAGE // 8).reshape(-1))


def _by_looks(
    blocks: PinnedBlocks, memory: OwnMemory, numbers: NDArray[np.int64], classes: dict[int, type]
) -> Iterator[tuple[int, str]]:
    """(block, name) of blocks that nothing known leads to, named by the object that seems to lie in them."""
    for block in numbers.tolist():
        words = _content(blocks, memory, block)
        heads = [head for head in _HEADS if head + 1 < len(words) and words[head + 1] in classes]
        if not heads:
            yield block, f"block of {len(words) * 8} bytes, not an object, {UNREACHABLE}"
            continue
        kind = classes[words[heads[0] + 1]]
        name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        text = _text(words)
        if not words[heads[0]] & 0xFFFFFFFF:  # no references
            yield block, f"free list of {name}"
        else:
            yield block, f"{name} {text!r} {UNREACHABLE}" if text is not None else f"{name} {UNREACHABLE}"


def _content(blocks: PinnedBlocks, memory: OwnMemory, block: int) -> list[int]:
    words: list[int] = memory.words(blocks.address[block : block + 1], int(blocks.size[block]) // 8)[0].tolist()
    return words


def _text(words: list[int]) -> str | None:
    """The text of a short ASCII string in a block, or None (PyASCIIObject: references, class, length, hash, state)."""
    begin = sys.getsizeof("") - 1
    if len(words) < 6 or words[1] != id(str) or begin + words[2] >= len(words) * 8:
        return None
    text = np.array(words, np.uint64).tobytes()[begin : begin + words[2]].decode("ascii", "replace")
    return text if text.isprintable() and "\ufffd" not in text else None
