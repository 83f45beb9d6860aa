"""Owners that add up to more than is held: by how much, and whether that is the error of the walks."""

from __future__ import annotations

from harness.analysis.estimates import Estimate, mean_or_zero
from harness.report.words.amounts import interval, value


def overcounted(lost: Estimate, error: float, *, least: float) -> list[str]:
    """Return what a negative growth of the unattributed means, where it is `least` or more; GB per hour.

    `lost` is that growth and `error` what the walks are unsure of, both ways.
    """
    amount = -mean_or_zero(lost)
    if amount < least:
        return []
    rate, sure = f"{interval(lost, 'GB/h')} GB per hour", f"{value(error, 'GB/h')} GB per hour"
    if amount <= error:
        return [f"unattributed: {rate}: less than nothing, within what the walks are unsure of ({sure})."]
    if lost.high is not None and lost.high >= 0:
        return [f"unattributed: {rate}: less than nothing, within what the runs differ by."]
    return [
        f"unattributed: {rate}: the owners add up to more than is live; they are too high by as much, which is more "
        f"than the walks are unsure of ({sure}): something is weighed twice, or whole where only a part is resident."
    ]
