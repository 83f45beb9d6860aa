"""What reruns under tracers found, in words: the lines behind an owner, the lines that grow, what is in cycles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from harness.deep.findings import InCycles, OwnedFrom
from harness.deep.rerun import Allocations
from harness.deep.sites import Site
from harness.report.terminal.console import heading, new_table, paragraph, show, whole_line
from harness.report.words.amounts import percent
from harness.report.words.unowned import census_lines
from harness.text import shown_path

INSTALL = "No flame graph: memray is not installed: pip install memray"

LEAST_SHARE = 0.02
"""A line of code behind less than this share is not printed."""

MOST_LINES = 8
LEAST_BYTES = 50_000
NOTEWORTHY_BYTES = 100_000


def print_allocations(
    console: Console, config: str, seed: int, allocations: Allocations, *, counted: bool = False
) -> None:
    """Print what the reruns of a config found; `counted`: all objects were counted by type in one of them."""
    limited = ", ended early for want of memory" if allocations.limited else ""
    heading(console, f"{config} seed {seed}, rerun for {allocations.hours:.2g} virtual hours{limited}")
    for owner in allocations.owners:
        print_owner(console, owner)
    if not allocations.owners:
        paragraph(console, "No owner grows noticeably in the rerun.", bullet="- ")
    if counted:
        console.print()
        for line in census_lines(allocations):
            whole_line(console, line)
    _print_lines(console, "lines that grow (tracemalloc, from half of the feed to its end)", allocations.growing)
    if not allocations.owners and sum(size for _, size in allocations.growing) < NOTEWORTHY_BYTES:
        unseen = "Whatever grows is memory that was not traced: that of C code with an allocator of its own."
        paragraph(console, unseen, bullet="- ")
    for sentence in cycle_sentences(allocations.cycles):
        paragraph(console, sentence, bullet="- ")
    if allocations.flame is not None:
        title = f"lines that hold most of {_mb(allocations.held_bytes)} MB at the end of the feed (memray)"
        _print_lines(console, title, allocations.held)
        console.print()
        whole_line(console, f"Flame graph of what was held: {shown_path(allocations.flame)}")
    console.print()
    note = (
        "Not judged; real bytes of a rerun at the scale of the recording. A line is the innermost one of the target's "
        "code that led to the allocation; * where it has none and the line is a library's or the market's."
    )
    paragraph(console, Text(note, style="dim"))


def print_owner(console: Console, owner: OwnedFrom) -> None:
    """Print the lines behind one owner."""
    console.print()
    words = f"{owner.path}: from {_mb(owner.before_bytes)} to {_mb(owner.after_bytes)} MB"
    whole_line(console, words)
    for site, share in _worth_a_line(owner.elements):
        if site is None:
            words = f"{percent(share)} of it: before the feed began, or the tables of containers made then"
        else:
            words = f"allocated at {site_name(site)}: {percent(share)} of {owner.path}, with what hangs on it"
        whole_line(console, f"  {words}")
    allocated = _worth_a_line(owner.allocated)
    if [site for site, _ in allocated] != [site for site, _ in _worth_a_line(owner.elements)]:
        whole_line(console, "  what hangs on it was itself allocated at")
        for site, share in allocated:
            where = "before the feed began" if site is None else site_name(site)
            whole_line(console, f"    {percent(share):>5}  {where}")


def cycle_sentences(cycles: InCycles) -> list[str]:
    """Return the sentences on reference cycles."""
    sentences = []
    if not cycles.collector_on:
        sentences.append("Python's collector is off in this target: cycles are never freed.")
    if cycles.uncollectable:
        sentences.append(f"gc.garbage holds {cycles.uncollectable:,} objects that no collection frees.")
    if cycles.bytes < NOTEWORTHY_BYTES:
        return [*sentences, f"Reference cycles: {cycles.objects:,} objects waited for a collection, nothing of note."]
    types = ", ".join(f"{counted.name} ({counted.objects:,})" for counted in cycles.types[:4])
    sites = "; ".join(
        f"allocated at {site_name(site)}: {percent(share)}"
        for site, share in _worth_a_line(cycles.sites)[:3]
        if site is not None
    )
    sentences.append(
        f"Reference cycles: only a collection frees {cycles.objects:,} objects, {_mb(cycles.bytes)} MB with their "
        f"plain values: {types}{'; ' if sites else ''}{sites}."
    )
    return sentences


def site_name(site: Site) -> str:
    """Return FILE:LINE (function), from the current folder where it lies there."""
    file = shown_path(Path(site.file))
    for folder in ("site-packages/", "dist-packages/"):
        file = file.rpartition(folder)[2]
    function = f" ({site.function})" if site.function else ""
    return f"{file}:{site.line}{function}" + ("" if site.own else " *")


def _print_lines(console: Console, title: str, lines: Sequence[tuple[Site, int]]) -> None:
    console.print()
    least = max([LEAST_SHARE * size for _, size in lines[:1]] + [LEAST_BYTES])
    largest = [line for line in lines if line[1] >= least][:MOST_LINES]
    if not largest:
        paragraph(console, f"{title}: none of {LEAST_BYTES / 1e6:g} MB or more")
        return
    table = new_table(title, "MB", right=("MB",))
    for site, size in largest:
        table.add_row(Text(site_name(site)), _mb(size))
    show(console, table)


def _worth_a_line(shares: Sequence[tuple[Site | None, float]]) -> list[tuple[Site | None, float]]:
    return [pair for pair in shares if pair[1] >= LEAST_SHARE]


def _mb(size: float) -> str:
    return f"{size / 1e6:,.1f}"
