"""Real soaks in small worlds: scenario files, targets that misbehave, and the command as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]

PATIENCE_S = 400
"""How long another process may take for anything: only one that hangs takes longer, however busy the machine is."""

Until = Callable[[Callable[[], bool]], None]

WORLD = """\
title = "A small world"
seeds = {seeds}
stall_s = {stall_s}
[market]
symbols = {symbols}
depth = 50
books_per_second = {books_per_second}
[time]
hours = {hours}
cycle_s = 5.0
warmup_minutes = {warmup_minutes}
run_on_s = 12
sample_every_s = {sample_every_s}
settle_minutes = 1
[memory]
scale = {scale}
baseline_gb = {baseline_gb}
limit_gb = {limit_gb}
leak_budget_gb_per_hour = {leak_budget}
[target]
factory = "{factory}"
"""

DEFAULTS: dict[str, Any] = {
    "seeds": 1,
    "stall_s": 60,
    "symbols": 5,
    "books_per_second": 20.0,
    "hours": 0.1,
    "warmup_minutes": 1,
    "sample_every_s": 5,
    "scale": 0.1,
    "baseline_gb": 2.0,
    "limit_gb": 10.0,
    "leak_budget": 0.0375,
    "factory": "harness.collector:build",
}


class Soaks:
    """A folder of its own with scenarios, targets and results, and `soak` run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def scenario(self, text: str = "[configs.old]\n", **world: Any) -> Path:
        """A scenario file: the small world, changed as asked, with `text` (configs and claims) behind it."""
        path = self.folder / "small.toml"
        path.write_text(WORLD.format(**{**DEFAULTS, **world}) + text)
        return path

    def target(self, code: str) -> None:
        """A user's module, ``mine``, beside the scenario."""
        (self.folder / "mine.py").write_text(code)

    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": os.pathsep.join([str(self.folder), str(ROOT)])}

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "harness", *map(str, arguments)],
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def soak(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """The command, to its end."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=PATIENCE_S)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def result(self) -> Path:
        """The newest result folder."""
        return (self.folder / "results" / "latest").resolve()

    def verdict(self) -> dict[str, Any]:
        return json.loads((self.result() / "verdict.json").read_text())

    def run_folder(self, config: str = "old", seed: int = 1) -> Path:
        return self.result() / "runs" / config / f"seed-{seed}"

    def facts(self, config: str = "old", seed: int = 1) -> dict[str, Any]:
        return json.loads((self.run_folder(config, seed) / "run.json").read_text())

    def samples(self, config: str = "old", seed: int = 1) -> pd.DataFrame:
        return pd.read_parquet(self.run_folder(config, seed) / "samples.parquet")

    def events(self, config: str = "old", seed: int = 1) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.run_folder(config, seed) / "events.jsonl").read_text().splitlines()]

    def workers(self) -> list[int]:
        """Processes that are judged for a result in this folder."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                command = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if "harness.worker.judged_run" in command and any(str(self.folder) in part for part in command):
                found.append(int(entry.name))
        return found


@pytest.fixture
def soaks(tmp_path: Path) -> Iterator[Soaks]:
    soaks = Soaks(tmp_path)
    yield soaks
    for pid in soaks.workers():  # a failed test must not leave a process behind
        os.kill(pid, 9)


@pytest.fixture
def until() -> Until:
    """Wait for a condition of another process, as long as it takes within reason."""
    import time

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, "another process did not come to what was waited for"
            os.sched_yield()
            time.sleep(0.02)

    return wait
