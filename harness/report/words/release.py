"""A stop in plain words: what it gave back, what it forgot, what keeps the rest mapped."""

from __future__ import annotations

from harness.analysis.estimates import mean_or_zero
from harness.analysis.metrics.waterfall import OUTLIVING, Survivor, Waterfall
from harness.analysis.owners.growth import UNATTRIBUTED
from harness.report.words.amounts import value
from harness.report.words.owner_paths import shortened, told_apart
from harness.text import first_of

WORTH_GB = 0.005
"""What is less than this, at full scale, is nothing in the two decimals that are shown."""

NAME_COLUMNS = 44
"""A longer path is cut in a sentence; its end, which names the container, is kept."""

MOST = 3
"""Names of one kind that a sentence takes."""

PARTS = {"live": "still live", "pinned": "pinned", "slack": "slack", "other": "other"}


def stop_sentences(stop: Waterfall | None) -> list[str]:
    """The stop of a config in sentences; one that says so where no run got to its end."""
    if stop is None:
        return ["stop(): no run got to its end."]
    given = {step: value(one.estimate, "GB") for step, one in stop.given_back.items()}
    left = f"{value(stop.left.estimate, 'GB')} GB is left"
    found = [
        f"stop() gave back {given['stop']} of the {value(stop.grown.estimate, 'GB')} GB grown, dropping every "
        f"reference {given['drop']}, malloc_trim {given['trim']}; {left}{_parts(stop)}."
    ]
    return [*found, *forgotten_lines(stop), *pinning_lines(stop)]


def forgotten_lines(stop: Waterfall) -> list[str]:
    """What stop() left that somebody still holds, one line a kind."""
    found = []
    owners = {
        path: one for path, one in stop.forgotten.items() if mean_or_zero(one) >= WORTH_GB and path != UNATTRIBUTED
    }
    if owners:
        short = told_apart(list(owners), NAME_COLUMNS)
        names = [f"{name} {value(one.estimate, 'GB')} GB" for name, one in zip(short, owners.values(), strict=True)]
        found.append(f"stop() left live: {first_of(names, MOST)}.")
    lost = mean_or_zero(stop.forgotten.get(UNATTRIBUTED))
    if lost >= WORTH_GB:
        found.append(f"stop() left live and unattributed: {value(lost, 'GB')} GB.")
    found += [
        f"{OUTLIVING[kind]} that outlive stop(): {first_of(list(names), MOST)}."
        for kind, names in stop.outlives.items()
    ]
    return found


def pinning_lines(stop: Waterfall) -> list[str]:
    """Who keeps arenas mapped at the end."""
    if not stop.survivors:
        return []
    arenas = f" of {stop.arenas:.0f}" if stop.arenas is not None else ""
    first = stop.survivors[0]
    names = [_survivor(first, f"{arenas} arenas"), *(_survivor(one, "") for one in stop.survivors[1:])]
    return [f"Arenas still mapped are kept by: {first_of(names, MOST)}."]


def _survivor(one: Survivor, arenas: str) -> str:
    return f"{shortened(one.name, 2 * NAME_COLUMNS)} in {one.arenas:.0f}{arenas} ({one.sole_arenas:.0f} by itself)"


def _parts(stop: Waterfall) -> str:
    if not stop.broken_down:
        live = stop.parts.get("live")
        known = "" if live is None else f", {value(live.estimate, 'GB')} of it live"
        return f"{known} (pinned and slack: not recorded)"
    parts = [f"{value(one.estimate, 'GB')} {PARTS[name]}" for name, one in stop.parts.items()]
    return f": {', '.join(parts)}"
