"""What results on this machine recorded of a scenario: the costs of its runs, by config."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Final

from harness.errors import SoakError
from harness.files import read_json
from harness.forecasts.run_cost import RunCost, run_cost
from harness.soaks.result_folder import MANIFEST_FILE, this_machine
from harness.worker.loaded_code import contents
from harness.worker.recorder import RUN_FILE

MOST_RECORDINGS: Final = 30
"""So many recordings are read at most, the newest first."""

_SAME_MACHINE: Final = ("system", "architecture", "libc", "cpus")


def recorded_costs(name: str, root: Path, *, factory: str) -> list[tuple[str, RunCost]]:
    """The config and the cost of runs of the scenario `name` that results and sweeps in `root` recorded here.

    Those of another target than that of `factory` do not count, nor those of another state of its code.
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
            if cost is not None and factory == cost.factory and _is_of_this_code(run):
                costs.append((run.parent.parent.name, cost))
    return costs[:MOST_RECORDINGS]


def _is_of_this_code(run_file: Path) -> bool:
    """Whether the files of the target's code are what they were when this was recorded; a run under way says nothing.

    Recordings that do not tell (of older formats) count as of this code.
    """
    if not run_file.exists():
        return True
    code = read_json(run_file).get("code")
    state = code.get("state") if isinstance(code, dict) else None
    return not isinstance(state, dict) or all(_contents(file) == there for file, there in state.items())


@functools.lru_cache(maxsize=4096)
def _contents(file: str) -> str | None:
    return contents(file)
