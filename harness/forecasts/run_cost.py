"""What one run took, taken apart, so that another one can be foretold: its start, its feed, a walk of the owners.

The start (imports, rehearsal, ballast, the stop) happens once, and the first samples of the feed are fuller than all
that follow: neither goes with the hours. What goes with them is told from the feed once it has settled.

Some costs go with what is held, and a short run holds little: a full collection of Python's garbage collector visits
every object, as the stop does, and every page is read with each walk. They are told from how fast the run grew.
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
from harness.soaks.children_file import CHILDREN_PARQUET, read_children, tree_bytes
from harness.worker.job import DATA_FOLDER, Job
from harness.worker.recorder import FED, RUN_FILE, SAMPLES_FILE

SETTLED_S: Final = 20.0
"""Virtual seconds of a feed after which it costs what it goes on to cost."""

FEWEST_INTERVALS: Final = 5

STOP_CPU_S: Final = 0.15
"""What the stop of a run takes that holds next to nothing, of one that is still going on: two walks, two collections.

Measured: 0.06 to 0.18 s, with targets that grew by 3 to 20 MB.
"""

WALK_CPU_S: Final = 0.05
"""What a walk takes where none was seen yet. Measured: 0.02 to 0.06 s, with the reference collector 0.2."""

COLLECTION_S_PER_BYTE: Final = 0.45e-9
"""What a full collection takes for each byte of small Python objects. Measured: 0.41 to 0.48 s per GB."""

FULL_COLLECTION_AT: Final = 0.25
"""CPython collects everything once what is new is this share of all that it visits."""

PAGES_S_PER_BYTE: Final = 0.06e-9
"""What it takes for each byte to read where its page belongs, as every walk and every step of the stop does."""

STOP_S_PER_BYTE: Final = 0.9e-9
"""What the stop takes for each byte that was held: collections, freeing, four readings of all pages.

Measured: 0.6 to 1 s per GB, with the reference collector at 0.1 to 0.9 GB.
"""

LEAST_COLLECTION_S: Final = 0.015
"""An interval that is longer than the usual one by less has no full collection in it: at the start one takes 0.03 s."""


@dataclass(frozen=True)
class RunCost:
    """Real seconds and bytes of one run.

    `fixed_cpu_s` is what any run of it takes however long it is, `update_cpu_s` goes with each update of each symbol,
    `walk_cpu_s` with each reading of all memory; what is held beyond what was then adds to them. `waits_s` is wall time
    beside the CPU for each update (disk, sleeps).
    `peak_bytes` and `grown_bytes_per_hour` are at full scale, of a run of `hours`; `written_bytes` is what its target
    wrote for each update. `ended`: the run came to its end, so its peak is that of so many hours. `factory` is the
    target's. `slowed` is how many times as long as its CPU the feed took: other work, or waits of its own.
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
    slowed: float = 1.0


def updates(job: Job) -> float:
    """How many updates of a book a run is fed, all symbols together: what its time goes with."""
    return job.books_per_second * len(job.instruments) * (job.horizon_s + job.run_on_s)


def walks(job: Job) -> int:
    """How often all memory is read under feed."""
    samples = int((job.horizon_s + job.run_on_s) / job.sample_every_s) + 1
    return sum(job.reads_all_at(number * job.sample_every_s) for number in range(samples))


def run_cost(folder: Path) -> RunCost | None:
    """What the run recorded in `folder` took; None where that cannot be told: it is damaged, or hardly began."""
    try:
        facts = read_json(folder / RUN_FILE) if (folder / RUN_FILE).exists() else {}
        job = Job.read(folder)
        if job.real_time or facts.get("status", "complete") != "complete":
            return None
        samples = _samples(folder)
        written = sum(file.stat().st_size for file in (folder / DATA_FOLDER).rglob("*") if file.is_file())
        return cost_of(job, samples, facts, float(written), _children(folder))
    except (SoakError, OSError, KeyError, IndexError, TypeError, ValueError, AttributeError):
        return None


def _samples(folder: Path) -> pd.DataFrame:
    if (folder / SAMPLES_FILE).exists():
        return to_frame(read_rows(folder))
    return pd.read_parquet(
        folder / PARQUET_FILE, columns=["t_s", "wall_s", "cpu_s", "rss_bytes", "pymalloc_bytes", "phase"]
    )


