"""What the processes that a target started hold over hours, command by command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.analysis.runs import Run

OTHERS = "(other commands)"

_Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ChildrenCourse:
    """GB at full scale of each command, most first, the mean over the seeds that had children; `hours` (points,)."""

    hours: _Numbers
    commands: dict[str, _Numbers]


def children_course(runs: Sequence[Run], *, every_s: float, most: int) -> ChildrenCourse | None:
    """What children of the runs of one config held before the stop, None where there were none.

    Between two readings stands what was last read; before the first there is nothing. No more than `most` commands
    stand by themselves, the others together.
    """
    having = [run for run in runs if run.has_children and run.fed.any()]
    names = sorted({str(command) for run in having for command in run.children["command"]} - {""})
    if not names:
        return None
    last_s = max(float(run.t_s[run.fed][-1]) for run in having)
    grid = np.arange(0.0, last_s + 1e-6, every_s)
    by_name = {name: np.mean([_held(grid, run, name) for run in having], axis=0) for name in names}
    ranked = sorted(by_name, key=lambda name: -float(by_name[name].max()))
    commands = {name: by_name[name] for name in ranked[:most]}
    if len(ranked) > most:
        commands[OTHERS] = np.sum([by_name[name] for name in ranked[most:]], axis=0)
    return ChildrenCourse(grid / 3600, commands)


def _held(grid: _Numbers, run: Run, command: str) -> _Numbers:
    """What one command of a run held when it was last read at each of `grid`, in seconds; 0 before it ever was."""
    held = run.children_held.of_command_gb(command)
    read = np.isfinite(held)
    if not read.any():
        return np.zeros(grid.size)
    times, values = run.t_s[read], held[read]
    last = np.searchsorted(times, grid + 1e-6, side="right") - 1
    return np.where(last >= 0, values[np.maximum(last, 0)], 0.0)
