"""A soak written down by hand: a scenario with claims, and runs of half an hour or of five hours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.analysis.runs import Run
from harness.scenario import Scenario
from harness.worker.recorder import SAMPLE

SCALE = 0.5
STEPS = ("before", "after_stop", "after_drop", "after_trim")


def make_run(config: str, seed: int, gb: list[float], status: str = "complete", **facts: Any) -> Run:
    """RSS `gb` at full scale every ten minutes; every sample accounted for; a stop that gives back a GB a step."""
    samples = pd.DataFrame({name: np.full(len(gb), np.nan) for name in SAMPLE.names})
    samples["t_s"] = np.arange(len(gb)) * 600.0
    samples["rss_bytes"] = np.array(gb) * SCALE * 1e9
    samples["phase"] = ["start", *["load"] * (len(gb) - 1)]
    stop = {name: {"rss_bytes": (gb[-1] - k) * SCALE * 1e9, "live_bytes": None} for k, name in enumerate(STEPS)}
    known = {
        "counters": {"collected": 9, "persisted": 9, "lost": 0},
        "stop": {} if status == "limit" else stop,
        "feed_hash": f"feed of seed {seed}",
        "t_s": 600.0 * (len(gb) - 1),
        "cpu_s": 1.5,
        "acceleration": 300.0,
    }
    return Run(config, seed, status, SCALE, samples, (), {**known, **facts})


def claim(**changes: Any) -> dict[str, Any]:
    table = {
        "name": "less at the peak",
        "metric": "reduction.peak",
        "configs": ["old", "fixed"],
        "expected": [0.6, 0.7],
        "better": "higher",
        "kind": "prediction",
        "source": "Expected results",
    }
    return {**table, **changes}


def make_scenario(*claims: dict[str, Any], seeds: int = 2) -> Scenario:
    return Scenario.model_validate(
        {
            "name": "literal",
            "path": Path("literal.toml"),
            "title": "Literal recordings",
            "seeds": seeds,
            "market": {"symbols": 50, "depth": 50, "books_per_second": 5.0},
            "time": {
                "hours": 0.5,
                "cycle_s": 5.0,
                "warmup_minutes": 5.0,
                "run_on_s": 0.0,
                "sample_every_s": 5.0,
                "settle_minutes": 0.0,
            },
            "memory": {"scale": 1.0, "baseline_gb": 5.0, "limit_gb": 32.0, "leak_budget_gb_per_hour": 0.0375},
            "target": {"factory": "module:factory"},
            "configs": {"old": {}, "fixed": {}},
            "claims": claims,
        }
    )


def soak(old: float = 25.0, fixed: float = 8.75, **changes: Any) -> list[Run]:
    """Two seeds of each config with these peaks; `changes` are of the first old run."""
    runs = [
        make_run(config, seed, [5, 6, peak, 6]) for config, peak in (("fixed", fixed), ("old", old)) for seed in (1, 2)
    ]
    if changes:
        runs[2] = make_run("old", 1, **{"gb": [5, 6, old, 6], **changes})
    return runs


def rising(slope_gb_per_hour: float, *, seeds: int = 2, config: str = "fixed", stray_gb: float = 0.0) -> list[Run]:
    """Runs of five hours, a sample each ten minutes, that rise by so much, in the last seed by twice that.

    All stray up and down by `stray_gb`, alike.
    """
    times = np.arange(31) / 6
    stray = stray_gb * np.sin(2.2 * times)
    slopes = np.linspace(slope_gb_per_hour, 2 * slope_gb_per_hour, seeds)
    return [
        make_run(config, seed, list(5 + slope * times + stray), feed_hash=f"feed {seed}")
        for seed, slope in enumerate(slopes, start=1)
    ]


def five_hours(*claims: dict[str, Any], seeds: int = 2, **changes: Any) -> Scenario:
    table = make_scenario(*claims, seeds=seeds).model_dump()
    table["time"]["hours"] = 5.0
    table["configs"] = {"fixed": {}}
    return Scenario.model_validate({**table, **changes})
