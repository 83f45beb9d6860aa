"""The page of what moves with the memory scale: every config at every scale, and what small worlds foretell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness.analysis.estimates import CONFIDENCE
from harness.analysis.full_scale.anchor_runs import Anchors, World
from harness.analysis.full_scale.extrapolation import FullScale, Undecided
from harness.analysis.leaks.config_leaks import judge_config
from harness.analysis.metrics.catalogue import METRICS, Metric
from harness.analysis.owners.growth import growth
from harness.analysis.runs import Runs
from harness.calibration.markdown import table
from harness.report.words.amounts import NOTHING, measured, value

COLUMNS = {
    "peak": "peak",
    "crest": "sawtooth.crest_gb",
    "trough": "sawtooth.trough_gb",
    "mean": "mean",
    "last tooth": "horizon",
    "five hours": "horizon.instant",
    "stop() gives back": "release.stop",
    "after trim": "release.trim",
    "pools": "release.pools",
}
"""What the first table shows, in the order of its columns."""

FORETOLD = ("mean", "horizon", "horizon.instant", "sawtooth.trough_gb", "release.stop", "release.trim", "release.pools")

MOVED = 0.05
"""A metric that differs by more than this share of its value between two scales moves,"""

NOISE = {"share": 0.01, "GB": 0.05, "GB/h": 0.02}
"""and by more than this, in its unit."""


def page(worlds: Sequence[World], command: str, origin: str) -> str:
    """The whole page, as Markdown."""
    by_config: dict[str, list[World]] = {}
    for world in sorted(worlds, key=lambda world: world.scale):
        by_config.setdefault(world.config, []).append(world)
    parts = [
        "# What moves with the memory scale\n",
        f"Made by `{command}`. {origin}\n",
        "## Every config at every scale\n",
        "GB at full scale, shares of what had grown over the start; [95 % over the seeds]. *Floors* is their slope, "
        "*RSS* and *live* are the verdicts on a leak.\n",
        _table(by_config),
        "\n## What small worlds foretell of the largest one\n",
        "Each scale by itself is carried to the largest one of its config (full_scale/larger_world.py): the span "
        "of what may be pinned, and the spread over the seeds of that scale lent to one run. `out` marks what was "
        "measured outside of it.\n",
        _foretold(by_config),
        "\n## Which metrics move\n",
        f"The median over seeds at the smallest and at the largest scale. A metric moves where they differ by more "
        f"than {100 * MOVED:g} % (and a share by more than 1 point); *marked* is how analysis/metrics/catalogue/ has "
        "it.\n",
        _moving(by_config),
        "\n## Who holds it\n",
        "The largest owner by its share of what had grown, at the last walk under feed.\n",
        _owners(by_config),
    ]
    return "\n".join(parts) + "\n"


def _table(by_config: Mapping[str, Sequence[World]]) -> str:
    rows = [("config", "scale", "seeds", *COLUMNS, "floors, GB/h", "RSS", "live")]
    for config, worlds in by_config.items():
        for world in worlds:
            cells = [_measured(METRICS[name], world) for name in COLUMNS.values()]
            leaks = judge_config(world.scenario, world.runs)
            verdicts = [leaks[name].verdict.outcome if name in leaks else NOTHING for name in ("rss", "live")]
            slope = _measured(METRICS["floors.slope_gb_per_hour"], world)
            rows.append((config, f"{world.scale:g}", str(len(world.runs)), *cells, slope, *verdicts))
    return table(rows[0], rows[1:])


def _measured(metric: Metric, world: World) -> str:
    estimate = metric.compute(world.runs, [world.config])
    return measured(estimate, metric.unit).removesuffix(f" {metric.unit}").removesuffix(" %")


def _foretold(by_config: Mapping[str, Sequence[World]]) -> str:
    rows = [("config", "metric", "from", "foretold", "measured", "at", "")]
    for config, worlds in by_config.items():
        *smaller, largest = worlds
        for name in FORETOLD:
            metric = METRICS[name]
            there = metric.compute(largest.runs, [config])
            for world in smaller:
                full = FullScale(world.scenario, Runs.of(world.scenario, world.runs), Anchors(), CONFIDENCE)
                try:
                    told = full.foretold(metric, world, largest.scale)
                except Undecided as error:
                    rows.append((config, name, f"{world.scale:g}", str(error), "", "", ""))
                    continue
                if told.estimate is None or there.estimate is None or told.low is None or told.high is None:
                    continue
                inside = told.low <= there.estimate <= told.high
                cells = (measured(told, metric.unit), measured(there, metric.unit), f"{largest.scale:g}")
                rows.append((config, name, f"{world.scale:g}", *cells, "" if inside else "out"))
    return table(rows[0], rows[1:])


def _moving(by_config: Mapping[str, Sequence[World]]) -> str:
    rows = [
        ("metric", "marked", *(f"{config} {w[0].scale:g} / {w[-1].scale:g}" for config, w in by_config.items()), "")
    ]
    for metric in METRICS.values():
        if metric.pair is not None or metric.leak is not None:
            continue
        cells, moved = [], False
        for worlds in by_config.values():
            small, large = (_median(metric, world) for world in (worlds[0], worlds[-1]))
            if small is None or large is None:
                cells.append(NOTHING)
                continue
            cells.append(f"{value(small, metric.unit)} / {value(large, metric.unit)}")
            least = max(MOVED * max(abs(large), abs(small)), NOISE.get(metric.unit, 0.0))
            moved = moved or abs(large - small) > least
        if any(cell != NOTHING for cell in cells):
            odd = moved != metric.moves_with_scale
            rows.append((f"`{metric.name}`", metric.moves, *cells, ("moves" if moved else "does not") if odd else ""))
    return table(rows[0], rows[1:])


def _median(metric: Metric, world: World) -> float | None:
    values = [metric.read(run).value for run in world.runs]
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None


def _owners(by_config: Mapping[str, Sequence[World]]) -> str:
    rows = [("config", "scale", "owner", "share of the growth")]
    for config, worlds in by_config.items():
        for world in worlds:
            grown = growth(config, world.runs)
            live = None if grown is None else grown.live.grown.estimate
            if grown is None or not grown.owners or not live:
                continue
            first = max(grown.owners, key=lambda owner: owner.grown.estimate or 0.0)
            share = (first.grown.estimate or 0.0) / live
            rows.append((config, f"{world.scale:g}", f"`{first.path}`", f"{100 * share:.1f} %"))
    return table(rows[0], rows[1:])
