"""The reference target: a market-data collector made from the note; old and fixed differ in parameters only."""

from __future__ import annotations

from harness.collector.controller import BotController
from harness.collector.parameters import Parameters
from harness.target import Environment


def build(params: Parameters, environment: Environment) -> BotController:
    """The reference collector, ready to start."""
    return BotController(params, environment)


__all__ = ["BotController", "Parameters", "build"]
