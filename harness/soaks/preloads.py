"""Whether this machine has the libraries that a config preloads (another allocator)."""

from __future__ import annotations

import os
import subprocess
import sys

from harness.errors import UsageError
from harness.scenario import Scenario
from harness.scenario.overrides import with_options


def without_missing(scenario: Scenario) -> tuple[Scenario, dict[str, str]]:
    """The scenario without the configs whose ``LD_PRELOAD`` the loader refuses here, and these with what is wrong.

    The loader itself goes on without the library, so such a run would be judged as what it is not. Raises UsageError
    where no config would be left.
    """
    missing = {}
    for config in scenario.configs:
        library = scenario.env_of(config).get("LD_PRELOAD")
        if library and not _loads(library):
            missing[config] = f"{library} cannot be loaded here"
    if not missing:
        return scenario, {}
    rest = [config for config in scenario.configs if config not in missing]
    if not rest:
        raise UsageError(f"{scenario.name}: no config can run here: " + "; ".join(missing.values()))
    return with_options(scenario, configs=rest), missing


def _loads(library: str) -> bool:
    command = [sys.executable, "-I", "-S", "-c", ""]
    environment = {**os.environ, "LD_PRELOAD": library}
    loaded = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return loaded.returncode == 0 and "ld.so" not in loaded.stderr
