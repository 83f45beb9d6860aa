"""Metrics of where memory stands, from the start to the horizon, and of what one config saves of it there."""

from __future__ import annotations

from typing import Final

from harness.analysis.metrics import arithmetic, levels, rss_lines
from harness.analysis.metrics.catalogue.metric import Metric, Moves, Read, reduction_of
from harness.analysis.metrics.pairing import relative_difference

LEVELS: dict[str, tuple[Read, str, str, Moves]] = {
    "peak": (levels.peak, "at the peak", "to the peak, net of the start", "no"),
    "horizon": (levels.horizon, "in the last whole tooth", "to the last whole tooth", "course"),
    "horizon_instant": (levels.horizon_instant, "at the horizon", "to the horizon", "course"),
    "mean": (levels.mean, "in the mean", "in the mean", "course"),
}
"""Where memory is compared, with the words for a saving there, gross and of the growth; how it moves with the scale."""


def _reductions() -> list[Metric]:
    """What the second config saves at every level, gross and then net of the start."""
    by_model = {"peak": arithmetic.peak_reduction, "peak_net": arithmetic.net_peak_reduction}
    gross, net = [], []
    for level, (read, where, grown, moves) in LEVELS.items():
        saver = "the second config" if level == "peak" else "it"
        model = by_model.get(level, arithmetic.none)
        gross.append(reduction_of(f"reduction.{level}", f"what {saver} saves {where}", read, model, moves=moves))
        model = by_model.get(f"{level}_net", arithmetic.none)
        words = f"what it saves of the growth {grown}"
        net.append(reduction_of(f"reduction.{level}_net", words, levels.net_of_start(read), model, moves=moves))
    return [*gross, *net]


METRICS: Final = (
    Metric("start", "RSS at the start of the feed", "GB", levels.start),
    Metric(
        "start.difference",
        "how much higher the second config starts, relative to the first",
        "share",
        levels.start,
        pair=relative_difference,
    ),
    Metric("peak", "highest RSS up to the horizon", "GB", levels.peak, arithmetic=arithmetic.peak_gb),
    Metric("peak.net", "highest RSS up to the horizon over the start", "GB", levels.net_of_start(levels.peak)),
    Metric("live.peak", "most live bytes up to the horizon", "GB", levels.live_peak, moves="course"),
    Metric(
        "peak.tree",
        "most that the judged process and all that it started held together up to the horizon",
        "GB",
        levels.tree_peak,
        moves="tree",
    ),
    Metric("horizon", "median RSS of the last whole tooth before the horizon", "GB", levels.horizon, moves="course"),
    Metric(
        "horizon.instant",
        "RSS at the horizon, before any cleanup of that instant",
        "GB",
        levels.horizon_instant,
        moves="course",
    ),
    Metric("mean", "mean RSS under load", "GB", levels.mean, moves="course"),
    *_reductions(),
    Metric(
        "breakdown.residual",
        "the most of RSS that its breakdown does not explain, or counts twice",
        "share",
        rss_lines.worst_residual,
    ),
)
