"""What a sweep found: the one sentence a person would say of it, and all of its sentences by subject."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from harness.analysis.sweeps.claim_map import ClaimMap
from harness.analysis.sweeps.moving import moved_along
from harness.analysis.sweeps.recorded_sweep import RecordedSweep
from harness.analysis.sweeps.switches import EFFECTS_ON, effects_of, switches_of
from harness.report.sweeps.sentences import effect_sentence, said_along, said_of_claims, said_of_switches
from harness.report.sweeps.sweep_names import axis_words, metric_words
from harness.text import joined

NAMED: Final = 3
"""Up to this many claims are named; of more, the last are counted."""


def sweep_sentence(sweep: RecordedSweep, maps: Sequence[ClaimMap]) -> str:
    """Return what a person in a hurry would say of a sweep: what is missing, what the peak is made of, which claims
    hold wherever it looked."""
    return " ".join([*_holes(sweep), *_peaks(sweep), *_claims(sweep, maps)]) or "Nothing is claimed of this sweep."


def sentences_by_subject(sweep: RecordedSweep, maps: Sequence[ClaimMap]) -> dict[str, list[str]]:
    """Return what a sweep says by heading: from each base that switches start from, along each axis, and of claims."""
    told: dict[str, list[str]] = {}
    if switches_of(sweep):
        for base in sweep.points.bases:
            effects = [effects_of(sweep, metric, base) for metric in EFFECTS_ON]
            told[f"Starting from {base}"] = list(said_of_switches(effects, sweep))
    elif moves_by_axis(sweep):
        for axis in sweep.points.settings.axes:
            told[f"Along {axis_words(axis)}"] = list(said_along(sweep, axis, moved_along(sweep, axis), maps))
    told["Where each claim holds"] = list(said_of_claims(maps, sweep))
    return {subject: sentences for subject, sentences in told.items() if sentences}


def moves_by_axis(sweep: RecordedSweep) -> bool:
    """Return whether a sweep is told axis by axis: it moves one at a time, and they are no switches."""
    settings = sweep.points.settings
    return not switches_of(sweep) and (settings.design == "one_at_a_time" or len(settings.axes) == 1)


def _holes(sweep: RecordedSweep) -> Iterator[str]:
    holes, total = len(sweep.holes()), sum(1 for _ in sweep.cells())
    if holes:
        yield f"{holes} of {_count(total, 'run')} {'is' if holes == 1 else 'are'} missing or failed."


def _peaks(sweep: RecordedSweep) -> Iterator[str]:
    if not switches_of(sweep):
        return
    for base in sweep.points.bases:
        effects = effects_of(sweep, EFFECTS_ON[0], base)
        if effects.seeds:
            start = f"Starting from {base}: " if len(sweep.points.bases) > 1 else ""
            yield start + effect_sentence(effects, metric_words(effects.metric.name))


def _claims(sweep: RecordedSweep, maps: Sequence[ClaimMap]) -> Iterator[str]:
    """Say how many claims hold wherever this sweep tells of them, which only at some points, and which at none."""
    told = [one for one in maps if one.share is not None and not one.moves]
    if not told:
        return
    some = [one.claim.name for one in told if one.share not in (0, 1)]
    none = [one.claim.name for one in told if one.share == 0]
    every = len(told) - len(some) - len(none)
    parts = [
        f"{every} {'holds' if every == 1 else 'hold'} at every point that tells of {'it' if every == 1 else 'them'}"
    ]
    parts += [
        f"{len(names)} {where} ({_named(names)})" for where, names in (("at some", some), ("at none", none)) if names
    ]
    yield f"Of {_count(len(told), 'claim')} over {_count(len(sweep.points), 'point')}, {joined(parts)}."


def _named(names: Sequence[str]) -> str:
    return joined(names if len(names) <= NAMED else [*names[: NAMED - 1], f"{len(names) - NAMED + 1} others"])


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
