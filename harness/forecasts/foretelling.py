"""What a soak will cost, foretold: by what was recorded of it here, by a probe, or by its own first minutes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from harness.forecasts.forecast import Forecast, forecast
from harness.forecasts.other_work import busy_cores, slowed
from harness.forecasts.probe import SHORTEST_S, shortened
from harness.forecasts.recordings import recorded_costs
from harness.forecasts.run_cost import RunCost, run_cost
from harness.soaks.admission import room_bytes
from harness.soaks.run_rows import Row
from harness.soaks.supervisor import Observer, RunState
from harness.worker.job import Job

MOST_TRIES: Final = 50
"""So often it is looked whether a run has lived long enough to foretell the others."""

EARLY: Final = 0.05
"""The share of a run that foretells the others, where a probe is shorter: what is held has hardly grown before."""

LATEST: Final = 0.25
"""The share of a run after which it is told, where a probe would be longer."""


def by_recordings(name: str, jobs: Sequence[Job], root: Path, at_once: int) -> Forecast | None:
    """What `jobs` of the scenario `name` take by what results and sweeps in `root` recorded of their target.

    None where nothing was.
    """
    costs = recorded_costs(name, root, factory=jobs[0].factory)
    if not costs:
        return None
    count = "1 recording" if len(costs) == 1 else f"{len(costs)} recordings"
    return by_costs(
        jobs, costs, at_once, f"{count} of it on this machine", slowed_by=slowed(busy_cores(), min(at_once, len(jobs)))
    )


def by_costs(
    jobs: Sequence[Job], costs: Sequence[tuple[str, RunCost]], at_once: int, source: str, *, slowed_by: float = 1.0
) -> Forecast:
    """What `jobs` take by these costs, in the memory that is free now, on a machine `slowed_by` other work."""
    return forecast(jobs, costs, at_once=at_once, room_bytes=float(room_bytes()), source=source, slowed=slowed_by)


class EarlyForecast:
    """An observer that foretells a soak once, by the first of its runs that has lived as long as a probe does.

    It tells `observe` first; `tell` gets the forecast.
    """

    def __init__(self, rows: Sequence[Row], at_once: int, observe: Observer, tell: Callable[[Forecast], None]) -> None:
        self._rows = {(row.job.config, row.job.seed): row for row in rows}
        self._at_once = at_once
        self._observe = observe
        self._tell = tell
        self._tries = MOST_TRIES

    def __call__(self, states: Sequence[RunState]) -> None:
        """Look at the runs, and foretell them if that is possible by now."""
        self._observe(states)
        for state in states:
            row = self._rows.get((state.config, state.seed))
            if self._tries and row is not None and state.state != "waiting" and _lived_enough(state, row):
                self._tries -= 1
                cost = run_cost(row.folder)
                if cost is not None:
                    self._tries = 0
                    jobs = [row.job for row in self._rows.values()]
                    source = f"the first {cost.hours * 60:.3g} virtual minutes of {state.config} seed {state.seed}"
                    told = by_costs(jobs, [(state.config, cost)], self._at_once, source, slowed_by=cost.slowed)
                    self._tell(told)


def _lived_enough(state: RunState, row: Row) -> bool:
    horizon_s = row.job.horizon_s
    return state.t_s >= max(SHORTEST_S, EARLY * horizon_s, min(shortened(row.job).horizon_s, LATEST * horizon_s))
