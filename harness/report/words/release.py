"""A stop in plain words: what it gave back, what it forgot, what keeps the rest mapped."""

from __future__ import annotations

from collections.abc import Collection

from harness.analysis.estimates import mean_or_zero
from harness.analysis.metrics.waterfall import OUTLIVING, Survivor, Waterfall
from harness.analysis.owners.growth import UNATTRIBUTED
from harness.report.words.amounts import in_unit, unit_of, value
from harness.report.words.owner_paths import shortened
from harness.report.words.still_alive import alive_lines
from harness.text import first_of

WORTH_GB = 0.005
"""Less than this, at full scale, is nothing in the two decimals shown."""

LONGEST_NAME = 300
"""Columns of the name of a survivor: a chain of objects may have a path without end."""

MOST = 3
"""How many names of one kind a sentence lists."""

PARTS = {"live": "still live", "pinned": "pinned", "slack": "slack", "mapped": "mapped", "other": "other"}


def stop_sentences(stop: Waterfall | None, *, told: Collection[str] = ()) -> list[str]:
    """Return the stop of a config in sentences; one that says so where no run got to its end.

    `told` are the kinds of what outlives it that the caller tells of otherwise.
    """
    if stop is None:
        return ["stop(): no run got to its end."]
    unit = unit_of(stop.grown.estimate, stop.left.estimate)
    given = {step: in_unit(estimate.estimate, unit) for step, estimate in stop.given_back.items()}
    left = f"{in_unit(stop.left.estimate, unit)} {unit} is left"
    sentences = [
        f"stop() gave back {given['stop']} of the {in_unit(stop.grown.estimate, unit)} {unit} grown, dropping every "
        f"reference {given['drop']}, malloc_trim {given['trim']}; {left}{_parts(stop, unit)}."
    ]
    return [*sentences, *alive_lines(stop), *forgotten_lines(stop, told), *pinning_lines(stop)]


def forgotten_lines(stop: Waterfall, told: Collection[str] = ()) -> list[str]:
    """Say what stop() left that is still held, one line a kind but those `told`."""
    lines = []
    owners = {
        path: estimate
        for path, estimate in stop.forgotten.items()
        if mean_or_zero(estimate) >= WORTH_GB and path != UNATTRIBUTED
    }
    if owners:
        names = [f"{path} {value(estimate.estimate, 'GB')} GB" for path, estimate in owners.items()]
        lines.append(f"stop() left live: {first_of(names, MOST)}.")
    lost = mean_or_zero(stop.forgotten.get(UNATTRIBUTED))
    if lost >= WORTH_GB:
        lines.append(f"stop() left live and unattributed: {value(lost, 'GB')} GB.")
    lines += [
        f"{OUTLIVING[kind]} that outlive stop(): {first_of(list(names), MOST)}."
        for kind, names in stop.outlives.items()
        if kind not in told
    ]
    return lines


def pinning_lines(stop: Waterfall) -> list[str]:
    """Say what keeps arenas mapped at the end."""
    if not stop.survivors:
        return []
    arenas = "" if stop.arenas is None else f" ({stop.arenas:.0f} of 1 MiB)"
    names = [_survivor(survivor) for survivor in stop.survivors]
    return [
        f"Arenas still mapped{arenas} go back only when all in them is freed. In them are: {first_of(names, MOST)}."
    ]


def _survivor(survivor: Survivor) -> str:
    """Return what lives in arenas, in how many, and in how many of them nothing else does."""
    alone = f", alone in {survivor.sole_arenas:.0f}" if round(survivor.sole_arenas) else ""
    return f"{shortened(survivor.name, LONGEST_NAME)} (in {survivor.arenas:.0f}{alone})"


def _parts(stop: Waterfall, unit: str) -> str:
    if not stop.broken_down:
        live = stop.parts.get("live")
        known = "" if live is None else f", {in_unit(live.estimate, unit)} of it live"
        return f"{known} (pinned and slack: not recorded)"
    parts = [f"{in_unit(estimate.estimate, unit)} {PARTS[name]}" for name, estimate in stop.parts.items()]
    return f": {', '.join(parts)}"
