"""Verdicts on leaks of real processes whose truth is known: rates that differ, one seed of two, a window of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.conftest import Soaks

pytestmark = pytest.mark.soak

LEAKING = """\
import asyncio
RATES = {rates}
class Target:
    def __init__(self, params, environment):
        self.gb_per_hour = next(rate for seed, rate in RATES.items() if f"seed-{{seed}}" in environment.data_dir.parts)
        self.kept = []
    async def start(self):
        self.task = asyncio.create_task(self.leak())
    def on_book(self, book):  # its leak goes with time alone
        pass
    async def leak(self):
        while True:
            await asyncio.sleep(30)
            self.kept.append(b"x" * int(self.gb_per_hour * 1e9 / 120))
            if not self.gb_per_hour:
                self.kept.clear()
    async def stop(self):
        self.task.cancel()
build = Target
"""

NO_LEAK = """\
[configs.only]
[[claims]]
name = "does not leak"
metric = "leak.rss"
configs = ["only"]
expected = ["open", 1.0]
better = "lower"
kind = "prediction"
source = "test"
"""


def leaking(soaks: Soaks, rates: dict[int, float]) -> Path:
    """Five hours of a target that leaks at these rates by seed, GB per hour, where a thirtieth of 0.012 is allowed."""
    soaks.target(LEAKING.format(rates=rates))
    path = soaks.scenario(
        NO_LEAK,
        factory="mine:build",
        seeds=len(rates),
        hours=5.0,
        books_per_second=0.02,
        warmup_minutes=10,
        scale=1.0,
        baseline_gb=0.2,
        limit_gb=0.8,
    )
    path.write_text(path.read_text().replace("leak_budget_gb_per_hour = 0.0375", "leak_budget_gb_per_hour = 0.0004"))
    return path


def test_two_seeds_that_leak_at_rates_of_1_to_2_and_a_half_leak(soaks: Soaks) -> None:
    ended = soaks.soak("run", leaking(soaks, {1: 0.012, 2: 0.03}))
    assert ended.returncode == 1, ended.stdout + ended.stderr
    rss = next(leak for leak in soaks.verdict()["leaks"] if leak["measure"] == "rss")
    assert (rss["verdict"], rss["leaking"]) == ("LEAK", [1, 2])
    assert rss["values"] == pytest.approx({"1": 0.012, "2": 0.03}, rel=0.1)
    assert "every run, 0.012 to 0.030 GB/h" in ended.stdout


def test_one_seed_of_two_that_leaks_is_a_finding(soaks: Soaks) -> None:
    ended = soaks.soak("run", leaking(soaks, {1: 0.0, 2: 0.03}))
    assert ended.returncode == 1, ended.stdout + ended.stderr
    rss = next(leak for leak in soaks.verdict()["leaks"] if leak["measure"] == "rss")
    assert (rss["verdict"], rss["leaking"], rss["reason"]) == ("SOME", [2], "1 of 2 runs leaks")
    assert "leaks in 1 of 2 runs" in ended.stdout


WINDOW = """\
import asyncio, collections, time
class Target:
    def __init__(self, params, environment):
        self.recent, self.kept = collections.deque(), []
    async def start(self):
        self.task = asyncio.create_task(self.cycle())
    def on_book(self, book):
        self.recent.append((time.time(), b"x" * {size}))
        if {leaks}:
            self.kept.append(b"x" * {leaked})
    async def cycle(self):
        while True:
            await asyncio.sleep(5)
            while self.recent and self.recent[0][0] < time.time() - {window_s}:
                self.recent.popleft()
    async def stop(self):
        self.task.cancel()
build = Target
"""


def of_window(soaks: Soaks, *, window_s: int, leaked: int = 0) -> dict[str, object]:
    """What became of live bytes of a target that keeps the last seconds of its books, from six in the morning on."""
    soaks.target(WINDOW.format(size=60_000_000 // window_s, window_s=window_s, leaks=bool(leaked), leaked=leaked))
    path = soaks.scenario(
        NO_LEAK.replace("leak.rss", "leak.live"),
        factory="mine:build", seeds=2, hours=8.0, books_per_second=0.2, warmup_minutes=20,
        scale=1.0, baseline_gb=0.2, limit_gb=2.0,
    )  # fmt: skip
    text = path.read_text().replace("leak_budget_gb_per_hour = 0.0375", "leak_budget_gb_per_hour = 0.004")
    path.write_text(text.replace("[market]", "[market]\nseason = true\nstart = 2026-01-05T06:00:00Z"))
    ended = soaks.soak("run", path)
    assert ended.returncode in (0, 1, 4), ended.stdout + ended.stderr
    (live,) = [leak for leak in soaks.verdict()["leaks"] if leak["measure"] == "live"]
    return {**live, "said": ended.stdout}


@pytest.mark.parametrize("window_s", [600, 3600])
def test_a_window_of_a_feed_that_wakes_up_is_no_leak(soaks: Soaks, window_s: int) -> None:
    live = of_window(soaks, window_s=window_s)
    assert live["verdict"] in ("OK", "INCONCLUSIVE")
    assert live["load"]["share"] > 0.8
    assert "Load: only, live bytes: it explains" in live["said"]
    if live["verdict"] == "INCONCLUSIVE":
        assert live["reason"].startswith("time and load cannot be parted")
        assert live["hours_needed"] > 8


@pytest.mark.long
@pytest.mark.parametrize("window_s", [600, 3600])
def test_a_leak_beside_a_window_is_found(soaks: Soaks, window_s: int) -> None:
    live = of_window(soaks, window_s=window_s, leaked=20_000)
    assert live["verdict"] == "LEAK"
    assert live["low"] > 0.004
