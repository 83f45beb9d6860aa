"""A probe: a run of a few virtual minutes, in a folder that is gone afterwards, from which its longer ones are told."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from harness.errors import SoakError
from harness.forecasts.run_cost import RunCost, run_cost
from harness.soaks.supervisor import supervise
from harness.worker.job import Job

SHORTEST_S: Final = 120.0
LONGEST_S: Final = 600.0
"""Virtual seconds of feed."""

ENOUGH_UPDATES: Final = 10_000
"""So many updates of a book take a second of a core or so: more than what a busy machine makes of it."""

_SAMPLES: Final = 60

_WALK_AT: Final = 0.75
"""Where in a probe all memory is read once, as a share of it."""


def shortened(job: Job) -> Job:
    """The job for a few virtual minutes: sampled often, all memory read once under feed, with no rest after it."""
    enough_s = ENOUGH_UPDATES / (job.books_per_second * len(job.instruments))
    horizon_s = min(max(enough_s, SHORTEST_S), LONGEST_S, job.horizon_s)
    return replace(
        job,
        horizon_s=horizon_s,
        warmup_s=0.0,
        run_on_s=0.0,
        settle_s=0.0,
        starts=1,
        sample_every_s=min(horizon_s / _SAMPLES, job.sample_every_s),
        anatomy_every_s=horizon_s * _WALK_AT,
    )


def probed(job: Job) -> RunCost:
    """The cost of runs of `job` by a probe. It runs the target.

    Raises SoakError where the probe does not end as runs do, KeyboardInterrupt once its process is gone.
    """
    with tempfile.TemporaryDirectory(prefix="soak-probe-") as folder:
        run = Path(folder) / "run"
        short = shortened(job)
        facts = supervise({run: short}, at_once=1, observe=lambda _states: None)[run]
        cost = run_cost(run)
    if cost is None:
        reason = " ".join(str(facts.get("reason") or "it left too few samples").split())
        raise SoakError(
            f"{job.config}: the probe of {short.horizon_s / 60:g} virtual minutes ended as {facts['status']}: {reason}"
        )
    return cost
