"""What tracers find in reruns, as it lies in found.json and allocations.json, and as it is read again.

In the files a line of code with an amount is [file, line, function, own, amount]; the file is empty for what was
allocated before the feed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from harness.deep.cycles import Cycles, TypeCount
from harness.deep.sites import Site

Share = tuple[Site | None, float]
"""A line of code and its share; None is before the feed."""

Amount = tuple[Site, int]
"""A line of code and its bytes."""

IN_CYCLES = "(reference cycles)"
"""In place of a path: what only a collection frees, as nothing else refers to it."""

BY_NOBODY = "(nothing that Python sees)"
"""In place of a path: C code, or a reference that was counted and never given back."""

BEFORE_THE_FEED = Site("", 0, "", False)


@dataclass(frozen=True)
class OwnedFrom:
    """One owner of a rerun, and the lines behind it, with shares of what it holds.

    `elements`: what hangs on the elements that were made there; `allocated`: what was allocated there itself.
    """

    path: str
    before_bytes: float
    after_bytes: float
    elements: tuple[Share, ...]
    allocated: tuple[Share, ...]


@dataclass(frozen=True)
class InCycles(Cycles):
    """What only a collection freed at the end of a rerun; `sites` are the lines that allocated it."""

    sites: tuple[Share, ...]


@dataclass(frozen=True)
class GrownType:
    """A type of which there were `objects` more, of `bytes` more, at the end than at half of the feed.

    `holders` are the paths that hold that, each with its share.
    """

    name: str
    objects: int
    bytes: int
    holders: tuple[tuple[str, float], ...]


@dataclass(frozen=True, kw_only=True)
class ByTracemalloc:
    """What a rerun under tracemalloc found. `growing`: lines that held more at the end than at half of the feed."""

    owners: tuple[OwnedFrom, ...]
    growing: tuple[Amount, ...]
    cycles: InCycles

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        owners = [
            {**asdict(owner), "elements": _rows(owner.elements), "allocated": _rows(owner.allocated)}
            for owner in self.owners
        ]
        cycles = {**asdict(self.cycles), "sites": _rows(self.cycles.sites)}
        return {"owners": owners, "growing": _rows(self.growing), "cycles": cycles}


@dataclass(frozen=True, kw_only=True)
class ByMemray:
    """What a rerun under memray found. `held`: the lines that held most at the end, of `held_bytes` in all."""

    held: tuple[Amount, ...] = ()
    held_bytes: int = 0

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"held": _rows(self.held), "held_bytes": self.held_bytes}


@dataclass(frozen=True, kw_only=True)
class ByCensus:
    """What a rerun with two counts of all objects found: the `types` that grew, whoever holds them.

    `live_bytes` is how much live bytes grew in that time, None where no allocator told or nobody counted; `truncated`:
    there were more objects than were looked at.
    """

    types: tuple[GrownType, ...] = ()
    live_bytes: int | None = None
    truncated: bool = False

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "types": [asdict(one) for one in self.types],
            "live_bytes": self.live_bytes,
            "truncated": self.truncated,
        }


def by_tracemalloc(found: dict[str, Any]) -> ByTracemalloc:
    """What :meth:`ByTracemalloc.to_json` made plain."""
    owners, cycles = found["owners"], found["cycles"]
    shares = [{key: _shares(owner[key]) for key in ("elements", "allocated")} for owner in owners]
    types = tuple(TypeCount(**counted) for counted in cycles["types"])
    return ByTracemalloc(
        owners=tuple(OwnedFrom(**{**owner, **lines}) for owner, lines in zip(owners, shares, strict=True)),
        growing=_amounts(found["growing"]),
        cycles=InCycles(**{**cycles, "types": types, "sites": _shares(cycles["sites"])}),
    )


def by_memray(found: dict[str, Any]) -> ByMemray:
    """What :meth:`ByMemray.to_json` made plain."""
    return ByMemray(held=_amounts(found["held"]), held_bytes=found["held_bytes"])


def by_census(found: dict[str, Any]) -> ByCensus:
    """What :meth:`ByCensus.to_json` made plain."""
    types = (GrownType(**{**one, "holders": tuple(map(tuple, one["holders"]))}) for one in found["types"])
    return ByCensus(types=tuple(types), live_bytes=found["live_bytes"], truncated=found["truncated"])


def _rows(lines: Sequence[Share] | Sequence[Amount]) -> list[list[Any]]:
    return [[*(site or BEFORE_THE_FEED), amount] for site, amount in lines]


def _shares(rows: list[list[Any]]) -> tuple[Share, ...]:
    return tuple((Site(*site) if site[0] else None, share) for *site, share in rows)


def _amounts(rows: list[list[Any]]) -> tuple[Amount, ...]:
    return tuple((Site(*site), size) for *site, size in rows)
