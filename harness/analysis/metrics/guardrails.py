"""Which config lost more data than the one it is compared with; `claim_verdict` has a reduction missed for it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis.metrics.losses import Loss, loss
from harness.analysis.runs import Run


def saved_by_losing(runs: Sequence[Run], before: str, after: str) -> str:
    """Why the memory that config `after` saves of `before` does not count; empty where it does.

    It does not where `after` lost more samples than `before`, over the seeds that both ran, and a larger share of what
    it collected: of two that lose alike, the one that runs longer has lost more. Lost is what was reported lost and
    what is unaccounted for. Runs that do not count are left out.
    """
    first, second = Loss(), Loss()
    others = {run.seed: run for run in runs if run.config == after}
    for run in (run for run in runs if run.config == before and run.seed in others):
        mine, other = loss(run), loss(others[run.seed])
        if mine is not None and other is not None:
            first, second = first + mine, second + other
    if second.lost <= first.lost:
        return ""
    if first.share is not None and second.share is not None and second.share <= first.share:
        return ""
    than = f" where {before} lost {first}" if first.lost else ""
    return f"{after} lost {second}{than}: memory that is saved by losing data is not saved"
