"""Counts of what went wrong in a run and nobody saw, with the first of each kind in words: one table of fixed size.

All of it lies in one anonymous mapping that is touched at once: nothing is allocated while a run goes on, and what
processes count that the target forked is in there, too. Its image in ``trouble.bin`` is what is known of a run that was
killed; run.json has it as ``trouble``: `totals` by kind, `firsts`, and how many are `unnamed`: the table was full.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TROUBLE_FILE = "trouble.bin"

LOGGED = ("debug", "info", "warning", "error", "critical")
"""Log records by level; one between two levels counts as the lower."""

KINDS = (*LOGGED, "loop", "thread", "unraisable", "warned", "lost", "pending")
"""What is counted: log records, exceptions that reached the handler of the loop, ended a thread, or could not be raised
(in ``__del__``, a callback of a weak reference), warnings, tasks that were destroyed unfinished under load, and those
that stop() left unfinished."""

QUIET = frozenset(("debug", "info"))
"""Kinds that are no trouble: they have few places in the table, so that they cannot crowd out what is."""

_QUIET_SLOTS, _SLOTS = 32, 96
"""Slots of the quiet kinds, and of all."""

_TEXT_BYTES = 640
_NUMBER_BYTES = 8
_TOTALS = len(KINDS)
_NUMBERS = _TOTALS + 2 * _SLOTS
"""Integers ahead of the texts: the totals, the keys of the slots (0: free), their counts."""

_BYTES = _NUMBERS * _NUMBER_BYTES + _SLOTS * _TEXT_BYTES


class TroubleTable:
    """Counts by kind, and the first of each place in words."""

    def __init__(self) -> None:
        self.image = mmap.mmap(-1, _BYTES)
        self.image.write(bytes(_BYTES))
        numbers = memoryview(self.image)[: _NUMBERS * _NUMBER_BYTES].cast("q")
        self._totals = numbers[:_TOTALS]
        self._keys = numbers[_TOTALS : _TOTALS + _SLOTS]
        self._counts = numbers[_TOTALS + _SLOTS :]
        self._texts = memoryview(self.image)[_NUMBERS * _NUMBER_BYTES :]
        self._saved = memoryview(bytearray(_NUMBER_BYTES)).cast("q")
        self._lock = threading.RLock()  # what is counted may come from within: a ``__del__`` that logs
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._unlock)

    def count(self, kind: int, key: int) -> int:
        """Count one of KINDS[kind] at a place, known by the hash `key`; its slot where it is the first, else -1."""
        with self._lock:
            self._totals[kind] += 1
            slot = self._slot(kind, key)
            if slot < 0:
                return -1
            self._counts[slot] += 1
            return slot if self._counts[slot] == 1 else -1

    def _slot(self, kind: int, key: int) -> int:
        """The slot of a place, taken if it has none yet; -1 where the table is full."""
        key = key or 1
        first, slots = (0, _QUIET_SLOTS) if KINDS[kind] in QUIET else (_QUIET_SLOTS, _SLOTS - _QUIET_SLOTS)
        for step in range(slots):
            slot = first + (key + step) % slots
            if not self._keys[slot]:
                self._keys[slot] = key
            if self._keys[slot] == key:
                return slot
        return -1

    def tell(self, slot: int, kind: int, facts: Mapping[str, Any]) -> None:
        """Write down the first of a slot: `first` in words, which is cut where it is too long, and other facts."""
        told = {"kind": KINDS[kind], **facts}
        first = " ".join(str(told.get("first", "")).split())[:_TEXT_BYTES]
        text = _encoded(told, first)
        while first and len(text) > _TEXT_BYTES:
            first = first[: len(first) * 3 // 4]
            text = _encoded(told, first)
        if len(text) <= _TEXT_BYTES:
            self._texts[slot * _TEXT_BYTES : slot * _TEXT_BYTES + len(text)] = text

    def forget(self) -> None:
        """Begin again, after a rehearsal. Warnings stay: Python gives each only once a place and process."""
        warned = KINDS.index("warned")
        with self._lock:
            total = self._totals[warned]
            kept = [
                (self._keys[slot], self._counts[slot], first)
                for slot, first in _firsts(self.image[:])
                if first["kind"] == "warned"
            ]
            self.image.seek(0)
            self.image.write(bytes(_BYTES))
            self._totals[warned] = total
            for key, count, first in kept:
                slot = self._slot(warned, key)
                self._counts[slot] = count
                self.tell(slot, warned, {**first, "t_s": 0.0})

    def changed(self) -> bool:
        """Whether anything was counted since this was last asked."""
        counted = sum(self._totals)
        changed = counted != self._saved[0]
        self._saved[0] = counted
        return changed

    def content(self) -> dict[str, Any]:
        """What run.json tells of it."""
        return content_of(self.image[:])

    def _unlock(self) -> None:
        """In a process that was forked: whoever held the lock is not there to give it back."""
        self._lock = threading.RLock()


def content_of(image: bytes) -> dict[str, Any]:
    """What the image of a table tells: empty where it is none, as of a file that was torn."""
    if len(image) != _BYTES:
        return {}
    numbers = memoryview(image)[: _NUMBERS * _NUMBER_BYTES].cast("q")
    totals, counts = numbers[:_TOTALS], numbers[_TOTALS + _SLOTS :]
    firsts = [{**first, "count": counts[slot]} for slot, first in _firsts(image) if counts[slot]]
    return {
        "totals": dict(zip(KINDS, totals, strict=True)),
        "firsts": sorted(firsts, key=lambda first: float(first.get("t_s", 0))),
        "unnamed": sum(totals) - sum(first["count"] for first in firsts),
    }


def read_trouble(folder: Path) -> dict[str, Any]:
    """What a run counted up to its last sample; empty where it left no table, or a torn one."""
    try:
        return content_of((folder / TROUBLE_FILE).read_bytes())
    except (FileNotFoundError, IsADirectoryError):
        return {}


def _encoded(told: Mapping[str, Any], first: str) -> bytes:
    return json.dumps({**told, "first": first}, default=str, ensure_ascii=False).encode(errors="replace")


def _firsts(image: bytes) -> list[tuple[int, dict[str, Any]]]:
    """The slots that have a first, with what it tells."""
    found = []
    for slot in range(_SLOTS):
        at = _NUMBERS * _NUMBER_BYTES + slot * _TEXT_BYTES
        text = image[at : at + _TEXT_BYTES].rstrip(b"\0")
        if text:
            with contextlib.suppress(ValueError):  # torn by the end of its process
                found.append((slot, json.loads(text)))
    return found
