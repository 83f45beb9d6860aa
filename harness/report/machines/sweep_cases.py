"""What CI is told of a sweep: a case for the sweep itself, each claim over its points, and each run.

A sweep judges nothing: it says where claims hold. A claim that does not hold everywhere fails no more here than in the
exit code, which tells only whether every run is whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from harness.analysis.sweeps.claim_map import HOLDS, ClaimMap, Place
from harness.analysis.sweeps.recorded_sweep import RecordedSweep
from harness.report.machines.cases import Case, Ending, judged_again
from harness.report.sweeps.sentences import said_of_runs
from harness.report.sweeps.sweep_names import point_words
from harness.report.words.amounts import band_words
from harness.text import joined

MOST_POINTS: Final = 12
"""So many points are named where a claim is missed, or where it is open."""


def sweep_cases(sweep: RecordedSweep, maps: Sequence[ClaimMap]) -> list[Case]:
    """Return the case of the sweep itself, those of its claims (see `claim_maps`), then those of its runs.

    Claims that hold at some points only come first, then those that hold at none; last what is not told.
    """
    ordered = sorted(maps, key=_how_telling)
    return [_sweep_case(sweep), *(_claim_case(sweep, one) for one in ordered), *_run_cases(sweep)]


def _how_telling(one: ClaimMap) -> int:
    if one.moves or one.share is None:
        return 3
    return 2 if one.share == 1 else 1 if one.share == 0 else 0


def _sweep_case(sweep: RecordedSweep) -> Case:
    holes = bool(sweep.holes())
    return Case(
        "sweep",
        "complete",
        "error" if holes else "passed",
        "incomplete" if holes else "complete",
        why=" ".join(said_of_runs(sweep)),
        details=(("Tell again", judged_again(sweep.folder)),),
    )


def _claim_case(sweep: RecordedSweep, one: ClaimMap) -> Case:
    claim = one.claim
    ending, word = _claim_ending(one)
    missed = "" if one.moves else _points(sweep, one, "missed")
    details = {
        "Metric": f"{claim.metric} of {joined(claim.configs)}",
        "Exceeded at": _points(sweep, one, "exceeded"),
        "Open at": "" if one.moves else _named([point_words(sweep, at.point) for at in one.told if not at.decided]),
        "Not known at": "" if one.moves else _points(sweep, one, "unknown"),
        "Kind": claim.kind,
        "Source": claim.source,
        "Note": claim.note or "",
        "Tell again": judged_again(sweep.folder),
    }
    return Case(
        "claim",
        claim.name,
        ending,
        word,
        expected=band_words(claim.expected, claim.tolerance, one.at[0].judged.metric.unit),
        measured=_measured(one),
        why=missed and f"missed at {missed}",
        headline=claim.kind == "prediction",
        details=tuple((label, words) for label, words in details.items() if words),
    )


def _measured(one: ClaimMap) -> str:
    if one.moves or one.share is None:
        return ""
    return f"within or better at {sum(at.place in HOLDS for at in one.told)} of {len(one.told)} points"


def _claim_ending(one: ClaimMap) -> tuple[Ending, str]:
    """Return how the case of a claim ends: passed only where every point that tells of it says that it holds."""
    if one.moves or one.share is None:
        return "skipped", "moves with the scale" if one.moves else "not told"
    if one.share < 1:
        return "skipped", "holds nowhere" if one.share == 0 else "holds at some points"
    if not all(at.decided for at in one.told):
        return "undecided", "holds by the means, open at some points"
    return "passed", "holds at every point"


def _run_cases(sweep: RecordedSweep) -> Iterator[Case]:
    holes = sweep.holes()
    for cell in sweep.cells():
        why = holes.get(cell, "")
        run = sweep.run(cell)
        word = "missing" if run is None else run.ending
        name = f"{cell.world}, {cell.config} seed {cell.seed}"
        reason = "" if why == word else why.removeprefix(f"{word}: ")
        yield Case("run", name, "error" if why else "passed", word, why=reason)


def _points(sweep: RecordedSweep, one: ClaimMap, place: Place) -> str:
    """Return the points at which the mean lies there."""
    return _named([point_words(sweep, at.point) for at in one.at if at.place == place])


def _named(points: Sequence[str]) -> str:
    more = len(points) - MOST_POINTS
    return "; ".join([*points[:MOST_POINTS], *([f"and {more} more"] if more > 0 else [])])
