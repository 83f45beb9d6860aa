"""What a sweep costs: processor time and memory of its rows, from recordings on this machine or from a short probe.

At another rate or cycle a forecast is only roughly so: what is done once a second or a cycle counts as if it came with
the feed (:mod:`harness.forecasts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.forecasts.forecast import Forecast, forecast
from harness.forecasts.probe import probed, shortened
from harness.forecasts.recordings import recorded_costs
from harness.forecasts.run_cost import RunCost
from harness.forecasts.run_cost import updates as updates_of
from harness.soaks.admission import room_bytes
from harness.soaks.run_rows import Row
from harness.sweeps.planned import PlannedSweep


def cost_of(planned: PlannedSweep, root: Path) -> Forecast | None:
    """The cost of the rows by what results in `root` recorded of this scenario on this machine; None: nothing was."""
    costs = recorded_costs(planned.scenario.name, root)
    if not costs:
        return None
    count = f"{len(costs)} {'recording' if len(costs) == 1 else 'recordings'} on this machine"
    return _cost(planned, costs, count)


def probed_cost(planned: PlannedSweep) -> Forecast:
    """The cost of the rows by a short run of a typical one, in a folder that is gone afterwards.

    Raises SoakError where that run does not end as runs do, KeyboardInterrupt once its process is gone.
    """
    job = sorted(planned.rows, key=updates)[len(planned.rows) // 2].job
    minutes = shortened(job).horizon_s / 60
    return _cost(planned, [(job.config, probed(job))], f"a probe of {minutes:.3g} virtual minutes")


def updates(row: Row) -> float:
    """How many updates of a book a run is fed, all symbols together: what its time goes with."""
    return updates_of(row.job)


def _cost(planned: PlannedSweep, costs: Sequence[tuple[str, RunCost]], source: str) -> Forecast:
    jobs = [row.job for row in planned.rows]
    return forecast(jobs, costs, at_once=planned.at_once, room_bytes=float(room_bytes()), source=source)
