"""A run's recording on disk, crash-safe while it grows and plain Parquet afterwards.

The judged process appends one fixed-size row per sample to ``samples.bin`` (one ``pwrite`` of a preallocated one-row
array) and one JSON line per event to ``events.jsonl``; when it ends it writes ``run.json``. The supervisor turns
``samples.bin`` into ``samples.parquet``. Whatever kills the process, every row before that instant can be read.

NaN or -1 in ``samples.bin`` is null in ``samples.parquet``.

Format 1 (2026): the first version. Format 2 (2026): the load is with the samples, in the columns of DELIVERED.
Format 3 (2026): run.json says how many `rows` and `events` the run wrote, and how long a row of samples.bin is
(`row_bytes`: the first columns of SAMPLE); what a target emits under a name of the event's own is in the event's
`facts`; `trouble` counts what was logged, warned of and raised where nobody saw it. The live bytes of a walk of the
owners have the mappings among them, where these were read. `phases` says when the stop and what follows it began.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import UsageError
from harness.worker.trouble_table import TROUBLE_FILE, TroubleTable
from synthetic.events import Book, Candle, Delta, Event, Reconnect, Trade

if TYPE_CHECKING:
    from harness.probes.owners import Owner

FORMAT = 3

PHASES = ("start", "warm-up", "load", "stop", "release", "settle")
FED = ("start", "warm-up", "load")
"""The phases up to the stop; the first sample, in "start", is taken just before the first event of the feed."""

PHASES_TOLD = "phases"
"""In the notes of a run: when which phase began, from the stop on, and of a target that is started again."""

NOT_READ = -1
"""In an integer column: the tier of this column was not read at this sample."""

DELIVERED: dict[type[Event], tuple[str, str]] = {
    Book: ("delivered_books", "delivered_book_bytes"),
    Delta: ("delivered_deltas", "delivered_delta_bytes"),
    Trade: ("delivered_trades", "delivered_trade_bytes"),
    Candle: ("delivered_candles", "delivered_candle_bytes"),
    Reconnect: ("delivered_reconnects", "delivered_reconnect_bytes"),
}
"""Two columns for each kind of event: how many the target was handed since the feed began, and their sizes added up.

