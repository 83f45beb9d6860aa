"""What traces the allocations of a rerun between the first event of the feed and the last, and what it finds.

A rerun is not judged: a tracer may keep what it likes. What it finds goes into ``found.json`` beside the rerun.
"""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from harness import probes
from harness.deep.cycles import find_cycles
from harness.deep.findings import Amount, ByMemray, ByTracemalloc, InCycles, OwnedFrom, Share
from harness.deep.held import Holdings
from harness.deep.sites import Frame, Site, Sites, traceback_of
from harness.probes.owners import walk

FOUND_FILE = "found.json"
CAPTURE_FILE = "memray.bin"

TRACERS = ("tracemalloc", "memray")

CENSUS = "census"
"""In place of a tracer: all objects are counted by type, twice. For growth that has no owner."""

FRAMES = 10
"""Frames that tracemalloc keeps of a stack: the target's line is rarely further from the allocation."""

LEAST_GROWTH_BYTES = 100_000
MOST_SITES = 8
MOST_LINES = 12

Sizes = Counter[Site | None]
Stack = tuple[Frame, ...]

_PROBES = str(Path(probes.__file__).parent)


class Tracer(Protocol):
    """Traces between `begin` and `end`; `halfway` comes between them unless the feed ends early."""

    def begin(self, roots: Mapping[str, Any]) -> None:
        """Just before the first event."""

    def halfway(self) -> None:
        """At half of the feed."""

    def end(self, roots: Mapping[str, Any]) -> None:
        """After the last event: stop tracing, and write down what was found."""


class OwnersTracer:
    """Under tracemalloc: where the objects were allocated that owners hold, which lines grow, what is in cycles.

    `asked` are the paths of the owners; where none of them holds anything, it is the owner that has grown most,
    if it has grown noticeably.
    """

    def __init__(self, folder: Path, factory: str, asked: Sequence[str], *, seed: int) -> None:
        self._folder = folder
        self._sites = Sites(factory)
        self._asked = asked
        self._seed = seed
        self._before: dict[str, float] = {}
        self._at_half: Counter[Stack] = Counter()
        self._known: dict[tracemalloc.Traceback, Site | None] = {}

    def begin(self, roots: Mapping[str, Any]) -> None:
        self._before = self._owners(roots)
        tracemalloc.start(FRAMES)

    def halfway(self) -> None:
        self._at_half = allocated_now()

    def end(self, roots: Mapping[str, Any]) -> None:
        grown = self._by_line(allocated_now(), self._at_half)
        after = self._owners(roots)
        asked = [path for path in self._asked if after.get(path)] or _most_grown(self._before, after)
        holdings = Holdings(roots, after)
        owners = [self._owner(path, after[path], holdings) for path in asked]
        del holdings
        in_cycles: Sizes = Counter()

        def note(obj: Any, size: int) -> None:
            in_cycles[self._site_of(obj)] += size

        cycles = find_cycles(note)
        tracemalloc.stop()
        traced = ByTracemalloc(
            owners=tuple(owners),
            growing=tuple((site, size) for site, size in _largest_lines(grown) if size > 0),
            cycles=InCycles(**vars(cycles), sites=_shares(in_cycles)),
        )
        _write(self._folder, traced)

    def _owners(self, roots: Mapping[str, Any]) -> dict[str, float]:
        return {owner.path: owner.bytes for owner in walk(roots, seed=self._seed)}

    def _owner(self, path: str, size: float, holdings: Holdings) -> OwnedFrom:
        elements: Counter[Site | None] = Counter()
        allocated: Counter[Site | None] = Counter()
        element, site = None, None
        for holder, obj, share in holdings.weigh(path, seed=self._seed):
            if holder is not element:
                element, site = holder, self._site_of(holder)
            elements[site] += share  # type: ignore[assignment]
            allocated[site if obj is element else self._site_of(obj)] += share  # type: ignore[assignment]
        return OwnedFrom(path, self._before.get(path, 0.0), size, _shares(elements), _shares(allocated))

    def _site_of(self, obj: Any) -> Site | None:
        """The line that allocated an object, None where that was before the feed."""
        stack = traceback_of(obj)
        if stack is None:
            return None
        if stack not in self._known:
            self._known[stack] = self._sites.of([(frame.filename, frame.lineno) for frame in reversed(stack)])
        return self._known[stack]

    def _by_line(self, now: Counter[Stack], then: Counter[Stack]) -> Sizes:
        """Bytes by line of `now` less those of `then`, without those of the probes themselves."""
        sizes: Sizes = Counter()
        now.subtract(then)
        for stack, size in now.items():
            if not stack[0][0].startswith(_PROBES):
                sizes[self._sites.of(stack)] += size
        return sizes


def allocated_now() -> Counter[Stack]:
    """Bytes that tracemalloc traces now, by stack, the innermost frame first."""
    # the raw traces, in a loop that allocates nothing: as it is traced, a `statistics()` of millions takes a minute
    traces = getattr(tracemalloc.take_snapshot().traces, "_traces")  # noqa: B009 - no attribute of the stubs
    sizes: defaultdict[Stack, list[int]] = defaultdict(list)
    for _, size, stack, _ in traces:
        sizes[stack].append(size)
    return Counter({stack: sum(blocks) for stack, blocks in sizes.items()})


class FlameTracer:
    """Under memray with Python's allocators: the capture of what is held at the end, and its largest lines."""

    def __init__(self, folder: Path, factory: str) -> None:
        import memray  # noqa: PLC0415 - an extra that only this needs

        self._folder = folder
        self._capture = folder / CAPTURE_FILE
        self._sites = Sites(factory)
        # aggregated: a capture of all allocations takes gigabytes
        self._tracker = memray.Tracker(
            self._capture, trace_python_allocators=True, file_format=memray.FileFormat.AGGREGATED_ALLOCATIONS
        )

    def begin(self, roots: Mapping[str, Any]) -> None:
        self._tracker.__enter__()

    def halfway(self) -> None:
        """See Tracer; memray looks at the end only."""

    def end(self, roots: Mapping[str, Any]) -> None:
        import memray  # noqa: PLC0415

        self._tracker.__exit__(None, None, None)
        held: Counter[Site | None] = Counter()
        total = 0
        with memray.FileReader(self._capture) as reader:
            for record in reader.get_leaked_allocation_records(merge_threads=True):
                frames = [(file, line) for _, file, line in record.stack_trace()]
                held[self._sites.of(frames)] += record.size
                total += record.size
        _write(self._folder, ByMemray(held=_largest_lines(held), held_bytes=total))


def _write(folder: Path, found: ByTracemalloc | ByMemray) -> None:
    (folder / FOUND_FILE).write_text(json.dumps(found.to_json()), encoding="utf-8")


def _largest_lines(sizes: Sizes) -> tuple[Amount, ...]:
    return tuple((site, size) for site, size in sizes.most_common(MOST_LINES) if site is not None)


def _shares(sizes: Sizes) -> tuple[Share, ...]:
    """The lines with the largest shares."""
    total = sum(sizes.values())
    largest = sizes.most_common(MOST_SITES) if total > 0 else []
    return tuple((site, size / total) for site, size in largest)


def _most_grown(before: Mapping[str, float], after: Mapping[str, float]) -> list[str]:
    """The path that grew most, in a list; [] where none grew noticeably."""
    grown = {path: after[path] - before.get(path, 0.0) for path in after}
    first = max(grown, key=lambda path: grown[path], default="")
    return [first] if grown.get(first, 0.0) >= LEAST_GROWTH_BYTES else []
