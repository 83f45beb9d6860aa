"""A sweep on the terminal: its tables, and its sentences above them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from harness.analysis.estimates import Estimate
from harness.analysis.sweeps.claim_map import ClaimMap
from harness.analysis.sweeps.moving import Moved
from harness.analysis.sweeps.recorded_sweep import RecordedSweep
from harness.analysis.sweeps.switches import Effects
from harness.report.sweeps.sentences import holds_words, moved_words
from harness.report.sweeps.sweep_names import axis_words, metric_words
from harness.report.terminal.console import columns, heading, new_table, paragraph, show
from harness.report.words.amounts import band_words, interval
from harness.sweeps.points import level_words

_NAMES = 60
"""Columns of the terminal that metrics, units, configs and points take at least."""


def print_sentences(console: Console, title: str, sentences: Sequence[str]) -> None:
    """Print sentences below a heading, each with a bullet; nothing where there are none."""
    if sentences:
        heading(console, title)
        for sentence in sentences:
            paragraph(console, sentence, bullet="- ")


def print_effects(console: Console, effects: Sequence[Effects], scale: float) -> None:
    """Print a table for each metric that the switches change: what each adds alone, as the last of all, its share."""
    for each in effects:
        if each.changes:
            unit = "%" if each.metric.unit == "share" else each.metric.unit
            heading(console, f"{metric_words(each.metric.name)}, {unit}, in a world of {scale:g}")
            columns = ("alone", "last of all", "share (Shapley), %")
            table = new_table("switch", *columns, right=columns, unbroken=("switch",))
            for switch in each.switches:
                added = [_cell(one, each.metric.unit) for one in (switch.alone, switch.last)]
                table.add_row(axis_words(switch.name), *added, interval(switch.share, "share"))
            show(console, table)


def _cell(estimate: Estimate, unit: str) -> str:
    return interval(estimate, unit, signed=True)


def print_along(console: Console, sweep: RecordedSweep, axis: str, moved: Sequence[Moved]) -> None:
    """Print what moves at every level of an axis, the farthest first, by how many points at the end.

    Intervals are left to the tables in the result where the names of metrics would have no room beside them.
    """
    bundles = sweep.points.settings.axes[axis]
    levels = {level: level_words(level, bundle) for level, bundle in bundles.items()}
    table = new_table("metric", "unit", "config", *levels.values(), "points", right=(*levels.values(), "points"))
    moving = [one for one in moved if one.moves]
    whole = [
        [interval(one.levels[level], one.unit) if level in one.levels else "-" for level in levels] for one in moving
    ]
    fits = _NAMES + sum(max(map(len, column)) + 1 for column in zip(*whole, strict=True)) <= columns(console)
    for one, intervals in zip(moving, whole, strict=True):
        cells = intervals if fits else [text.partition(" [")[0] for text in intervals]
        unit = "%" if one.unit == "share" else one.unit
        table.add_row(moved_words(one), unit, one.base, *cells, f"{one.points:.1f}")
    if moving:
        show(console, table)
        if not fits:
            paragraph(console, "Without intervals, for want of room: they are in table.csv.")


def print_claims(console: Console, sweep: RecordedSweep, maps: Sequence[ClaimMap]) -> None:
    """Print for each claim in how many points it is met, exceeded and missed, and the share in which it holds."""
    if not maps:
        return
    heading(
        console,
        f"In how much of the {len(sweep.points)} points of {sweep.name} each claim holds (by the mean over seeds)",
    )
    table = new_table(
        "claim",
        "expected",
        "met",
        "exceeded",
        "missed",
        "too near to say",
        "holds in",
        right=("met", "exceeded", "missed", "too near to say"),
    )
    for one in maps:
        counts = [sum(at.place == place for at in one.told) for place in ("met", "exceeded", "missed")]
        near = sum(not at.decided for at in one.told)
        expected = band_words(one.claim.expected, one.claim.tolerance, one.at[0].judged.metric.unit)
        table.add_row(one.claim.name, expected, *(str(count) for count in counts), str(near), holds_words(one))
    show(console, table)
