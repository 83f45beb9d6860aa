"""Heat maps of a sweep as tables: where each claim is met, exceeded and missed; which switch brings how much."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis.sweeps.claim_map import ClaimAtPoint, ClaimMap
from harness.analysis.sweeps.recorded_sweep import RecordedSweep
from harness.analysis.sweeps.switches import Effects
from harness.report.pictures.sweep_map import SIGNS
from harness.report.sweeps.sentences import holds_words
from harness.report.sweeps.sweep_names import axis_words, level_name, metric_words, point_words
from harness.report.words.amounts import band_words, on_one_line, percent, spoken

SHADES = 5
"""So many strengths of a colour tell how large a share is."""


@dataclass(frozen=True)
class Cell:
    """One cell: its words, and the classes by which it is coloured; before them a sign and the word for it, if any.

    On a narrow screen the sign stands alone.
    """

    words: str
    classes: str
    sign: str = ""
    word: str = ""


@dataclass(frozen=True)
class HeatMap:
    """A table of coloured cells: what it is, what stands in its corner, the heads of its columns, its rows by name.

    It `differs` where its cells do not all say the same, but for amounts.
    """

    title: str
    corner: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    differs: bool = True


def claims_over_two_axes(sweep: RecordedSweep, maps: Sequence[ClaimMap]) -> list[HeatMap]:
    """Return a map for each claim that a sweep over two axes tells of."""
    down, right = sweep.points.settings.axes
    told = [one for one in maps if one.told and not one.moves]
    corner = f"{axis_words(down)} \N{DOWNWARDS ARROW}, {axis_words(right)} \N{RIGHTWARDS ARROW}"
    found = []
    for one in told:
        by_levels = {(at.point.level(down), at.point.level(right)): at for at in one.at}
        rows = [
            (
                level_name(sweep, down, low),
                tuple(_cell(by_levels[low, high]) for high in sweep.points.settings.axes[right]),
            )
            for low in sweep.points.settings.axes[down]
        ]
        heads = tuple(level_name(sweep, right, level) for level in sweep.points.settings.axes[right])
        differs = len({at.place for at in one.told}) > 1
        found.append(HeatMap(f"{_claim_words(one)}: {holds_words(one)}", corner, heads, tuple(rows), differs))
    return found


def claims_by_point(sweep: RecordedSweep, maps: Sequence[ClaimMap]) -> HeatMap | None:
    """Return one map of every claim at every point; None where nothing is claimed."""
    if not maps:
        return None
    heads = tuple(point_words(sweep, point) for point in sweep.points)
    rows = tuple((_claim_words(one), tuple(_cell(at) for at in one.at)) for one in maps)
    return HeatMap("Every claim at every point, by the mean over the seeds", "claim", heads, rows)


def shares_of_switches(effects: Sequence[Effects]) -> HeatMap | None:
    """Return what share each switch has of the change of each metric; None where no metric changes."""
    changing = [each for each in effects if each.changes]
    if not changing:
        return None
    heads = tuple(axis_words(switch.name) for switch in changing[0].switches)
    rows = []
    for each in effects:
        ends = (each.none.estimate, each.every.estimate)
        name, unit = metric_words(each.metric.name), each.metric.unit
        known = [spoken(end, unit) for end in ends if end is not None]
        row = f"{name}: {' to '.join(known)}" if known else name
        if each.changes:
            cells = tuple(_share(switch.share.estimate) for switch in each.switches)
        else:
            cells = (Cell("not known" if each.reason else "no change", "nothing"), *(Cell("", "") for _ in heads[1:]))
        rows.append((row, cells))
    return HeatMap("Share of the whole change that each brings (Shapley)", "metric, none to all", heads, tuple(rows))


def _claim_words(one: ClaimMap) -> str:
    """A claim with what was expected of it."""
    unit = one.at[0].judged.metric.unit
    return f"{one.claim.name} ({band_words(one.claim.expected, one.claim.tolerance, unit)})"


def _cell(at: ClaimAtPoint) -> Cell:
    unit = at.judged.metric.unit
    value = at.estimate.estimate
    amount = "" if value is None else _unbroken(spoken(value, unit))
    if at.place == "moves":
        return Cell(f"not told{amount and f', here {amount}'}", "unknown")
    if at.place == "unknown":
        return Cell(amount, "unknown", SIGNS["unknown"])
    told = amount if at.decided else f"{amount}, open"
    return Cell(told, f"{at.place}{'' if at.decided else ' undecided'}", SIGNS[at.place], at.place)


def _unbroken(amount: str) -> str:
    """Return an amount that stays on one line with a unit as short as ``GB``; ``165 objects`` may break."""
    return on_one_line(amount) if len(amount.rsplit(maxsplit=1)[-1]) <= len("GB") else amount


def _share(share: float | None) -> Cell:
    if share is None:
        return Cell("?", "unknown")
    shade = min(SHADES, math.ceil(SHADES * abs(share)))
    return Cell(
        on_one_line(percent(share)),
        f"{'brings' if share >= 0 else 'against'}-{shade}" if abs(share) >= 0.005 else "nothing",
    )
