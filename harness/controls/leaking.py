"""Scenarios whose targets leak beside what they do: the configs of the wrapper that retains memory at a known rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.scenario import Scenario, scale_down

LEAKING = "harness.injected_leak:build"


def leaking_configs(scenario: Scenario, bytes_per_s: Mapping[str, float]) -> dict[str, dict[str, Any]]:
    """These configs of `scenario`, each for LEAKING: it retains so many bytes per virtual second of the scaled world.

    Their parameters are those of the scaled world: the target within is not the one that the scale is applied to.
    """
    world = scale_down(scenario)
    tables: dict[str, dict[str, Any]] = {}
    for config, rate in bytes_per_s.items():
        params = {key: value for key, value in world.configs[config].items() if value is not None}
        tables[config] = {"factory": scenario.target.factory, "bytes_per_s": rate, "params": params}
        tables[config] |= scenario.beside_parameters(config)
    return tables


def with_leak(scenario: Scenario, gb_per_hour: Mapping[str, float]) -> Scenario:
    """`scenario` with a leak of so many GB per hour, at full scale, in the configs named; the others leak nothing.

    All configs are wrapped alike, and keep their names, so that claims about them stay what they are.
    """
    to_bytes_per_s = 1e9 * scenario.memory.scale / 3600
    rates = {config: gb_per_hour.get(config, 0.0) * to_bytes_per_s for config in scenario.configs}
    target = {**scenario.target.model_dump(), "factory": LEAKING}
    changed = {"configs": leaking_configs(scenario, rates), "target": target, "sweeps": {}}
    return Scenario.model_validate({**scenario.model_dump(), **changed})
