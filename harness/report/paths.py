"""Paths of owners in words: what they are, and how a long one is made to fit."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

DOTS = "..."

_TAIL_SHARE = 0.6


def shortened(path: str, width: int) -> str:
    """`path` in at most `width` characters: what is left out of its middle is three dots.

    Both ends say most: where it begins, and what holds the memory, which is kept in whole parts where they fit.
    """
    if len(path) <= width:
        return path
    room = max(width - len(DOTS), 2)
    most = max(round(_TAIL_SHARE * room), 1)
    starts = [match.start() for match in re.finditer(r"(?<=\.)[^.\[<]|[\[<]", path)]
    tail = next((path[start:] for start in starts if len(path) - start <= most), path[len(path) - most :])
    return path[: room - len(tail)].rstrip(".") + DOTS + tail


def broken(path: str, width: int) -> list[str]:
    """`path` on one or two lines of at most `width` characters, broken before a part of it where it can be."""
    if len(path) <= width:
        return [path]
    cuts = [match.start() for match in re.finditer(r"(?<=[^.])[.\[<]|(?<= )\S", path) if match.start() <= width]
    cut = cuts[-1] if cuts and cuts[-1] >= width // 2 else width
    return [path[:cut].rstrip(), shortened(path[cut:], width)]


def told_apart(paths: Sequence[str], width: int) -> list[str]:
    """`paths` shortened to `width`; those that would read the same begin with the part in which they differ."""
    found = [shortened(path, width) for path in paths]
    for short in {name for name in found if found.count(name) > 1}:
        same = [place for place, name in enumerate(found) if name == short]
        shared = os.path.commonprefix([paths[place] for place in same])  # noqa: RUF071 - characters are meant
        begin = max(shared.rfind("."), shared.rfind("["), shared.rfind(" ")) + 1
        for place in same:
            found[place] = shortened(DOTS + paths[place][begin:], width)
    return found
