"""Scenario files that tests edit, targets that they can name, and Python's collector kept out of what is counted."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from harness.describing import asking
from harness.describing.answering import answer
from harness.errors import SoakError
from harness.forecasts import probe
from harness.forecasts.run_cost import RunCost
from harness.worker.job import Job

SCENARIO = """\
title = "A scenario [for tests]"
assumptions = "Nothing is known."
seeds = 2

[market]
symbols = 50
depth = 20
books_per_second = 5.0

[time]
hours = 5.0
cycle_s = 5.0
warmup_minutes = 10
run_on_s = 250
sample_every_s = 5
settle_minutes = 5

[memory]
scale = 0.1
baseline_gb = 5.0
limit_gb = 32.0
leak_budget_gb_per_hour = 0.0375

[target]
factory = "dummy_target:build"

[configs.old]
max_samples = 2000

[configs.fixed]
max_samples = 505
cleanup_interval_cycles = 100

[[claims]]
name = "peak reduction"
metric = "reduction.peak"
configs = ["old", "fixed"]
expected = [0.60, 0.70]
better = "higher"
kind = "prediction"
source = "Expected results, row 2"

[[claims]]
name = "old peak"
metric = "peak"
configs = ["old"]
expected = [25, "open"]
better = "neither"
kind = "calibration"
source = "Symptoms"
"""


settings.register_profile("steady", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")  # an example may take as long as the machine takes


@pytest.fixture(autouse=True)
def describing_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Targets are described by this process, as the one of its own would: a process for each scenario is too slow."""
    asking._target.cache_clear()
    monkeypatch.setattr(asking, "answer_of_a_process", lambda question, factory, **options: answer(question))


@pytest.fixture(autouse=True)
def no_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is run to foretell what a scenario costs."""

    def refuse(job: Job) -> RunCost:
        raise SoakError(f"{job.config}: not probed in a test")

    monkeypatch.setattr(probe, "probed", refuse)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, from which the targets of the tests can be imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parent / "targets"), *sys.path])
    return tmp_path


@pytest.fixture
def write_scenario(here: Path) -> Callable[..., Path]:
    """Writes the scenario to ``scenarios/NAME.toml`` below `here`, each of the texts given replaced by another."""

    def write(*edits: tuple[str, str], name: str = "example") -> Path:
        text = SCENARIO
        for old, new in edits:
            assert text.count(old) >= 1, f"nothing to replace: {old}"
            text = text.replace(old, new, 1)
        path = Path("scenarios", f"{name}.toml")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def collector_off() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()
    gc.collect()
