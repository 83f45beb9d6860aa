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
    """The end of `path`, which names the container, in at most `width` characters, after dots where anything is cut.

    As many whole parts as fit: ``...pipelines[*]._cache[*]``; of a last part that does not fit, its end.
    """
    if len(path) <= width:
        return path
    room = max(width - len(DOTS), 1)
    starts = [match.start() for match in _STARTS.finditer(path)]
    return DOTS + next((path[start:] for start in starts if len(path) - start <= room), path[len(path) - room :])


def shortened(name: str, width: int) -> str:
    """`name` in at most `width` characters, both ends kept: what is left out of its middle is three dots."""
    if len(name) <= width:
        return name
    room = max(width - len(DOTS), 2)
    most = max(round(_TAIL_SHARE * room), 1)
    starts = [match.start() for match in _STARTS.finditer(name)]
    end = next((name[start:] for start in starts if len(name) - start <= most), name[len(name) - most :])
    return name[: room - len(end)].rstrip(".") + DOTS + end


def broken(path: str, width: int) -> list[str]:
    """`path` on one or two lines of at most `width` characters, broken before a part of it where it can be."""
    if len(path) <= width:
        return [path]
    cuts = [match.start() for match in re.finditer(r"(?<=[^.])[.<]|(?<= )\S", path) if match.start() <= width]
    cut = cuts[-1] if cuts and cuts[-1] >= width // 2 else width
    return [path[:cut].rstrip(), tail(path[cut:], width)]


def told_apart(paths: Sequence[str], width: int) -> list[str]:
    """The tails of `paths` in `width` characters; those that would read the same keep the part in which they differ."""
    found = [tail(path, width) for path in paths]
    for short in {name for name in found if found.count(name) > 1}:
        same = [place for place, name in enumerate(found) if name == short]
        if len({paths[place] for place in same}) == 1:
            continue
        shared = os.path.commonprefix([paths[place] for place in same])  # noqa: RUF071 - characters are meant
        begin = max(shared.rfind("."), shared.rfind("["), shared.rfind(" ")) + 1
        names = [_from(paths[place], begin, width) for place in same]
        if len({*names}) < len(same):  # the part is too long itself: only its end differs
            names = [_from(paths[place], max(len(shared) - 1, 0), width) for place in same]
        for place, name in zip(same, names, strict=True):
            found[place] = name
    return found


def _from(path: str, begin: int, width: int) -> str:
    return shortened((DOTS if begin else "") + path[begin:], width)
