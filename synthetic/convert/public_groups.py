"""The rows of many files of market data, merged in time: those of one message together, a trade alone."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from synthetic.convert.public_rows import CLEAR, SNAPSHOT, TRADE, PublicFile, PublicRows, checked
from synthetic.convert.public_survey import Tell, shares
from synthetic.draws.hashes import I64


class PublicGroup(NamedTuple):
    """The rows of one message about one symbol's book, or one trade; `is_snapshot` where any is SNAPSHOT or CLEAR."""

    time_ns: int
    file: PublicFile
    name: str
    rows: PublicRows
    is_trade: bool
    is_snapshot: bool


def in_time_order(files: Sequence[PublicFile], firsts_ns: Sequence[int], tell: Tell) -> Iterator[PublicGroup]:
    """The groups of all files by time; at one instant the order is that of `files`. Raises SourceError.

    `firsts_ns` are the times of the files' first rows. A file is open from its first row to its last only.
    """
    waiting = sorted(range(len(files)), key=lambda number: firsts_ns[number], reverse=True)
    weights, done = shares(files), [0.0] * len(files)

    def read(number: int, share: float) -> None:
        done[number] = weights[number] * share
        tell("writing", sum(done))

    heads: list[tuple[int, int, PublicGroup]] = []
    streams: dict[int, Iterator[PublicGroup]] = {}
    while waiting or heads:
        if waiting and (not heads or firsts_ns[waiting[-1]] <= heads[0][0]):
            number = waiting.pop()
            streams[number] = _groups(files[number], partial(read, number))
            _put_head(heads, streams, number, firsts_ns[number])
            continue
        _, number, group = heads[0]
        heapq.heappop(heads)
        yield group
        _put_head(heads, streams, number, firsts_ns[number])


def _put_head(
    heads: list[tuple[int, int, PublicGroup]], streams: dict[int, Iterator[PublicGroup]], number: int, first_ns: int
) -> None:
    """Put the next group of a file among the heads, if there is one; one without a time has the file's first."""
    group = next(streams[number], None)
    if group is None:
        del streams[number]
    else:
        time_ns = group.time_ns or first_ns
        heapq.heappush(heads, (time_ns, number, group._replace(time_ns=time_ns)))


def _groups(file: PublicFile, read: Callable[[float], None]) -> Iterator[PublicGroup]:
    held: PublicRows | None = None
    for rows, share in checked(file):
        held = rows if held is None else held.followed_by(rows)
        edges = _edges(held)
        yield from _cut(file, held, edges[:-1])  # the last group may go on in the next piece
        held = held.at(slice(int(edges[-2]), len(held)))
        read(share)
    if held is not None:
        yield from _cut(file, held, _edges(held))


def _cut(file: PublicFile, rows: PublicRows, edges: I64) -> Iterator[PublicGroup]:
    starts, stops = edges[:-1].tolist(), edges[1:].tolist()
    firsts = [column[edges[:-1]].tolist() for column in (rows.time_ns, rows.symbol, rows.kind)]
    for start, stop, time_ns, symbol, kind in zip(starts, stops, *firsts, strict=True):
        group = rows.at(slice(start, stop))
        yield PublicGroup(time_ns, file, file.names[symbol], group, kind == TRADE, kind in (SNAPSHOT, CLEAR))


def _edges(rows: PublicRows) -> I64:
    """Where groups begin, and the end of the last one."""
    part = np.where(rows.kind == CLEAR, SNAPSHOT, rows.kind)
    differs = part[1:] == TRADE
    for column in (part, rows.symbol, rows.time_ns):
        differs = differs | (column[1:] != column[:-1])
    return np.concatenate([[0], np.flatnonzero(differs) + 1, [len(rows)]]).astype(np.int64)
