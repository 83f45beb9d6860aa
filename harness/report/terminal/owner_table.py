"""The table of owners in an explanation: who holds the memory, how fast each grows, and what share that is."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from harness.analysis.estimates import mean_or_zero
from harness.analysis.explanation import Explanation
from harness.analysis.owners.growth import UNATTRIBUTED, Growth, OwnerGrowth, share_of
from harness.report.terminal.console import columns, fits, new_table, paragraph, show, whole_line
from harness.report.words.amounts import NOTHING, in_unit, percent, rate_interval, rate_unit, unit_of
from harness.report.words.owner_paths import told_apart

MOST_OWNERS = 8
LEAST_SHARE = 0.01
"""Owners after the first that grow by less than this share of the fastest are not printed."""

_SHORTEST_PATH = 24
"""Columns that a path always gets; the numbers take what they need of the rest."""


def print_owners(console: Console, explanation: Explanation) -> None:
    """Print the table of owners, or that they were not recorded."""
    if explanation.growth is None:
        paragraph(console, "Owners: not recorded.", bullet="- ")
        return
    owned = explanation.growth
    ranked = _ranked(explanation, owned)
    sawtooth = owned.live.cleared is not None
    if owned.live.rate.estimate is None:
        paragraph(console, f"Owners: {owned.live.rate.reason}: only what they grew from first to last is known.")
    rate, grown = _units(owned)
    numbers = [f"{rate} [95 %]", *(["until\ncleanup"] if sawtooth else []), "share", f"grown, {grown}"]
    rows = [(owner, _cells(owner, explanation, owned, sawtooth=sawtooth)) for owner in (*ranked, owned.live)]
    widths = [max(len(row[place]) for _, row in rows) for place in range(len(numbers))]
    headings = [max(map(len, name.split("\n"))) for name in numbers]
    used = sum(max(pair) + 2 for pair in zip(widths, headings, strict=True))
    room = max(columns(console) - used, _SHORTEST_PATH)
    table = new_table("owner", *numbers, right=numbers, unbroken=("owner",))
    paths = [owner.path for owner in ranked]
    names = [*told_apart(paths, room), "live and mapped, all of it"]
    for name, (owner, cells) in zip(names, rows, strict=True):
        table.add_row(Text(name, style="bold" if owner in explanation.explained else ""), *map(Text, cells))
    console.print()
    if fits(console, table):
        show(console, table)
        console.print()
        print_whole_paths(console, [path for path, name in zip(paths, names, strict=False) if path != name])
    else:  # a narrow terminal: a table would be cut
        for name, (_, cells) in zip([*paths, names[-1]], rows, strict=True):
            facts = zip((" ".join(number.split()) for number in numbers), cells, strict=True)
            paragraph(console, f"{name}: {', '.join(f'{number} {cell}' for number, cell in facts)}", bullet="- ")
        console.print()


def print_whole_paths(console: Console, paths: Sequence[str]) -> None:
    """Print paths that a table had no room for, a line each, so that they can be copied."""
    for path in paths:
        whole_line(console, f"  {path}")
    if paths:
        console.print()


def _cells(owner: OwnerGrowth, explanation: Explanation, owned: Growth, *, sawtooth: bool) -> list[str]:
    """Return an owner's lasting rate, its rate until a cleanup, its share of the growth, and how much it grew."""
    part = share_of(owner, owned.live) if explanation.lasting else None
    rate, grown = _units(owned)
    until = [in_unit(None if owner.cleared is None else owner.cleared.estimate, rate)] if sawtooth else []
    share = NOTHING if part is None or part < -0.005 else percent(min(part, 1.0))
    return [rate_interval(owner.rate, rate), *until, share, in_unit(owner.grown.estimate, grown)]


def _units(owned: Growth) -> tuple[str, str]:
    """Return in which units the owners of a table grow: by the fastest, and by what grew most."""
    every = (*owned.owners, owned.live)
    rates = [owner.cleared.estimate for owner in every if owner.cleared is not None]
    return rate_unit(*rates, *(owner.rate.estimate for owner in every)), unit_of(*(one.grown.estimate for one in every))


def _ranked(explanation: Explanation, owned: Growth) -> list[OwnerGrowth]:
    """Return the owners worth a line: the fastest, by what matters here, and always the unattributed."""
    lasting = explanation.outcome == "leak" or explanation.lasting or owned.live.cleared is None
    owners = owned.owners if lasting else owned.by_cleared()
    if owned.live.rate.estimate is None:
        speeds = {owner.path: abs(mean_or_zero(owner.grown)) for owner in owners}
    else:
        speeds = {owner.path: max(abs(mean_or_zero(owner.rate)), abs(mean_or_zero(owner.cleared))) for owner in owners}
    least = LEAST_SHARE * max(speeds.values(), default=0.0)
    kept = [owner for place, owner in enumerate(owners) if place == 0 or speeds[owner.path] >= least]
    return [*kept[:MOST_OWNERS], *(owner for owner in kept[MOST_OWNERS:] if owner.path == UNATTRIBUTED)] + [
        owner for owner in owners if owner.path == UNATTRIBUTED and owner not in kept
    ]
