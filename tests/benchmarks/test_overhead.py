"""What the harness adds to the bare loop of market and target: a ratio of CPU seconds, pair by pair."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from harness.scenario import load
from harness.scenario.overrides import with_options
from harness.soaks.archive import archive_run
from harness.soaks.plan import plan_jobs
from harness.worker.isolation import judged_environment
from harness.worker.job import Job

HOURS = 1.0
PAIRS = 9

BARE = """\
import asyncio, json, sys, time
from pathlib import Path
from harness import target as targets
from harness.clock import VirtualClock
from harness.worker.job import Job
from harness.worker.handlers import find_handlers
from synthetic.market import Market

class Jumping(asyncio.SelectorEventLoop):
    # asyncio's own loop, with time that jumps to the next timer where nothing is ready
    now_s = 0.0

    def time(self):
        return self.now_s

    def _run_once(self):
        if not self._ready and self._scheduled:
            self.now_s = max(self.now_s, self._scheduled[0].when())
        super()._run_once()

    def idle_until(self, at_s):
        return not self._ready and not (self._scheduled and self._scheduled[0].when() <= at_s)

job = Job.read(Path(sys.argv[1]))
market = Market(job.instruments, seed=job.seed, start_ms=job.start_ms, depth=job.depth,
                books_per_second=job.books_per_second, candle_s=job.candle_s)
environment = targets.Environment(
    clock=VirtualClock(start_ms=job.start_ms), data_dir=Path(sys.argv[1]), memory_scale=job.memory_scale,
    emit=lambda kind, **facts: None, symbols=tuple(i.name for i in job.instruments), cycle_s=job.cycle_s,
    candle_s=job.candle_s, past_candles=market.past_candles)

async def live(loop):
    target = targets.build(targets.load_factory(job.factory), job.params, environment)
    handlers = find_handlers(target)
    outcome = target.start()
    if outcome is not None:
        await outcome
    began = time.process_time()
    for event in market.stream(job.horizon_s, tuple(handlers)):
        at_s = (event.timestamp_ms - job.start_ms) / 1000
        if loop.idle_until(at_s):
            loop.now_s = at_s
        else:
            await asyncio.sleep(at_s - loop.now_s)
        handlers[type(event)](event)
    return time.process_time() - began

loop = Jumping()
print(json.dumps(loop.run_until_complete(live(loop))))
"""


def bare_cpu_s(job: Job, folder: Path) -> float:
    folder.mkdir()
    job.write(folder)
    ended = subprocess.run(
        [sys.executable, "-c", BARE, str(folder)],
        env=judged_environment(os.environ, job.env),
        capture_output=True,
        text=True,
        check=True,
    )
    return float(json.loads(ended.stdout))


def judged_cpu_s(job: Job, folder: Path) -> float:
    import pandas as pd

    folder.mkdir()
    job.write(folder)
    subprocess.run(
        [sys.executable, "-m", "harness.worker.judged_run", str(folder)],
        env=judged_environment(os.environ, job.env),
        check=True,
    )
    facts = archive_run(folder)
    assert facts["status"] == "complete", facts
    samples = pd.read_parquet(folder / "samples.parquet")
    fed = samples[samples["phase"].isin(["start", "warm-up", "load"])]["cpu_s"]
    return float(fed.iloc[-1] - fed.iloc[0])


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("target", ["collector", "null"])
def test_what_the_harness_adds(benchmark: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path, target: str) -> None:
    """Both sides get the same feed and run the same cycles; every cleanup is done, whatever the ballast weighs."""
    scenario = with_options(load("50symbols" if target == "collector" else "null"), seeds=1, hours=HOURS)
    job = replace(plan_jobs(scenario)[0], run_on_s=0.0, settle_s=0.0)
    if target == "collector":
        job = replace(job, params={**job.params, "cleanup_threshold_mb": 0.0})
    assert asdict(job)["horizon_s"] == HOURS * 3600
    ratios: list[float] = []

    def pair() -> None:
        number = len(ratios)
        bare = bare_cpu_s(job, tmp_path / f"bare-{number}")
        judged = judged_cpu_s(job, tmp_path / f"judged-{number}")
        ratios.append(judged / bare)

    benchmark.pedantic(pair, rounds=PAIRS, iterations=1)
    benchmark.extra_info["ratios"] = [round(ratio, 3) for ratio in ratios]
    median = statistics.median(ratios)
    with capsys.disabled():
        print(f"\n{target}: judged / bare CPU: median {median:.3f}, {min(ratios):.3f} to {max(ratios):.3f}")
