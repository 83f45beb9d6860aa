"""A target that outlives being dropped, in words: whether, and by which paths."""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis.metrics import afterlife
from harness.analysis.metrics.waterfall import Waterfall
from harness.analysis.runs import Run


def alive_lines(stop: Waterfall) -> list[str]:
    """Return the line of one stop, none where the target was gone. Paths are whole: they are what is asked for."""
    if not str(stop.afterlife):
        return []
    return [f"The target was still alive after every reference to it was dropped: held by {stop.afterlife}."]


def alive_configs(runs: Sequence[Run]) -> list[str]:
    """Return a line a config whose target was still alive after it was dropped; often none."""
    configs = dict.fromkeys(run.config for run in runs)
    return [f"{said[0].upper()}{said[1:]}." for config in configs if (said := afterlife.said(runs, config))]
