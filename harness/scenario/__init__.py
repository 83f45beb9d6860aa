"""Scenarios: what a user wants soaked, as validated objects. The memory scale is applied here and nowhere else.

::

    settings      what a scenario file may say, as frozen models
    refusals      what these models refuse, as problems of the file
    parameters    the tables of a config against the dataclass of the target's factory
    files         finding, reading, listing and writing scenario files
    pairs         which two configs it is about
    world         the scenario in a world smaller than its own

The judged process never imports this package: it gets its parameters scaled and plain.
"""

from __future__ import annotations

from harness.scenario.files import Listing, available, load, to_toml
from harness.scenario.pairs import reduction_pair
from harness.scenario.settings import (
    Claim,
    MarketSettings,
    MemorySettings,
    Scenario,
    TargetSettings,
    TimeSettings,
)
from harness.scenario.world import Change, ScaledWorld, scale_down

__all__ = [
    "Change",
    "Claim",
    "Listing",
    "MarketSettings",
    "MemorySettings",
    "ScaledWorld",
    "Scenario",
    "TargetSettings",
    "TimeSettings",
    "available",
    "load",
    "reduction_pair",
    "scale_down",
    "to_toml",
]
