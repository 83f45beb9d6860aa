"""Metrics of errors that a target swallows."""

from __future__ import annotations

from typing import Final

from harness.analysis.metrics import errors
from harness.analysis.metrics.catalogue.metric import Metric
from harness.analysis.trouble import ERRORS, UNHANDLED

METRICS: Final = (
    Metric("errors.logged", "log records of level ERROR and above", "errors", errors.counted(ERRORS), counted=True),
    Metric(
        "errors.unhandled",
        "exceptions that reached the handler of the loop, ended a thread or could not be raised",
        "errors",
        errors.counted(UNHANDLED),
        counted=True,
    ),
)
