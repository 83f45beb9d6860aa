"""What a Dask cluster costs: a sweep on two workers of this machine, against two runs at once without, in pairs."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Soaks
from tests.integration.dask_machines import Machines

PAIRS = 3

SWEEP = """\
[configs.old]
cleanup_interval_cycles = 12
cleanup_threshold_mb = 100.0
[configs.fixed]
max_samples_per_file = 50
cleanup_interval_cycles = 12
cleanup_threshold_mb = 100.0
[sweeps.small]
axes.books = { few = { "market.books_per_second" = 10.0 }, many = { "market.books_per_second" = 20.0 } }
"""


@pytest.mark.timeout(1800)
def test_what_a_cluster_costs(benchmark: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Eight runs of half a virtual hour; the start of the cluster is not counted, that of the command is."""
    soaks = Soaks(tmp_path)
    path = soaks.scenario(SWEEP, hours=0.5, seeds=2)
    ratios: list[float] = []
    with Machines(soaks) as machines:
        for name in ("one", "two"):
            machines.worker(name)
        machines.wait_for(2)

        def wall_s(*options: str) -> float:
            began = time.monotonic()
            ended = soaks.soak("sweep", path, "small", "--quiet", *options)
            assert ended.returncode == 0, ended.stdout + ended.stderr
            return time.monotonic() - began

        def pair() -> None:
            here = wall_s("--jobs", "2")
            ratios.append(wall_s("--on", machines.address) / here)

        benchmark.pedantic(pair, rounds=PAIRS, iterations=1)
    benchmark.extra_info["ratios"] = [round(ratio, 3) for ratio in ratios]
    with capsys.disabled():
        median = statistics.median(ratios)
        print(f"\ntwo workers / --jobs 2, wall: median {median:.3f}, {min(ratios):.3f} to {max(ratios):.3f}")
