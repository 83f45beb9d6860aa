"""Soaks made up by a model that is known exactly: owners, the lines of RSS, the stop. GB at full scale."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.analysis.runs import Run
from harness.analysis.tables import COLUMNS, LINES, MAPPINGS, OWNER_COLUMNS, RESIDUAL

SCALE = 0.1
LIVE_EVERY_S, WALK_EVERY_S = 60.0, 1800.0
RUN_ON_S = 250.0
BALLAST = 4.0

CACHE = "feature_pipeline.pipelines[*]._cache[*]"
EVENTS = "detectors.quote_stuffing.events[*]"
HISTORY = "orderbook_extractors[*].snapshot_history[*]"


@dataclass(frozen=True)
class Leaks:
    """What grows: GB/h by owner for good, and GB/h by owner until the next cleanup; the rest stays as it is."""

    lasting: Mapping[str, float] = field(default_factory=lambda: {EVENTS: 1.3})
    until_cleanup: Mapping[str, float] = field(default_factory=lambda: {CACHE: 14.4})
    constant: Mapping[str, float] = field(default_factory=lambda: {HISTORY: 0.4, "(unattributed)": 0.05})
    cleanup_s: float | None = 500.0
    teeth_vary: float = 0.0
    """How much the growth until a cleanup differs from tooth to tooth, as a share of it."""


def anatomy_run(
    config: str = "fixed",
    seed: int = 1,
    *,
    leaks: Leaks | None = None,
    hours: float = 5.0,
    status: str = "complete",
    python_memory: bool = True,
    symbols: Mapping[str, float] | None = None,
    lines: bool = True,
    walked: bool = True,
    mapped: Mapping[str, float] | None = None,
    **facts: Any,
) -> Run:
    """A run of the model; `symbols` are the shares that symbols have of every owner that grows for good.

    `mapped` is how fast lines of mappings grow, GB/h; without it they are 0, and nobody read them between two walks.
    """
    model = leaks or Leaks()
    end_s = hours * 3600 + (RUN_ON_S if status == "complete" else 0.0)
    times = np.append(np.arange(0.0, end_s, LIVE_EVERY_S), end_s)
    samples = pd.DataFrame({name: np.full(len(times), np.nan) for name in COLUMNS})
    samples["t_s"] = times
    samples["phase"] = np.where(times < 600, "warm-up", "load")
    samples.loc[0, "phase"] = "start"
    cuts = np.arange(model.cleanup_s, end_s + 1e-9, model.cleanup_s) if model.cleanup_s else np.empty(0)
    held = [_held(model, seed, t_s, cuts) for t_s in times]
    live = np.array([sum(owners.values()) for owners in held])
    free = np.maximum.accumulate(live) - live
    rows = {
        "ballast_bytes": np.full(len(times), BALLAST),
        "file_bytes": np.full(len(times), 0.2),
        **{name: (mapped or {}).get(name, 0.0) * times / 3600 for name in MAPPINGS},
        "arrow_bytes": np.full(len(times), 0.05),
        "glibc_mapped_bytes": np.full(len(times), 0.1),
        "glibc_heap_bytes": 0.1 + (np.zeros(len(times)) if python_memory else live),
        "pymalloc_bytes": live if python_memory else np.full(len(times), 0.3),
        "pymalloc_overhead_bytes": 0.03 * live,
        "pymalloc_free_bytes": 0.6 * free,
        "glibc_free_bytes": 0.4 * free,
        RESIDUAL: np.full(len(times), 0.02),
    }
    rss = sum(rows.values())
    to_bytes = SCALE * 1e9
    samples["rss_bytes"] = rss * to_bytes
    samples["live_bytes"] = live * to_bytes
    samples["pymalloc_bytes"] = rows["pymalloc_bytes"] * to_bytes
    samples["glibc_bytes"] = (rows["glibc_heap_bytes"] + rows["glibc_mapped_bytes"]) * to_bytes
    if mapped is not None:
        samples["mappings_bytes"] = sum(rows[name] for name in MAPPINGS) * to_bytes
    samples["tasks"], samples["threads"], samples["open_files"] = 5.0, 2.0, 12.0
    read = np.isclose(times % WALK_EVERY_S, 0)
    if lines:
        for name, values in rows.items():
            samples.loc[read, name] = values[read] * to_bytes
        samples["pymalloc_bytes"] = rows["pymalloc_bytes"] * to_bytes
    stop = _stop(rows, live, lines) if status == "complete" else {}
    known = {
        "ballast_bytes": BALLAST * to_bytes,
        "clock": "virtual",
        "reason": None,
        "t_s": end_s,
        "stop": stop,
        "feed_hash": f"of seed {seed}",
    }
    events = [{"t_s": float(t_s), "kind": "cleanup"} for t_s in cuts]
    if status == "limit":
        events.append({"t_s": end_s, "kind": "limit", "rss_bytes": float(rss[-1] * to_bytes)})
    owners = (
        _walks(model, seed, times=times[read], cuts=cuts, end_s=end_s, status=status, symbols=symbols or {})
        if walked
        else None
    )
    more = {} if owners is None else {"owners": owners}
    return Run(config, seed, status, SCALE, samples, tuple(events), {**known, **facts}, **more)


def _held(model: Leaks, seed: int, t_s: float, cuts: np.ndarray) -> dict[str, float]:
    """What every owner holds at `t_s`, before a cleanup of that instant."""
    tooth = int(np.searchsorted(cuts, t_s - 1e-6))
    age_h = (t_s - (cuts[tooth - 1] if tooth else 0.0)) / 3600
    vary = 1 + model.teeth_vary * np.random.default_rng([seed, tooth]).uniform(-1, 1)
    return {
        **model.constant,
        **{path: rate * (1 + 0.002 * seed) * t_s / 3600 for path, rate in model.lasting.items()},
        **{path: rate * vary * age_h for path, rate in model.until_cleanup.items()},
    }


def _walks(
    model: Leaks,
    seed: int,
    *,
    times: np.ndarray,
    cuts: np.ndarray,
    end_s: float,
    status: str,
    symbols: Mapping[str, float],
) -> pd.DataFrame:
    steps = [(float(t_s), "start" if t_s == 0 else "load") for t_s in times if t_s < end_s]
    if status == "complete":
        steps += [(end_s, "before"), (end_s, "after_stop")]
    rows = []
    for t_s, step in steps:
        owners = _held(model, seed, t_s, cuts)
        if step == "after_stop":
            owners = {path: gb for path, gb in owners.items() if path not in model.until_cleanup}
        for path, gb in owners.items():
            rows.append((t_s, step, path, "", gb * SCALE * 1e9, 0.0))
            if step in ("start", "before") and path in model.lasting:
                rows += [(t_s, step, path, name, share * gb * SCALE * 1e9, 0.0) for name, share in symbols.items()]
    return pd.DataFrame(rows, columns=list(OWNER_COLUMNS))


def _stop(rows: Mapping[str, np.ndarray], live: np.ndarray, lines: bool) -> dict[str, dict[str, float]]:
    """The steps: what until_cleanup grew goes with stop(), half of the rest is only freed, trim takes glibc's part."""
    last = {name: float(values[-1]) for name, values in rows.items()}
    first = {name: float(values[0]) for name, values in rows.items()}
    after_stop = last | {name: last[name] - 0.3 * (last[name] - first[name]) for name in ("pymalloc_bytes",)}
    after_stop["pymalloc_free_bytes"] += 0.1 * (last["pymalloc_bytes"] - first["pymalloc_bytes"])
    after_drop = after_stop | {"pymalloc_bytes": first["pymalloc_bytes"] + 0.1, "pymalloc_free_bytes": 0.6}
    after_trim = after_drop | {"glibc_free_bytes": 0.05, "pymalloc_overhead_bytes": 0.06}
    steps = {"before": last, "after_stop": after_stop, "after_drop": after_drop, "after_trim": after_trim}
    found = {}
    for step, values in steps.items():
        moved = values["pymalloc_bytes"] - last["pymalloc_bytes"]
        known = {"rss_bytes": sum(values.values()), "live_bytes": float(live[-1]) + moved}
        if lines:
            known |= {name: values[name] for name in (*LINES, RESIDUAL)}
        found[step] = {name: value * SCALE * 1e9 for name, value in known.items()}
    return found


def write_result(scenario: Path, seeds: Sequence[int] = (1, 2)) -> Path:
    """Write a result of `scenario` below the current folder, with a run of both configs for each of the seeds."""
    folder = Path("results", "example", "a")
    folder.mkdir(parents=True)
    (folder / "scenario.toml").write_text(scenario.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps({"format": 1, "scenario": "example"}), encoding="utf-8")
    for config in ("old", "fixed"):
        for seed in seeds:
            write_anatomy(folder, anatomy_run(config, seed))
    return folder


def write_anatomy(result: Path, run: Run) -> None:
    """Write a run as a recording below a result folder."""
    folder = result / "runs" / run.config / f"seed-{run.seed}"
    folder.mkdir(parents=True)
    run.samples.to_parquet(folder / "samples.parquet", index=False)
    if not run.owners.empty:
        run.owners.to_parquet(folder / "owners.parquet", index=False)
    (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in run.events), encoding="utf-8")
    told = {"format": 1, "config": run.config, "seed": run.seed, "status": run.status, "memory_scale": SCALE}
    (folder / "run.json").write_text(json.dumps({**told, **run.facts}), encoding="utf-8")
