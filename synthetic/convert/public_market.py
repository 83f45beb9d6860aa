"""Public market data as a recorded market: read twice, once for what there is and once to write it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from synthetic.convert.public_books import FollowedSymbol
from synthetic.convert.public_groups import in_time_order
from synthetic.convert.public_rows import NS_PER_MS, PublicFile, SourceError
from synthetic.convert.public_survey import FOUND, Steps, Survey, Tell, short_name, survey
from synthetic.events import Event
from synthetic.instrument import Instrument
from synthetic.recorded.writer import write_recording


@dataclass(frozen=True)
class Converted:
    """What was written: the instruments, the most active first, with their counts (updates, trades, reconnects), from
    when to when, and how much was left out, by reason."""

    instruments: tuple[Instrument, ...]
    counts: tuple[Mapping[str, int], ...]
    start_ms: int
    end_ms: int
    left_out: Mapping[str, int]


def convert(
    files: Sequence[PublicFile],
    out: Path,
    *,
    ticks: Steps = FOUND,
    lots: Steps = FOUND,
    repair: bool = False,
    tell: Tell = lambda stage, share: None,
) -> Converted:
    """Write the files, in any order, as one recorded market; `out` is there when it is whole, or not at all.

    Ticks and lots that are not given are the greatest common steps of all prices and quantities. `repair` is that of
    `FollowedSymbol`. `tell` is called with the stage, "reading" or "writing", and its share done. Its times are
    those of receipt, in milliseconds; it starts with the first snapshot. Raises SourceError for wrong data,
    ValueError for another `out` than .parquet or .csv, OSError where it cannot be written.
    """
    surveyed = survey(files, ticks, lots, tell)
    ranked = sorted(surveyed.symbols, key=lambda name: (-surveyed.symbols[name].updates, name))
    _refuse_incomplete(files, surveyed, ranked)
    _refuse_unknown(ranked, ticks, lots)
    instruments = _instruments(surveyed, ranked, ticks, lots)
    followed = {
        name: FollowedSymbol(listed.name, listed.tick, listed.lot, repair=repair)
        for name, listed in zip(ranked, instruments, strict=True)
    }
    start_ms = min(seen.snapshot_ns or seen.first_ns for seen in surveyed.symbols.values()) // NS_PER_MS
    end_ms = max(seen.last_ns for seen in surveyed.symbols.values()) // NS_PER_MS + 1
    partial = out.with_name(f"{out.stem}.partial{out.suffix}")
    try:
        events = _events(files, surveyed, followed, tell)
        write_recording(partial, events, instruments=instruments, start_ms=start_ms, end_ms=end_ms)
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    left_out: Counter[str] = Counter()
    for counted in (*(file.left_out for file in files), *(symbol.left_out for symbol in followed.values())):
        left_out.update(counted)
    return Converted(instruments, tuple(each.counts for each in followed.values()), start_ms, end_ms, left_out)


def _refuse_incomplete(files: Sequence[PublicFile], surveyed: Survey, ranked: Sequence[str]) -> None:
    for name in ranked:
        seen = surveyed.symbols[name]
        named = next(file.path for file in files if name in file.names)
        if seen.snapshot_ns is None:
            raise SourceError(
                f"{named}: there is no order book snapshot of {short_name(name)} in any file: its book cannot be known"
            )
        if not seen.first_ns:
            raise SourceError(
                f"{named}: is an initial snapshot of {short_name(name)}, and no other file has rows of it"
            )


def _refuse_unknown(ranked: Sequence[str], ticks: Steps, lots: Steps) -> None:
    known = {name for long in ranked for name in (long, short_name(long))}
    for what, steps in (("tick", ticks), ("lot", lots)):
        for name in steps.by_symbol:
            if name not in known:
                there = ", ".join(sorted(short_name(long) for long in ranked))
                raise SourceError(f"the {what} of {name} is given, and no file has that symbol; there are {there}")


def _instruments(surveyed: Survey, ranked: Sequence[str], ticks: Steps, lots: Steps) -> tuple[Instrument, ...]:
    short = Counter(short_name(name) for name in ranked)
    listed = []
    for rank, name in enumerate(ranked, 1):
        seen = surveyed.symbols[name]
        tick = ticks.of(name) or seen.tick.step
        lot = lots.of(name) or seen.lot.step
        assert tick is not None  # a symbol with a snapshot has levels
        assert lot is not None
        own = short_name(name)
        listed.append(Instrument(own if short[own] == 1 else name, tick, lot, max(1, round(seen.opening / tick)), rank))
    return tuple(listed)


def _events(
    files: Sequence[PublicFile], surveyed: Survey, followed: Mapping[str, FollowedSymbol], tell: Tell
) -> Iterator[Event]:
    """The events of all files. An initial snapshot without a time comes before the file that it starts."""
    order = sorted(range(len(files)), key=lambda number: surveyed.first_ns[number] > 0)
    firsts_ns = [surveyed.first_ns[number] or surveyed.symbols[files[number].names[0]].first_ns for number in order]
    for group in in_time_order([files[number] for number in order], firsts_ns, tell):
        yield from followed[group.name].take(group)
