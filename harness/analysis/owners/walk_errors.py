"""How sure the walks over the owners are of what they add up to, and so of what is left without an owner."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.analysis.owners.growth import UNATTRIBUTED
from harness.analysis.runs import Run

_SURE = 2.0
"""Standard errors on either side: some 95 %."""


def walk_error(runs: Sequence[Run]) -> float:
    """The error of the growth of the unattributed, GB per hour at full scale, from what the walks say of theirs.

    That of the difference between the first and the last walk under feed, over the hours between; the largest of the
    runs, and 0 where nothing was drawn or no run was walked twice. It holds no error that all walks share, such as an
    object that is weighed twice.
    """
    return max((_of_run(run) for run in runs), default=0.0)


def _of_run(run: Run) -> float:
    rows = run.owners[(run.owners["path"] == UNATTRIBUTED) & (run.owners["step"] != "after_stop")].sort_values("t_s")
    if len(rows) < 2:
        return 0.0
    hours = float(rows["t_s"].iloc[-1] - rows["t_s"].iloc[0]) / 3600
    first, last = (run.gb(float(rows["se"].iloc[end])) for end in (0, -1))
    error = _SURE * math.hypot(first, last) / hours if hours > 0 else 0.0
    return error if math.isfinite(error) else 0.0
