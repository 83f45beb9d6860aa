"""Whether this machine has the libraries that a config preloads (another allocator)."""

from __future__ import annotations

import os
import subprocess
import sys

from harness.errors import UsageError
from harness.scenario import Scenario


def missing_preloads(scenario: Scenario) -> dict[str, str]:
    """The configs whose ``LD_PRELOAD`` the loader refuses here, each with what it says.

    The loader itself goes on without the library, so such a run would be judged as what it is not.
    """
    missing = {}
    for config in scenario.configs:
        library = scenario.env_of(config).get("LD_PRELOAD")
        if library and (refusal := _refusal(library)):
            missing[config] = refusal
    return missing


def without_missing(scenario: Scenario) -> tuple[Scenario, dict[str, str]]:
    """The scenario without the configs that preload what this machine has not, and these with their reasons.

    Raises UsageError where none would be left.
    """
    missing = missing_preloads(scenario)
    if not missing:
        return scenario, {}
    rest = [config for config in scenario.configs if config not in missing]
    if not rest:
        raise UsageError(f"{scenario.name}: no config can run here: " + "; ".join(missing.values()))
    return scenario.with_options(configs=rest), missing


def _refusal(library: str) -> str | None:
    loaded = subprocess.run(
        [sys.executable, "-I", "-S", "-c", ""],
        env={**os.environ, "LD_PRELOAD": library},
        capture_output=True,
        text=True,
        check=False,
    )
    if loaded.returncode == 0 and "ld.so" not in loaded.stderr:
        return None
    return f"{library} cannot be loaded here"
