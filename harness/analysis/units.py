"""The units of metrics, as they stand behind a number."""

from __future__ import annotations

from typing import Literal

Unit = Literal[
    "GB", "MB", "GB/h", "minutes", "s", "ms", "samples", "tasks", "files", "threads", "budgets", "share", "times", ""
]
"""GB and MB are 10^9 and 10^6 bytes at full scale; a share is of 1; counts and CPU are those of the scaled world.

A budget is what a quantity may grow per hour (see harness.analysis.leaks.config_leaks).
"""
