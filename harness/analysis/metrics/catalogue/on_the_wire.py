"""Metrics of what an exchange sent and its client delivered."""

from __future__ import annotations

from typing import Final

from harness.analysis.metrics.catalogue.metric import Metric
from harness.analysis.wire import deliveries

METRICS: Final = (
    Metric(
        "wire.delivered",
        "messages of an exchange that the client told its callbacks got",
        "messages",
        deliveries.reading(lambda messages: messages.delivered),
        counted=True,
    ),
    Metric(
        "wire.delivered_share",
        "share of them, of what the exchange had for the client since it subscribed, connected or not",
        "share",
        deliveries.reading(deliveries.share),
        counted=True,
    ),
    Metric(
        "wire.silence_s",
        "time from the last callback to the last message, of the symbol and kind where it is longest",
        "s",
        deliveries.reading(lambda messages: messages.silence_s),
        counted=True,
    ),
)
