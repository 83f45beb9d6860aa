"""Literal recordings: small runs written down by hand, in a world of scale 0.5, where a GB at full scale is 500 MB."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from types import MethodType, SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness.analysis.runs import Run
from harness.scenario import Scenario
from harness.worker.recorder import DELIVERED, SAMPLE
from synthetic.events import Trade

SCALE = 0.5


def _make_run(
    gb: Sequence[float],
    *,
    every_s: float = 600,
    warmup_s: float = 600,
    config: str = "old",
    seed: int = 1,
    status: str = "complete",
    events: Sequence[dict[str, Any]] = (),
    live_gb: Sequence[float] | None = None,
    ballast_gb: float = 0.0,
    **facts: Any,
) -> Run:
    """A run whose RSS is `gb` (full scale) at 0, every_s, 2 every_s...; live bytes (no ballast) are NaN by default."""
    times = np.arange(len(gb)) * every_s
    samples = pd.DataFrame({name: np.full(len(gb), np.nan) for name in SAMPLE.names})
    samples["t_s"] = times
    samples["rss_bytes"] = np.asarray(gb, dtype=float) * SCALE * 1e9
    if live_gb is not None:
        samples["live_bytes"] = np.asarray(live_gb, dtype=float) * SCALE * 1e9
    samples["phase"] = np.where(times < warmup_s, "warm-up", "load")
    samples.loc[samples.index[:1], "phase"] = "start"
    facts = {"ballast_bytes": ballast_gb * SCALE * 1e9, **facts}
    return Run(config, seed, status, SCALE, samples, tuple(events), facts)


def with_children(run: Run, at_s: Sequence[float], gb: Mapping[str, Sequence[float]], phase: str = "") -> Run:
    """The same run, whose children were read at these times, and held so much (full scale) by command; in one phase."""
    fixed = {"count": 1, "phase": phase}
    table = [
        {"t_s": t_s, "wall_s": t_s / 600, "command": command, "rss_bytes": 2 * held, "pss_bytes": held, **fixed}
        for command, course in gb.items()
        for t_s, held in zip(at_s, (np.asarray(course) * SCALE * 1e9).astype(int).tolist(), strict=True)
    ]
    return dataclasses.replace(run, children=pd.DataFrame(table).sort_values("t_s", kind="stable"))


def under_load(run: Run, per_s: Callable[[np.ndarray], np.ndarray]) -> Run:
    """The same run, with its load recorded: trades per second, by the seconds since the feed began."""
    before = np.diff(run.t_s, prepend=run.t_s[:1])
    trades = np.cumsum(per_s(run.t_s - before / 2) * before)
    columns = {name: np.zeros(run.t_s.size) for pair in DELIVERED.values() for name in pair}
    columns.update(dict.fromkeys(DELIVERED[Trade], trades))
    return dataclasses.replace(run, samples=run.samples.assign(**columns))


def _make_scenario(
    *,
    hours: float = 2.0,
    claims: Sequence[Any] = (),
    configs: dict[str, dict[str, Any]] | None = None,
    **memory: Any,
) -> SimpleNamespace:
    """A scenario of `hours`, warm-up of ten minutes, cycles of 5 s, 50 symbols, configs old and fixed of the note.

    It is said to be at full scale, where nothing moves with the scale; `scale` says otherwise.
    """
    note = {
        "old": {"cleanup_interval_cycles": 1000, "max_samples_per_file": 2000},
        "fixed": {"cleanup_interval_cycles": 100, "max_samples_per_file": 500},
    }
    scenario = SimpleNamespace(
        name="literal",
        title="Literal recordings",
        seeds=3,
        max_seeds=None,
        first_seed=1,
        time=SimpleNamespace(hours=hours, cycle_s=5.0, warmup_minutes=10.0, run_on_s=0.0, sample_every_s=600.0),
        memory=SimpleNamespace(
            **{"scale": 1.0, "baseline_gb": 5.0, "limit_gb": 32.0, "leak_budget_gb_per_hour": 0.0375, **memory}
        ),
        market=SimpleNamespace(symbols=50),
        configs=note if configs is None else configs,
        claims=tuple(claims),
    )
    scenario.reduction_pair = MethodType(Scenario.reduction_pair, scenario)
    scenario.planned_seeds = MethodType(Scenario.planned_seeds, scenario)
    return scenario


@pytest.fixture
def make_run() -> Callable[..., Run]:
    return _make_run


@pytest.fixture
def make_scenario() -> Callable[..., SimpleNamespace]:
    return _make_scenario
