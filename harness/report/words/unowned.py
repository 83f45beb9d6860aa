"""Growth that no path explains, in words: the rerun that tells more of it, and what a rerun's two censuses found."""

from __future__ import annotations

from pathlib import Path

from harness.command_line import own_command
from harness.deep.findings import BY_NOBODY, IN_CYCLES, ByCensus
from harness.report.words.amounts import percent, value
from harness.text import shown_path

LEAST_SHARE = 0.05
"""Who refers to less of what is new of a type is not told."""

NOTEWORTHY_BYTES = 100_000
"""Less growth of live bytes in a rerun says nothing."""

_C_SHARE = 0.25
"""What is left of the growth is told of from this share on: a sample, and the free ends of tables, leave some."""

_WORDS = {
    IN_CYCLES: "nothing but reference cycles, which only a collection frees",
    BY_NOBODY: "nothing that Python sees: C code, or a reference that was counted and never given back",
}


def offer(config: str, gb_per_hour: float, folder: Path) -> str:
    """Return the line that offers a second answer, with the command to copy."""
    rate = f"{value(gb_per_hour, 'GB/h')} GB per hour without an owner"
    again = f"{own_command()} explain {shown_path(folder)} --deep --config {config}"
    return f"{config}: {rate}: what it is, by type: {again}"


def census_lines(found: ByCensus) -> list[str]:
    """Return the types that grew, who refers to what is new of each, and what no object accounts for."""
    total = sum(one.bytes for one in found.types)
    live = "" if found.live_bytes is None else f" of the {_mb(found.live_bytes)} MB by which live bytes grew"
    lines = [f"types that grow, whoever holds them (from half of the feed to its end): {_mb(total)} MB{live}"]
    for one in found.types:
        lines.append(f"  {one.name}: {one.objects:,} more, {_mb(one.bytes)} MB")
        lines += [
            f"    {percent(share)} held by {_WORDS.get(path, path)}"
            for path, share in one.holders
            if share >= LEAST_SHARE
        ]
    if found.live_bytes is not None and found.live_bytes < NOTEWORTHY_BYTES:
        lines.append("Live bytes hardly grew in this rerun: what has no owner may need more time (--hours).")
    elif found.live_bytes is not None and total < (1 - _C_SHARE) * found.live_bytes:
        rest = _mb(found.live_bytes - total)
        lines.append(f"The other {rest} MB are in no object that Python knows: C code allocated them.")
    if found.truncated:
        lines.append("There were more objects than were looked at.")
    return lines


def _mb(size: float) -> str:
    return f"{size / 1e6:,.1f}"
