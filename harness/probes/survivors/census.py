"""Who keeps memory mapped that is mostly free: the objects in pymalloc's pinned arenas, by name.

For the very end of a judged process: it walks all objects, takes memory and a second or two.
"""

from __future__ import annotations

import gc
import sys
from collections import defaultdict
from typing import Any

import numpy as np

from harness.probes.allocators.pymalloc import POOL
from harness.probes.resident.own_mappings import PAGE
from harness.probes.resident.own_memory import OwnMemory
from harness.probes.survivors.holders import find_holders
from harness.probes.survivors.pinned import pinned_blocks
from harness.probes.survivors.reachable import CODE, ELEMENT, KEY, Path, Reachable

_MOST = 50
"""Survivors listed."""

_DOMINANT = 0.9
"""A path is followed further down while one branch holds this share of its blocks."""


def census(*, limit: int = 5_000_000) -> dict[str, Any] | None:
    """Arenas that are less than half in use and still mapped, and who holds blocks in them; the most arenas first.

    {"arenas", "free_bytes": together, "survivors": [{"name", "arenas", "sole_arenas": that nobody else holds, "blocks",
    "bytes"}], "unnamed_arenas": with no holder that Python or a library's data leads to, "truncated": whether more than
    `limit` objects were to be looked at}. None where pymalloc is not in use or memory cannot be read.
    """
    memory = OwnMemory()
    if not memory.readable or PAGE > POOL:
        return None
    collecting = gc.isenabled()
    gc.disable()
    try:
        blocks = pinned_blocks(memory)
        if blocks is None:
            return None
        held = find_holders(blocks, memory, Reachable(sys._getframe(), limit))
    except OSError:
        return None
    finally:
        if collecting:
            gc.enable()
    counts = np.bincount(held.holder, minlength=len(held.names))
    names = np.array(_survivors(held.names, counts.tolist()), dtype=np.str_)
    labels, number = np.unique(names, return_inverse=True)
    survivor = number[held.holder]
    pairs = np.unique(np.stack([blocks.arena, survivor]), axis=1)
    holders = np.bincount(pairs[0], minlength=blocks.arenas)
    arenas = np.bincount(pairs[1], minlength=len(labels))
    sole = np.bincount(pairs[1], holders[pairs[0]] == 1, minlength=len(labels))
    in_blocks = np.bincount(survivor, minlength=len(labels))
    in_bytes = np.bincount(survivor, blocks.size, minlength=len(labels))
    order = sorted(range(len(labels)), key=lambda at: (-arenas[at], -in_bytes[at], labels[at]))
    named = np.unique(blocks.arena[held.named])
    return {
        "arenas": blocks.arenas,
        "free_bytes": blocks.free_bytes,
        "survivors": [
            {
                "name": str(labels[at]),
                "arenas": int(arenas[at]),
                "sole_arenas": int(sole[at]),
                "blocks": int(in_blocks[at]),
                "bytes": int(in_bytes[at]),
            }
            for at in order[:_MOST]
        ],
        "unnamed_arenas": blocks.arenas - len(named),
        "truncated": held.truncated,
    }


def _survivors(paths: list[Path], blocks: list[int]) -> list[str]:
    """The name under which each path counts, given how many blocks it holds.

    What lies in one container is one survivor, named as far down as nearly all of it lies: the tuples of a list and
    what they hold are the list's elements. Functions and classes count under their module.
    """
    names = [""] * len(paths)
    contained = defaultdict(list)
    for number, path in enumerate(paths):
        if CODE in path:
            names[number] = path[0] + CODE
        elif ELEMENT in path or KEY in path:
            contained[_cut(path, 0)].append(number)
        else:
            names[number] = "".join(path)
    for prefix, numbers in contained.items():
        name = "".join(_follow(prefix, numbers, paths, blocks))
        for number in numbers:
            names[number] = name
    return names


def _follow(prefix: Path, numbers: list[int], paths: list[Path], blocks: list[int]) -> Path:
    """The longest path to elements that leads to nearly all the blocks of these paths, which begin with `prefix`."""
    total = sum(blocks[number] for number in numbers)
    while True:
        below: defaultdict[Path, int] = defaultdict(int)
        for number in numbers:
            if len(paths[number]) > len(prefix) and paths[number][: len(prefix)] == prefix:
                below[_cut(paths[number], len(prefix))] += blocks[number]
        longest = max(below, key=lambda path: below[path], default=prefix)
        if longest == prefix or below[longest] < _DOMINANT * total:
            return prefix
        prefix = longest


def _cut(path: Path, begin: int) -> Path:
    """The path up to its first elements or keys from segment `begin` on, or all of it."""
    for at in range(begin, len(path)):
        if path[at] in (ELEMENT, KEY):
            return path[: at + 1]
    return path
