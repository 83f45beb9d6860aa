"""How much went wrong in a run: errors that it logged, exceptions that nobody caught."""

from __future__ import annotations

from collections.abc import Callable, Collection

from harness.analysis.estimates import Reading, absent
from harness.analysis.runs import Run
from harness.analysis.trouble import Trouble


def counted(kinds: Collection[str]) -> Callable[[Run], Reading]:
    """How many of these kinds a run counted; a lower bound where it ended early, also at the memory limit.

    Not applicable where none were counted.
    """

    def read(run: Run) -> Reading:
        trouble = Trouble.of(run)
        if trouble is None:
            return absent("not applicable", f"{run.config} was recorded without what it logged")
        count = float(trouble.count(kinds))
        return (
            Reading(count) if run.status == "complete" else Reading(count, "lower", reason=f"{run.config} {run.ending}")
        )

    return read
