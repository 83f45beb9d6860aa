"""The reference target: a market-data collector made from the note; old and fixed differ in parameters only.

`controller` starts, cleans up and stops it; what a cleanup saves and clears is asked of `sample_buffers` (rows that
wait to be saved) and of the parts of the `pipeline`; `parameters` are what a config may set.
"""

from __future__ import annotations

from harness.collector.controller import BotController
from harness.collector.parameters import Parameters
from harness.target import Environment


def build(params: Parameters, environment: Environment) -> BotController:
    """The reference collector, ready to start."""
    return BotController(params, environment)


__all__ = ["BotController", "Parameters", "build"]
