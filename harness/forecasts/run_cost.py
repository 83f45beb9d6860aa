"""What one run took, taken apart, so that another one can be foretold: its start, its feed, a walk of the owners.

The start (imports, rehearsal, ballast, the stop) happens once, and the first samples of the feed are fuller than all
that follow: neither goes with the hours. What goes with them is told from the feed once it has settled.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.errors import SoakError
from harness.files import read_json
from harness.soaks.archive import PARQUET_FILE, PEAK_TREE, read_rows, to_frame
from harness.worker.job import DATA_FOLDER, Job
from harness.worker.recorder import FED, RUN_FILE, SAMPLES_FILE

SETTLED_S: Final = 20.0
"""Virtual seconds of a feed after which it costs what it goes on to cost."""

FEWEST_INTERVALS: Final = 5

STOP_CPU_S: Final = 0.4
"""What the stop of a run adds, of one that is still going on: two walks, two collections."""


@dataclass(frozen=True)
class RunCost:
    """Real seconds and bytes of one run.

    `fixed_cpu_s` is what any run of it takes however long it is, `update_cpu_s` goes with each update of each symbol,
    `walk_cpu_s` with each reading of all memory; `waits_s` is wall time beside the CPU for each update (disk, sleeps).
    `peak_bytes` and `grown_bytes_per_hour` are at full scale, of a run of `hours`; `written_bytes` is what its target
    wrote for each update. `ended`: the run came to its end, so its peak is that of so many hours. `factory` is the
    target's.
    """

    fixed_cpu_s: float
    update_cpu_s: float
    walk_cpu_s: float
    waits_s: float
    peak_bytes: float
    grown_bytes_per_hour: float
    written_bytes: float
    hours: float
    ended: bool
    factory: str


def updates(job: Job) -> float:
    """How many updates of a book a run is fed, all symbols together: what its time goes with."""
    return job.books_per_second * len(job.instruments) * (job.horizon_s + job.run_on_s)


def walks(job: Job) -> int:
    """How often all memory is read under feed: every anatomy_every_s, and at the horizon."""
    return int(job.horizon_s / job.anatomy_every_s) + 1


def run_cost(folder: Path) -> RunCost | None:
    """What the run recorded in `folder` took; None where that cannot be told: it is damaged, or hardly began."""
    try:
        facts = read_json(folder / RUN_FILE) if (folder / RUN_FILE).exists() else {}
        job = Job.read(folder)
        if job.real_time or facts.get("status", "complete") != "complete":
            return None
        samples = _samples(folder)
        written = sum(file.stat().st_size for file in (folder / DATA_FOLDER).rglob("*") if file.is_file())
        return cost_of(job, samples, facts, float(written))
    except (SoakError, OSError, KeyError, IndexError, TypeError, ValueError, AttributeError):
        return None


def _samples(folder: Path) -> pd.DataFrame:
    if (folder / SAMPLES_FILE).exists():
        return to_frame(read_rows(folder))
    return pd.read_parquet(folder / PARQUET_FILE, columns=["t_s", "wall_s", "cpu_s", "rss_bytes", "phase"])


def cost_of(job: Job, samples: pd.DataFrame, facts: dict[str, object], written_bytes: float) -> RunCost | None:
    """The cost of a run of `job` from its samples, and from the `facts` of its run.json where it is over.

    None where fewer than FEWEST_INTERVALS of its feed have settled.
    """
    fed = samples[samples["phase"].isin(FED) & (samples["t_s"] <= job.horizon_s)]
    t_s, cpu_s, wall_s, rss = (_column(fed, name) for name in ("t_s", "cpu_s", "wall_s", "rss_bytes"))
    begins, took_s, cpu, wall = t_s[:-1], np.diff(t_s), np.diff(cpu_s), np.diff(wall_s)
    with_walk = (begins % job.anatomy_every_s < job.sample_every_s) & (begins > 0)
    # Two samples at one instant are those of the horizon and of the stop, with what is read between them.
    settled = (begins >= min(SETTLED_S, job.horizon_s / 4)) & (took_s > 0)
    plain = settled & ~with_walk
    if plain.sum() < FEWEST_INTERVALS or not took_s[plain].sum():
        return None
    per_s = float(cpu[plain].sum() / took_s[plain].sum())
    walked = settled & with_walk
    walk_s = max(float(np.mean(cpu[walked] - per_s * took_s[walked])), 0.0) if walked.any() else 0.0
    queued_s = float(str(facts.get("queued_s") or 0.0))
    waited_s = max(float(wall.sum() - cpu.sum()) - queued_s, 0.0)
    rate = job.books_per_second * len(job.instruments)
    ended = "cpu_s" in facts
    if ended:
        in_feed_s = per_s * (job.horizon_s + job.run_on_s) + walk_s * walks(job)
        fixed_s = max(float(str(facts["cpu_s"])) - in_feed_s, float(cpu_s[0]))
    else:
        fixed_s = float(cpu_s[0]) + STOP_CPU_S
    half = t_s >= t_s[-1] / 2
    grown = float(np.polyfit(t_s[half], rss[half], 1)[0]) * 3600 if half.sum() > 1 else 0.0
    peak = float(str(facts.get(PEAK_TREE, facts.get("peak_rss_bytes", rss.max()))))
    return RunCost(
        fixed_cpu_s=fixed_s,
        update_cpu_s=per_s / rate,
        walk_cpu_s=walk_s,
        waits_s=waited_s / max(rate * float(took_s.sum()), 1.0) if ended else 0.0,
        peak_bytes=peak / job.memory_scale,
        grown_bytes_per_hour=max(grown, 0.0) / job.memory_scale,
        written_bytes=written_bytes / max(rate * float(t_s[-1]), 1.0),
        hours=float(t_s[-1]) / 3600,
        ended=ended,
        factory=job.factory,
    )


def _column(samples: pd.DataFrame, name: str) -> NDArray[np.float64]:
    return samples[name].to_numpy(dtype=np.float64, na_value=np.nan)
