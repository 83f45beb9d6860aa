"""The configs beside one another: how high, how low between cleanups, what the stop gave back, what it cost."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from harness.analysis.metrics import METRICS
from harness.analysis.runs import Run
from harness.report.layout import heading, new_table, show
from harness.report.wording import measured
from harness.scenario import Scenario

_COLUMNS = {
    "peak": "peak",
    "floor": "sawtooth.trough_gb",
    "stop() gave back": "release.stop",
    "after trim": "release.trim",
    "CPU": "cpu.seconds",
}


def print_configs(console: Console, scenario: Scenario, runs: Sequence[Run]) -> None:
    """A row per config, each value the mean over its seeds with its interval; nothing for a single config."""
    configs = [config for config in scenario.configs if any(run.config == config for run in runs)]
    if len(configs) < 2:
        return
    heading(console, "Configs: means over seeds [95 %]; floor: just after a cleanup; gave back: of what had grown")
    table = new_table("config", *_COLUMNS, unbroken=("config",))
    for config in configs:
        metrics = [METRICS[name] for name in _COLUMNS.values()]
        cells = [measured(metric.compute(scenario, runs, [config]), metric.unit) for metric in metrics]
        table.add_row(Text(config), *map(Text, cells))
    show(console, table)
