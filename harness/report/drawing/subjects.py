"""What a picture draws of each config: its look, its curve, its stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis.curves import Curve, StopCurve, curve, stop
from harness.analysis.estimates import CONFIDENCE
from harness.analysis.full_scale.anchor_runs import NO_ANCHORS, Anchors
from harness.analysis.full_scale.extrapolation import FullScale
from harness.analysis.runs import Run, Runs
from harness.report.drawing.looks import Look, looks
from harness.scenario import Scenario

FINEST_POINTS = 50_000
"""A curve of more points than this is no sharper on paper."""


@dataclass(frozen=True, eq=False)
class Subject:
    """One config as it is drawn: its look, its runs (perhaps none) and, where there is one, its curve and stop.

    `full` and `full_stop` are those at full scale, None where the soak itself is there or no anchor tells.
    """

    config: str
    look: Look
    runs: tuple[Run, ...]
    curve: Curve | None
    stop: StopCurve | None
    full: Curve | None = None
    full_stop: StopCurve | None = None


def subjects(scenario: Scenario, runs: Sequence[Run], anchors: Anchors = NO_ANCHORS) -> list[Subject]:
    """Return what can be drawn of each config: those of the scenario in its order, then those only the runs know."""
    drawn = []
    judged = Runs.of(scenario, runs)
    full_scale = FullScale(scenario, judged, anchors, CONFIDENCE)
    for config, look in looks(judged.configs).items():
        own, full = judged.of_config(config), full_scale.course(config)
        curves = [_drawn(scenario, config, some) for some in (own, full)]
        drawn.append(Subject(config, look, own, curves[0], stop(config, own), curves[1], stop(config, full)))
    return drawn


def _drawn(scenario: Scenario, config: str, runs: Sequence[Run]) -> Curve | None:
    if not runs:
        return None
    longest_s = max((float(run.t_s[-1]) for run in runs if run.t_s.size), default=0.0)
    drawn = curve(config, runs, every_s=max(scenario.time.sample_every_s, longest_s / FINEST_POINTS))
    return drawn if drawn.hours.size else None
