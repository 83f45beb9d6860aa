"""Scenarios: what a user wants soaked, as validated objects. The memory scale is applied here and nowhere else.

::

    contents         a whole scenario as a frozen model
    settings         its tables of time, memory and target
    market_settings  its table of the feed, and of the feed's faults
    claims           its table of what is expected
    sweep_settings   its tables of what `soak sweep` varies
    refusals         what these models refuse, as problems of the file
    overrides        the options of the command line that override its keys
    files            finding, reading, listing and writing scenario files
    world            the scenario in a world smaller than its own

What its target takes is asked of another process (:mod:`harness.describing`).
The judged process never imports this package: it gets its parameters scaled and plain.
"""

from __future__ import annotations

from harness.scenario.claims import Claim
from harness.scenario.contents import Scenario
from harness.scenario.files import Listing, available, load, to_toml
from harness.scenario.market_settings import MarketSettings
from harness.scenario.settings import MemorySettings, Settings, TargetSettings, TimeSettings
from harness.scenario.sweep_settings import SweepSettings
from harness.scenario.world import Change, ScaledWorld, scale_down

__all__ = [
    "Change",
    "Claim",
    "Listing",
    "MarketSettings",
    "MemorySettings",
    "ScaledWorld",
    "Scenario",
    "Settings",
    "SweepSettings",
    "TargetSettings",
    "TimeSettings",
    "available",
    "load",
    "scale_down",
    "to_toml",
]
