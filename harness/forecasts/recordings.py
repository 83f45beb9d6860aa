"""What results on this machine recorded of a scenario: the costs of its runs, by config."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from harness.errors import SoakError
from harness.files import read_json
from harness.forecasts.run_cost import RunCost, run_cost
from harness.soaks.result_folder import MANIFEST_FILE, this_machine
from harness.worker.recorder import RUN_FILE

MOST_RECORDINGS: Final = 30
"""So many recordings are read at most, the newest first."""

_SAME_MACHINE: Final = ("system", "architecture", "libc", "cpus")


def recorded_costs(name: str, root: Path, *, factory: str) -> list[tuple[str, RunCost]]:
    """The config and the cost of runs of the scenario `name` that results and sweeps in `root` recorded here.

    Those of another target than that of `factory` do not count.
    """
    machine = this_machine()
    costs: list[tuple[str, RunCost]] = []
    places = [*root.glob(f"{name}/*/{MANIFEST_FILE}"), *root.glob(f"sweeps/{name}-*/*/{MANIFEST_FILE}")]
    for manifest in sorted(places, key=lambda path: path.parent.name, reverse=True):
        if len(costs) >= MOST_RECORDINGS:
            break
        try:
            there = read_json(manifest).get("machine")
        except (SoakError, AttributeError):
            continue
        if not isinstance(there, dict) or any(there.get(key) != machine.get(key) for key in _SAME_MACHINE):
            continue
        runs = {
            *manifest.parent.glob(f"runs/*/seed-*/{RUN_FILE}"),
            *manifest.parent.glob(f"worlds/*/runs/*/seed-*/{RUN_FILE}"),
        }
        for run in sorted(runs):
            cost = run_cost(run.parent)
            if cost is not None and factory == cost.factory:
                costs.append((run.parent.parent.name, cost))
    return costs[:MOST_RECORDINGS]
