"""Each claim of a scenario at each point of a sweep, and in what share of the points it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from harness.analysis.estimates import Estimate
from harness.analysis.sweeps.recorded_sweep import RecordedSweep
from harness.analysis.verdict.claim_verdict import ClaimVerdict, against_band, judge_claim
from harness.scenario import Claim
from harness.sweeps.points import Point

Place = Literal["met", "exceeded", "missed", "unknown", "moves"]
"""Where the mean of a claim's metric lies; "unknown": there is no value, "moves": only a larger world would tell."""

HOLDS: Final = frozenset({"met", "exceeded"})


@dataclass(frozen=True)
class ClaimAtPoint:
    """One claim at one point: its verdict by the runs there, the place of its mean, and whether an interval decides it.

    What moves with the memory scale has no place in a smaller world: `place` is then "moves", and `estimate` is of that
    world only.
    """

    point: Point
    judged: ClaimVerdict
    place: Place

    @property
    def estimate(self) -> Estimate:
        """What was measured there."""
        return self.judged.small if self.place == "moves" else self.judged.estimate

    @property
    def decided(self) -> bool:
        """Whether the runs decide it, not only their mean."""
        return self.judged.outcome in ("met", "exceeded", "missed")


@dataclass(frozen=True)
class ClaimMap:
    """One claim over all points of a sweep, in their order."""

    claim: Claim
    at: tuple[ClaimAtPoint, ...]

    @property
    def told(self) -> tuple[ClaimAtPoint, ...]:
        """The points that tell of it."""
        return tuple(one for one in self.at if one.place not in ("unknown", "moves"))

    @property
    def share(self) -> float | None:
        """The share of the points that tell of it in which it holds; None where none tells."""
        return sum(one.place in HOLDS for one in self.told) / len(self.told) if self.told else None

    @property
    def moves(self) -> bool:
        """Whether it moves with the memory scale, so that this sweep does not tell."""
        return any(one.place == "moves" for one in self.at)


def claim_maps(sweep: RecordedSweep) -> tuple[ClaimMap, ...]:
    """Every claim whose configs the sweep starts from, at every point. Those that are not testable are left out."""
    claims = [
        claim
        for claim in sweep.scenario.claims
        if set(claim.configs) <= set(sweep.points.bases) and not claim.not_testable
    ]
    return tuple(ClaimMap(claim, tuple(_at(sweep, claim, point) for point in sweep.points)) for claim in claims)


def _at(sweep: RecordedSweep, claim: Claim, point: Point) -> ClaimAtPoint:
    world = sweep.points.world_of(point)
    configs = tuple(sweep.points.config_of(point, base) for base in claim.configs)
    there = claim.model_copy(update={"configs": configs})
    runs = sweep.runs.get(world)
    seeds = [{run.seed for run in runs.finished if run.config == config} for config in configs] if runs else []
    if runs is None or not all(seeds):
        judged = judge_claim(there, sweep.worlds[world], (), incomplete="a run is missing or did not finish")
        return ClaimAtPoint(point, judged, "unknown")
    judged = judge_claim(there, sweep.worlds[world], runs.finished)
    return ClaimAtPoint(point, judged, _place(there, judged))


def _place(claim: Claim, judged: ClaimVerdict) -> Place:
    if judged.basis != "scenario":
        return "moves"
    if judged.outcome in ("met", "exceeded", "missed"):
        return judged.outcome
    value = judged.estimate.estimate
    if judged.leak is not None or value is None:
        return "unknown"
    low, high = (None if judged.estimate.bound == end else value for end in ("upper", "lower"))
    outcome, _ = against_band(claim.band, replace(judged.estimate, low=low, high=high), claim.better)
    return outcome if outcome in ("met", "exceeded", "missed") else "unknown"


def differing(maps: Sequence[ClaimMap], points: Sequence[Point]) -> list[ClaimMap]:
    """The claims whose place is not the same at these points, of those that all of them tell of."""
    found = []
    for one in maps:
        places = [at.place for at in one.at if at.point in points]
        if len(set(places)) > 1 and not {"unknown", "moves"} & set(places):
            found.append(one)
    return found
