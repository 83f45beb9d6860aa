"""Paths of owners in words: what they are, and how a long one is made to fit."""

from __future__ import annotations

import re

DOTS = "..."


def shortened(path: str, width: int) -> str:
    """`path` in at most `width` characters: what is left out of its middle is three dots.

    Both ends say most: where it begins and what holds the memory. Whole parts go first, the ones in the middle.
    """
    if len(path) <= width:
        return path
    parts = re.findall(r"<[^>]*>|[.\[]?[^.\[<]+", path)
    for kept in range(len(parts) - 1, 1, -1):
        for tail in range(kept - 1, 0, -1):
            head = "".join(parts[: kept - tail])
            tried = head + DOTS + "".join(parts[len(parts) - tail :])
            if len(tried) <= width:
                return tried
    room = max(width - len(DOTS), 2)
    head_room = room // 3
    return path[:head_room] + DOTS + path[len(path) - (room - head_room) :]


def broken(path: str, width: int, lines: int = 2) -> list[str]:
    """`path` on at most `lines` lines of at most `width` characters, broken before a part where it can be."""
    rest = shortened(path, width * lines - (lines - 1) * (width // 4))
    found: list[str] = []
    while len(rest) > width and len(found) < lines - 1:
        cuts = [match.start() for match in re.finditer(r"(?<=.)[.\[<]", rest) if match.start() <= width]
        usable = [cut for cut in cuts if cut >= width // 2 and not rest[:cut].endswith(".")]
        cut = usable[-1] if usable else width
        found.append(rest[:cut])
        rest = rest[cut:]
    return [*found, shortened(rest, width)]