def _children(folder: Path) -> pd.DataFrame:
    """What the processes that its target started held; empty where there were none."""
    table = folder / CHILDREN_PARQUET
    return pd.read_parquet(table) if table.exists() else read_children(folder)


def cost_of(
    job: Job,
    samples: pd.DataFrame,
    facts: dict[str, object],
    written_bytes: float,
    children: pd.DataFrame | None = None,
) -> RunCost | None:
    """The cost of a run of `job` from its samples, and from the `facts` of its run.json where it is over.

    `children` are readings of what processes beside it held (CHILDREN_COLUMNS): memory is told with them. None
    where fewer than FEWEST_INTERVALS of its feed have settled.
    """
    fed = samples[samples["phase"].isin(FED) & (samples["t_s"] <= job.horizon_s)]
    t_s, cpu_s, wall_s, rss = (_column(fed, name) for name in ("t_s", "cpu_s", "wall_s", "rss_bytes"))
    begins, took_s, cpu, wall = t_s[:-1], np.diff(t_s), np.diff(cpu_s), np.diff(wall_s)
    with_walk = np.array([job.reads_all_at(begin_s) for begin_s in begins], dtype=bool)
    # Two samples at one instant are those of the horizon and of the stop, with what is read between them.
    settled = (begins >= min(SETTLED_S, job.horizon_s / 4)) & (took_s > 0)
    plain = settled & ~with_walk
    if plain.sum() < FEWEST_INTERVALS or not took_s[plain].sum():
        return None
    per_s = float(cpu[plain].sum() / took_s[plain].sum())
    walked = settled & with_walk
    walk_s = max(float(np.mean(cpu[walked] - per_s * took_s[walked])), 0.0) if walked.any() else WALK_CPU_S
    queued_s = float(str(facts.get("queued_s") or 0.0))
    waited_s = max(float(wall.sum() - cpu.sum()) - queued_s, 0.0)
    rate = job.books_per_second * len(job.instruments)
    ended = "cpu_s" in facts
    if ended:
        in_feed_s = per_s * (job.horizon_s + job.run_on_s) + walk_s * walks(job)
        fixed_s = max(float(str(facts["cpu_s"])) - in_feed_s, float(cpu_s[0]))
    else:
        fixed_s = float(cpu_s[0]) + STOP_CPU_S + STOP_S_PER_BYTE * max(float(rss[-1] - rss[0]), 0.0)
    per_s += _collections_to_come(t_s[1:][plain], cpu[plain], took_s[plain], _column(fed, "pymalloc_bytes")[1:][plain])
    held = rss if children is None else tree_bytes(t_s, rss, children, np.ones(t_s.size, dtype=bool))
    grown = _slope(t_s, held, since_s=t_s[-1] / 2) * 3600
    peak = float(str(facts.get(PEAK_TREE, facts.get("peak_rss_bytes", held.max()))))
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
        slowed=max(float(wall[plain].sum()) / max(float(cpu[plain].sum()), 1e-9), 1.0),
    )


def _collections_to_come(
    t_s: NDArray[np.float64], cpu: NDArray[np.float64], took_s: NDArray[np.float64], held: NDArray[np.float64]
) -> float:
    """CPU seconds that full collections take for each second of feed in the long run, over what they took so far.

    Of intervals that end at `t_s`, with what small objects `held` then, in bytes, NaN where that was not read. In a
    program that grows a collection is as long as all it holds, and comes when a share of that is new: so the time for
    them is as if every new byte were visited 1 / FULL_COLLECTION_AT times. A short run had few of them, or none.
    """
    to_come = COLLECTION_S_PER_BYTE / FULL_COLLECTION_AT * max(_slope(t_s, held), 0.0)
    over = cpu - np.median(cpu / took_s) * took_s
    return max(to_come - float(over[over > LEAST_COLLECTION_S].sum() / took_s.sum()), 0.0)


def _slope(t_s: NDArray[np.float64], values: NDArray[np.float64], since_s: float = 0.0) -> float:
    """The slope of a straight line through values from `since_s` on, a second; 0 where fewer than two are known."""
    known = (t_s >= since_s) & np.isfinite(values)
    return float(np.polyfit(t_s[known], values[known], 1)[0]) if known.sum() > 1 else 0.0


def _column(samples: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """A column; NaN where it was not read."""
    return samples[name].to_numpy(dtype=np.float64, na_value=np.nan)
