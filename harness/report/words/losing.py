"""What a target lost of the samples that it collected, in words."""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis.metrics import buffers, losses
from harness.analysis.runs import Run
from harness.analysis.verdict.run_summary import RunSummary


def loss_lines(runs: Sequence[Run]) -> list[str]:
    """Return a line a config that lost samples or does not account for some, over all of its runs; often none."""
    lines = []
    for config in dict.fromkeys(run.config for run in runs):
        mine = [run for run in runs if run.config == config]
        lines += [f"{said}." for said in (losses.said(mine, config),) if said]
        missing = sum(buffers.unaccounted(run).value or 0.0 for run in mine)
        if missing:
            counted = "were neither persisted nor reported lost" if missing > 0 else "more were told of than collected"
            lines.append(f"{config}: {abs(missing):,.0f} samples {counted}.")
    return lines


def lost_in(runs: Sequence[RunSummary]) -> list[str]:
    """Return a line a run that lost samples: ``old seed 1 lost 48 of 60 samples (80 %)``.

    Of one that ended early it is at least that.
    """
    return [
        f"{run.config} seed {run.seed} lost {losses.Loss(run.lost, run.collected, run.status != 'complete')}"
        for run in runs
        if run.lost is not None and run.lost > 0
    ]
