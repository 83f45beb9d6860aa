"""How long runs that are under way will take, by what has passed so far: also where the machine has other work."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from harness.forecasts.schedule import schedule
from harness.soaks.supervisor import RunState

LEAST_WALL_S: Final = 5.0
LEAST_SHARE: Final = 0.02
"""A run that has lived shorter, in real seconds or as a share of its virtual ones, does not tell its pace: it began."""


def time_left_s(states: Sequence[RunState]) -> float | None:
    """Real seconds until the runs are over, if all goes on as it went; None where none has lived long enough.

    A run goes on at its own pace; one that has none yet at that of its config, else at that of all.
    """
    lived = [state for state in states if state.wall_s >= LEAST_WALL_S and state.t_s > LEAST_SHARE * state.total_s]
    if not lived:
        return None
    begun = [state for state in states if state.state == "running"]
    waiting = [state for state in states if state.state == "waiting"]
    tasks = [(_pace(state, lived) * max(state.total_s - state.t_s, 0.0), 0.0) for state in (*begun, *waiting)]
    return schedule(tasks, max(len(begun), 1), math.inf)[0]


def _pace(state: RunState, lived: Sequence[RunState]) -> float:
    """Real seconds for a virtual one."""
    like = [one for one in lived if one is state] or [one for one in lived if one.config == state.config] or lived
    return sum(one.wall_s for one in like) / sum(one.t_s for one in like)
