"""The configs beside one another: how high, how low between cleanups, what the stop gave back, what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rich.console import Console
from rich.text import Text

from harness.analysis.estimates import CONFIDENCE, Estimate
from harness.analysis.full_scale.anchor_runs import NO_ANCHORS, Anchors
from harness.analysis.full_scale.extrapolation import Basis, FullScale, moves
from harness.analysis.metrics.catalogue import METRICS, Metric
from harness.analysis.runs import Run, Runs
from harness.report.terminal.console import heading, new_table, paragraph, show
from harness.report.words.amounts import NOTHING, measured
from harness.report.words.scale_marks import full_mark, full_note
from harness.scenario import Scenario

_COLUMNS = {
    "peak": "peak",
    "floor": "sawtooth.trough_gb",
    "stop() gave back": "release.stop",
    "after trim": "release.trim",
    "CPU": "cpu.seconds",
}


def print_configs(console: Console, scenario: Scenario, runs: Sequence[Run], anchors: Anchors = NO_ANCHORS) -> None:
    """Print a row per config, each value the mean over its seeds with its interval; nothing for a single config.

    What moves with the memory scale is that of full scale where anchors tell it, else marked as the small world's.
    """
    judged = Runs.of(scenario, runs).telling
    configs = [config for config in scenario.configs if judged.of_config(config)]
    if len(configs) < 2:
        return
    heading(console, "Configs: means over seeds [95 %]; floor: just after a cleanup; gave back: of what had grown")
    table = new_table("config", *_COLUMNS, unbroken=("config",))
    full = FullScale(scenario, judged, anchors, CONFIDENCE)
    cells = {config: [_cell(METRICS[name], full, config) for name in _COLUMNS.values()] for config in configs}
    for config in configs:
        table.add_row(Text(config), *map(Text, cells[config]))
    show(console, table)
    if any("@" in cell for row in cells.values() for cell in row):
        paragraph(console, Text(full_note(scenario.memory.scale), style="dim"))


def read_at(metric: Metric, full: FullScale, config: str) -> tuple[Estimate, Literal["scenario"] | Basis]:
    """Return a metric of a config and how it was had: "scenario" where the scale does not move it; at full scale where
    anchors tell it; "undecided" where only the small world does.
    """
    if not moves(metric, full.scenario, full.runs, [config]):
        return metric.compute(full.runs, [config]), "scenario"
    at_full_scale = full.estimate(metric, [config])
    if at_full_scale.basis != "undecided":
        return at_full_scale.estimate, at_full_scale.basis
    return metric.compute(full.runs, [config]), "undecided"


def _cell(metric: Metric, full: FullScale, config: str) -> str:
    estimate, basis = read_at(metric, full, config)
    text = measured(estimate, metric.unit)
    return text if basis == "undecided" and text == NOTHING else text + full_mark(basis, full.scenario.memory.scale)
