"""Metrics of what the note names, by the attributes that hold it."""

from __future__ import annotations

from typing import Final

from harness.analysis.metrics import structures
from harness.analysis.metrics.catalogue.metric import Metric, reduction_of


def _structures() -> list[Metric]:
    """What the note names, by the attributes that hold it."""
    what = {
        "snapshots": ("order-book snapshots", structures.SNAPSHOTS),
        "candles": ("candle histories", structures.CANDLES),
        "features": ("feature buffers", structures.FEATURES),
        "records": ("label and metadata buffers", structures.RECORDS),
    }
    most = "the most that the note's {} held in a walk under feed"
    found = [
        Metric(f"named.{name}_mb", most.format(words), "MB", structures.most_mb(*attributes))
        for name, (words, attributes) in what.items()
    ]
    histories = structures.most_mb(*structures.SNAPSHOTS, *structures.CANDLES)
    return [
        *found,
        reduction_of("named.histories_reduction", "what the second config saves of both histories", histories),
        Metric(
            "named.growth_share",
            "share of the growth of live bytes, where these were highest, held by what the note names",
            "share",
            structures.growth_share,
        ),
    ]


METRICS: Final = (*_structures(),)