Sizes are those of synthetic.events.size_bytes. What the target takes no event of stays 0; rehearsals do not count.
"""

SAMPLE = np.dtype(
    [
        ("t_s", "<f8"),  # seconds since the feed began, virtual or real
        ("wall_s", "<f8"),  # real seconds since the process began to measure
        ("cpu_s", "<f8"),  # user + system CPU seconds of the process
        ("phase", "<i8"),  # index into PHASES
        ("rss_bytes", "<i8"),  # resident set, from statm
        ("live_bytes", "<i8"),  # pymalloc allocated + glibc in use (without the ballast)
        ("pymalloc_bytes", "<i8"),  # pymalloc: bytes in allocated blocks
        ("glibc_bytes", "<i8"),  # glibc: in use, heap and mapped
        ("uss_bytes", "<i8"),  # private pages, from pagemap, or smaps_rollup where that cannot be read
        ("open_files", "<i8"),
        ("threads", "<i8"),
        ("tasks", "<i8"),
        ("allocated_blocks", "<i8"),  # small objects: blocks that pymalloc has handed out
        ("cgroup_bytes", "<i8"),  # memory.current of the process's cgroup, where there is one
        # where RSS goes; pymalloc_bytes, these and the residual add up to rss_bytes (probes/resident/breakdown.py)
        ("pymalloc_overhead_bytes", "<i8"),  # pool headers, quantization, alignment
        ("pymalloc_free_bytes", "<i8"),  # free blocks and pools of mapped arenas
        ("glibc_heap_bytes", "<i8"),  # in use in glibc's arenas, resident
        ("glibc_mapped_bytes", "<i8"),  # in use, mapped one by one, resident
        ("glibc_free_bytes", "<i8"),  # free and still resident
        ("arrow_bytes", "<i8"),  # resident pages of Arrow's pool
        ("file_bytes", "<i8"),  # file-backed
        ("ballast_bytes", "<i8"),
        ("residual_bytes", "<i8"),  # what none of the lines explains; may be negative
        *((name, "<i8") for columns in DELIVERED.values() for name in columns),  # the load, counted by delivered.py
        # what the program mapped itself, past the allocators: lines of RSS too, resident
        ("anonymous_bytes", "<i8"),
        ("shared_bytes", "<i8"),  # shared memory, shared anonymous mappings
        ("dirty_file_bytes", "<i8"),  # of files mapped for writing, and copies of a file's pages
        ("stacks_bytes", "<i8"),  # of threads
        ("mappings_bytes", "<i8"),  # these four together; read with the live bytes, carried on between two readings
    ]
)

_NAMES = SAMPLE.names or ()
_BEFORE_LOAD = _NAMES.index(next(iter(DELIVERED.values()))[0])
_BEFORE_MAPPINGS = _NAMES.index("anonymous_bytes")

ROWS = {1: np.dtype(SAMPLE.descr[:_BEFORE_LOAD]), 2: np.dtype(SAMPLE.descr[:_BEFORE_MAPPINGS]), 3: SAMPLE}
"""What a row of samples.bin holds, by format; of format 3 there are some that end where those of format 2 do."""

COUNTED_FROM = 3
"""The first format that says how many rows and events the run wrote."""

OWN_FIELDS = ("t_s", "kind", "facts")
"""What every event has of its own, and what else a target emitted under one of these names."""

SAMPLES_FILE = "samples.bin"
EVENTS_FILE = "events.jsonl"
WALKS_FILE = "owners.jsonl"
NOTES_FILE = "notes.jsonl"
RUN_FILE = "run.json"


class Recorder:
    """Writes the samples, events and notes of one run; keeps nothing in memory but one row.

    Notes are facts that arise while the run goes on. They wait for run.json on disk: a handful of small objects that
    survive in memory would each pin an arena, just when it is measured what the target gives back.

    Raises OSError where the disk refuses a row (full, gone); every row before it is whole.
    """

    def __init__(self, folder: Path, now_s: Callable[[], float]) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self.row = np.zeros(1, SAMPLE)
        self.trouble = TroubleTable()
        self._folder = folder
        self._now_s = now_s
        self._samples = os.open(folder / SAMPLES_FILE, flags, 0o644)
        fcntl.flock(self._samples, fcntl.LOCK_EX)  # as long as this process lives: nobody may archive it yet
        self._events = os.open(folder / EVENTS_FILE, flags | os.O_APPEND, 0o644)
        self._notes = os.open(folder / NOTES_FILE, flags | os.O_APPEND, 0o644)
        self._owners = os.open(folder / WALKS_FILE, flags | os.O_APPEND, 0o644)
        self._trouble = os.open(folder / TROUBLE_FILE, flags, 0o644)
        self._offset = 0
        self._emitted = np.zeros(1, "<i8").data  # an integer that lived as long as the count would pin an arena
        self.note(format=FORMAT, row_bytes=SAMPLE.itemsize)  # samples.bin cannot say it

    def sample(self) -> None:
        """Append `row` as it stands, and have what was counted of trouble on disk as well, where there is any more."""
        written = os.pwrite(self._samples, self.row.data, self._offset)
        if written != SAMPLE.itemsize:
            # the disk took part of a row: the next attempt says why
            written += os.pwrite(self._samples, self.row.tobytes()[written:], self._offset + written)
        self._offset += written
        if self.trouble.changed():
            os.pwrite(self._trouble, self.trouble.image, 0)

    def emit(self, *kind: str, **facts: Any) -> None:
        """Append one event with the time of the run: ``emit(kind, **facts)``.

        Facts by the name of an event's own field go into its `facts`.
        """
        (own_kind,) = kind or (facts.pop("kind"),)
        event: dict[str, Any] = {"t_s": round(self._now_s(), 6), "kind": str(own_kind)}
        shadowing = {name: facts.pop(name) for name in OWN_FIELDS if name in facts}
        if shadowing:
            event["facts"] = shadowing
        os.write(self._events, json.dumps(event | facts, default=str).encode() + b"\n")
        self._emitted[0] += 1

    def owners(self, t_s: float, step: str, live_bytes: int | None, cpu_s: float, owners: Sequence[Owner]) -> None:
        """Append one walk of the owners: when, at which step, what the program held, what the walk cost."""
        rows = [[owner.path, owner.symbol, owner.bytes, owner.se] for owner in owners]
        walk = {"t_s": round(t_s, 6), "step": step, "live_bytes": live_bytes, "cpu_s": cpu_s, "owners": rows}
        os.write(self._owners, json.dumps(walk).encode() + b"\n")

    def note(self, *path: str, **facts: Any) -> None:
        """Append facts for run.json, to stand there under `path`."""
        os.write(self._notes, json.dumps([path, facts], default=str).encode() + b"\n")

    def tell_phase(self, phase: str, t_s: float) -> None:
        """Note when a phase began: on disk before anything of it is done, and seen by who follows the run."""
        self.note(PHASES_TOLD, phase, t_s=round(t_s, 6))

    def finish(self, facts: dict[str, Any]) -> None:
        """Write run.json in one piece, with the notes and how much was written, and close.

        The lock on the samples is held until run.json is there: until then nobody may take this run for dead. Events
        are counted in the file, where processes that the target forked have written some, and are at least what this
        one wrote: a target may have removed the file.
        """
        for descriptor in (self._events, self._owners, self._notes, self._trouble):
            os.close(descriptor)
        notes = read_notes(self._folder)
        if "format" not in notes and facts.get("status") in ("complete", "limit"):
            facts = facts | {"status": "failed", "reason": f"its {NOTES_FILE} was removed or damaged while it ran"}
        written = {
            "rows": self._offset // SAMPLE.itemsize,
            "events": max(self._emitted[0], count_lines(self._folder / EVENTS_FILE)),
            "trouble": self.trouble.content(),
        }
        write_run_file(self._folder, outlived(notes) | facts | written)
        os.close(self._samples)


def row_of(number: int, row_bytes: object, size: int) -> np.dtype[np.void]:
    """What a row of a samples.bin of `size` bytes holds: by its format, and how long its rows are where it says so.

    Raises ValueError where no such row was ever written.
    """
    if row_bytes is None:
        short = number > 2 and size % SAMPLE.itemsize and not size % ROWS[2].itemsize
        return ROWS[2] if short else ROWS[number]
    if not isinstance(row_bytes, int) or row_bytes % 8 or not ROWS[1].itemsize <= row_bytes <= SAMPLE.itemsize:
        raise ValueError(f"row_bytes is {row_bytes!r}, expected {ROWS[1].itemsize} to {SAMPLE.itemsize}")
    return np.dtype(SAMPLE.descr[: row_bytes // 8])  # every column has 8 bytes


def known_format(number: object, file: Path) -> int:
    """The format that a file says, checked. Raises UsageError where no reader of it is left, or there yet."""
    if isinstance(number, bool) or number not in list(ROWS):
        known = [str(one) for one in ROWS]
        raise UsageError(f"{file}: format is {number!r}, expected {', '.join(known[:-1])} or {known[-1]}")
    assert isinstance(number, int | float)
    return int(number)


def count_lines(file: Path) -> int:
    """Whole lines of a file, 0 where it is missing."""
    try:
        with file.open("rb") as content:
            return sum(block.count(b"\n") for block in iter(lambda: content.read(1 << 16), b""))
    except FileNotFoundError:
        return 0


def outlived(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with what stood after the settling and not before the target was built, instead of what stood when."""
    standing = facts.pop("standing", {})
    if {"before", "after"} <= standing.keys():
        before, after = standing["before"], standing["after"]
        facts["outlives"] = {kind: sorted((Counter(after[kind]) - Counter(before[kind])).elements()) for kind in after}
    return facts


