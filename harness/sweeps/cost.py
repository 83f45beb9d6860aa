"""What a sweep costs: processor time and memory of its rows, from recordings on this machine or from a short probe.

At another rate or cycle a forecast is only roughly so: what is done once a second or a cycle counts as if it came with
the feed (:mod:`harness.forecasts`).
"""

from __future__ import annotations

from pathlib import Path

from harness.forecasts.forecast import Forecast
from harness.forecasts.foretelling import by_costs, by_recordings
from harness.forecasts.probe import probed, shortened
from harness.forecasts.run_cost import updates as updates_of
from harness.soaks.run_rows import Row
from harness.sweeps.planned import PlannedSweep


def cost_of(planned: PlannedSweep, root: Path) -> Forecast | None:
    """The cost of the rows by what results in `root` recorded of this scenario on this machine; None: nothing was."""
    return by_recordings(planned.scenario.name, [row.job for row in planned.rows], root, planned.at_once)


def probed_cost(planned: PlannedSweep) -> Forecast:
    """The cost of the rows by a short run of a typical one, in a folder that is gone afterwards.

    Raises SoakError where that run does not end as runs do, KeyboardInterrupt once its process is gone.
    """
    job = sorted(planned.rows, key=updates)[len(planned.rows) // 2].job
    minutes = shortened(job).horizon_s / 60
    jobs = [row.job for row in planned.rows]
    return by_costs(jobs, [(job.config, probed(job))], planned.at_once, f"a probe of {minutes:.3g} virtual minutes")


def updates(row: Row) -> float:
    """How many updates of a book a run is fed, all symbols together: what its time goes with."""
    return updates_of(row.job)
