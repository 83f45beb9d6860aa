"""What a stop gave back, as a share of what the run had grown over its start (or of all it held)."""

from __future__ import annotations

import math
from collections.abc import Callable

from harness.analysis.estimates import Reading, absent
from harness.analysis.metrics.levels import GROWN_SHARE, not_reached
from harness.analysis.runs import Run


def release(step: str, measure: str = "rss_bytes", *, gross: bool = False) -> Callable[[Run], Reading]:
    """The reading (before - after `step`) / (before - start), or over `before` where `gross`.

    `step` is after_stop, after_drop or after_trim; `measure` is rss_bytes or live_bytes (plus ballast, which cancels in
    the difference). The reading is not applicable where the run had grown by less than 5 % of its start, or where the
    measure was not read in the very first sample: what grew before a later one would be missing.
    """

    def read(run: Run) -> Reading:
        before, after = run.stop_gb("before", measure), run.stop_gb(step, measure)
        if math.isnan(before) or math.isnan(after):
            if run.status == "complete":
                return absent("not applicable", f"{run.config} did not record {measure} at the stop")
            return not_reached(run)
        if gross:
            return Reading((before - after) / before)
        start = next(iter(run.rss_gb if measure == "rss_bytes" else run.live_gb), math.nan)
        if math.isnan(start):
            return absent("not applicable", f"{run.config} did not record {measure} at its start")
        if before - start < GROWN_SHARE * start:
            return absent("not applicable", f"{run.config} had grown by less than {GROWN_SHARE:.0%} of its start")
        return Reading((before - after) / (before - start))

    return read
