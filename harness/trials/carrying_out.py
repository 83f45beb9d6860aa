"""A trial of one config: its job, its process, what it left and what it cost."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from harness.analysis.reading import read_run
from harness.analysis.runs import Run
from harness.forecasts.probe import shortened
from harness.forecasts.run_cost import RunCost, run_cost
from harness.soaks.supervisor import supervise
from harness.worker.job import Job

PROGRAM: Final = ("harness.trials.watched_run",)

STALL_S: Final = 12.0
"""Real seconds without a step of virtual time after which a trial counts as stalled."""


@dataclass(frozen=True)
class Trial:
    """What a trial left, as `job` has it: its run, and its cost where that can be told. A soak would take `due_s`."""

    job: Job
    run: Run
    cost: RunCost | None
    due_s: float


def trial_of(job: Job) -> Trial:
    """Try `job` in a process of its own, in a folder that is gone afterwards: it runs the target.

    Raises KeyboardInterrupt once its process is gone.
    """
    short = replace(shortened(job), baseline_bytes=0, stall_s=min(STALL_S, job.stall_s))
    with tempfile.TemporaryDirectory(prefix="soak-try-") as folder:
        run = Path(folder) / "runs" / job.config / f"seed-{job.seed}"
        run.parent.mkdir(parents=True)
        supervise({run: short}, at_once=1, observe=lambda _states: None, program=PROGRAM)
        return Trial(short, read_run(run), run_cost(run), job.horizon_s)
