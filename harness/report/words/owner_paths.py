"""Paths of owners in words: what they are, and how a long one is made to fit."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

DOTS = "\N{HORIZONTAL ELLIPSIS}"

_TAIL_SHARE = 0.6
_STARTS = re.compile(r"(?<=\.)[^.\[<]|<")
"""Where a named part of a path begins; the brackets after a name belong to it."""


def tail(path: str, width: int) -> str:
    """Return the end of `path`, which names the container, in at most `width` characters; dots stand for what is cut.

    As many whole parts as fit: ``...pipelines[*]._cache[*]``; of a last part that does not fit, its end.
    """
    if len(path) <= width:
        return path
    room = max(width - len(DOTS), 1)
    starts = [match.start() for match in _STARTS.finditer(path)]
    return DOTS + next((path[start:] for start in starts if len(path) - start <= room), path[len(path) - room :])


def shortened(name: str, width: int) -> str:
    """Return `name` in at most `width` characters, both ends kept: what is left out of its middle is three dots."""
    if len(name) <= width:
        return name
    room = max(width - len(DOTS), 2)
    most = max(round(_TAIL_SHARE * room), 1)
    starts = [match.start() for match in _STARTS.finditer(name)]
    end = next((name[start:] for start in starts if len(name) - start <= most), name[len(name) - most :])
    return name[: room - len(end)].rstrip(".") + DOTS + end


def broken(path: str, width: int) -> list[str]:
    """Return `path` on one or two lines of at most `width` characters, broken before a part of it where it can be."""
    if len(path) <= width:
        return [path]
    cuts = [match.start() for match in re.finditer(r"(?<=[^.])[.<]|(?<= )\S", path) if match.start() <= width]
    cut = cuts[-1] if cuts and cuts[-1] >= width // 2 else width
    return [path[:cut].rstrip(), tail(path[cut:], width)]


def told_apart(paths: Sequence[str], width: int) -> list[str]:
    """Return the tails of `paths` in `width` characters; tails that would read the same keep where they differ."""
    tails = [tail(path, width) for path in paths]
    for short in {name for name in tails if tails.count(name) > 1}:
        same = [index for index, name in enumerate(tails) if name == short]
        if len({paths[index] for index in same}) == 1:
            continue
        shared = os.path.commonprefix([paths[index] for index in same])  # noqa: RUF071 - characters are meant
        begin = max(shared.rfind("."), shared.rfind("["), shared.rfind(" ")) + 1
        names = [_from(paths[index], begin, width) for index in same]
        if len({*names}) < len(same):  # the part is too long itself: only its end differs
            names = [_from(paths[index], max(len(shared) - 1, 0), width) for index in same]
        for index, name in zip(same, names, strict=True):
            tails[index] = name
    return tails


def _from(path: str, begin: int, width: int) -> str:
    return shortened((DOTS if begin else "") + path[begin:], width)