def read_notes(folder: Path) -> dict[str, Any]:
    """The notes of a run so far, as they will stand in run.json; what is no note, as a torn last line, is left out."""
    noted: dict[str, Any] = {}
    file = folder / NOTES_FILE
    try:
        lines = file.read_bytes().splitlines()
    except (FileNotFoundError, IsADirectoryError):
        return noted
    for line in lines:
        try:
            path, facts = json.loads(line)
            table = noted
            for key in path:
                table = table.setdefault(key, {})
            table.update(facts)
        except (ValueError, TypeError, AttributeError):
            continue
    return noted


def phase_told(folder: Path) -> str:
    """The phase that a run which goes on last noted; empty where it has noted none, or has ended.

    Up to the stop, samples tell the phase.
    """
    begin = b'[["' + PHASES_TOLD.encode() + b'", '
    with contextlib.suppress(OSError, ValueError):
        told = [line for line in (folder / NOTES_FILE).read_bytes().splitlines() if line.startswith(begin)]
        return str(json.loads(told[-1])[0][1]) if told else ""
    return ""


def write_run_file(folder: Path, facts: dict[str, Any]) -> None:
    """Write run.json so that a reader sees all of it or none."""
    partial = folder / (RUN_FILE + ".partial")
    partial.unlink(missing_ok=True)  # a link that lies there is not written through
    partial.write_text(json.dumps({"format": FORMAT, **facts}, indent=1) + "\n", encoding="utf-8")
    partial.replace(folder / RUN_FILE)
    for name in (NOTES_FILE, TROUBLE_FILE):
        (folder / name).unlink(missing_ok=True)
