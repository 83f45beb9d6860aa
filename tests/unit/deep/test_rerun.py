"""Reruns: which job they carry out, what they leave, and how they fail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.deep import rerun
from harness.deep.cycles import TypeCount
from harness.deep.rerun import hours_for, plan_rerun, trace
from harness.deep.sites import Site
from harness.errors import SoakError, UsageError
from harness.made_here import sign
from harness.worker.job import Job
from synthetic.instrument import Instrument

SITE = ["mine.py", 7, "Target.keep", True]
OWNERS = {
    "owners": [
        {
            "path": "kept[*]",
            "before_bytes": 0.0,
            "after_bytes": 9e6,
            "elements": [[*SITE, 0.9], ["", 0, "", False, 0.1]],
            "allocated": [[*SITE, 1.0]],
        }
    ],
    "growing": [[*SITE, 1000]],
    "cycles": {
        "collector_on": True,
        "uncollectable": 0,
        "objects": 3,
        "bytes": 300,
        "types": [{"name": "Node", "objects": 3, "bytes": 300}],
        "sites": [],
    },
}


def recorded(result: Path, config: str = "old", seed: int = 1, **changes: Any) -> Job:
    folder = result / "runs" / config / f"seed-{seed}"
    folder.mkdir(parents=True)
    fields: dict[str, Any] = {
        "config": config,
        "seed": seed,
        "real_time": False,
        "factory": "mine:Target",
        "params": {},
        "instruments": (Instrument("AUSDT", 0.01, 0.1, 1000, 1),),
        "depth": 10,
        "books_per_second": 1.0,
        "candle_s": 60,
        "start_ms": 0,
        "horizon_s": 18_000.0,
        "warmup_s": 600.0,
        "run_on_s": 250.0,
        "settle_s": 300.0,
        "cycle_s": 5.0,
        "sample_every_s": 5.0,
        "stall_s": 60.0,
        "memory_scale": 0.1,
        "baseline_bytes": 1,
        "limit_bytes": 1_000,
        "starts": 3,
    }
    job = Job(**{**fields, **changes})
    job.write(folder)
    sign(folder / "job.json")
    return job


def test_a_job_from_elsewhere_is_read_and_run_only_if_it_is_trusted(tmp_path: Path) -> None:
    recorded(tmp_path, env={"LD_PRELOAD": "/evil.so", "A": "b"})
    run = tmp_path / "runs" / "old" / "seed-1"
    written, signed = (run / "job.json").read_text(encoding="utf-8"), run / "job.signature"
    assert plan_rerun(tmp_path, "old", None, None, None).factory == "mine:Target"
    would = (
        r"seed-1: its job was not written here, or was edited since: it would run %s, with A=b, LD_PRELOAD=/evil\.so; "
    )
    (run / "job.json").write_text(written.replace("mine:Target", "evil:run"), encoding="utf-8")
    with pytest.raises(UsageError, match=would % "evil:run" + "--trust runs it"):
        plan_rerun(tmp_path, "old", None, None, None)
    assert plan_rerun(tmp_path, "old", None, None, None, trusted=True).factory == "evil:run"
    (run / "job.json").write_text(written, encoding="utf-8")
    assert plan_rerun(tmp_path, "old", None, None, None).factory == "mine:Target"
    for forged in ("0" * 64, "", "é"):
        signed.write_text(forged, encoding="utf-8")
        with pytest.raises(UsageError, match=would % "mine:Target"):
            plan_rerun(tmp_path, "old", None, None, None)
    signed.unlink()
    with pytest.raises(UsageError, match=would % "mine:Target"):
        plan_rerun(tmp_path, "old", None, None, None)


def test_a_rerun_is_the_recorded_job_of_the_first_seed_and_ends_with_its_feed(tmp_path: Path) -> None:
    recorded(tmp_path, seed=12)
    recorded(tmp_path, seed=3)
    job = plan_rerun(tmp_path, "old", None, None, None)
    assert (job.seed, job.horizon_s, job.run_on_s, job.starts) == (3, 900.0, 0.0, 1)
    assert plan_rerun(tmp_path, "old", 12, 0.5, None).horizon_s == 1800.0


def test_it_is_as_long_as_the_owner_needs_to_grow_within_bounds(tmp_path: Path) -> None:
    assert hours_for(130e6) == pytest.approx(20 / 130)
    assert (hours_for(1.0), hours_for(None), hours_for(-1.0), hours_for(1e12)) == (0.25, 0.25, 0.25, 0.05)
    recorded(tmp_path, horizon_s=62.0, sample_every_s=5.0)
    assert plan_rerun(tmp_path, "old", None, None, None).horizon_s == 60.0


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("new", None, None), "--config new: not in .*; its configs: old"),
        (("old", 4, None), "--seed 4: old was recorded with 1"),
        (("old", None, 0.0), "--hours 0: above 0 and at most the 5"),
        (("old", None, 5.1), "--hours 5.1: above 0 and at most the 5"),
    ],
)
def test_what_was_not_recorded_is_refused(tmp_path: Path, asked: tuple[Any, ...], said: str) -> None:
    recorded(tmp_path)
    with pytest.raises(UsageError, match=said):
        plan_rerun(tmp_path, *asked, None)


def test_its_limit_is_the_machines_and_not_that_of_the_recording(tmp_path: Path, monkeypatch) -> None:
    recorded(tmp_path, baseline_bytes=500_000_000)
    monkeypatch.setattr(rerun, "free_memory_bytes", lambda: 10_500_000_000)
    assert plan_rerun(tmp_path, "old", None, None, None).limit_bytes == 5_000_000_000
    monkeypatch.setattr(rerun, "free_memory_bytes", lambda: 1_500_000_000)
    with pytest.raises(UsageError, match=r"^a rerun of old needs more than 1\.5 GB of free memory$"):
        plan_rerun(tmp_path, "old", None, None, None)


def test_a_result_without_its_jobs_is_refused(tmp_path: Path) -> None:
    recorded(tmp_path)
    (tmp_path / "runs/old/seed-1/job.json").unlink()
    with pytest.raises(UsageError, match=r"its job\.json cannot be read"):
        plan_rerun(tmp_path, "old", None, None, None)


class Supervised:
    """Stands in for the supervisor: leaves what a tracer would have found, and returns these facts."""

    def __init__(self, found: dict[str, Any] | None = None, **facts: Any) -> None:
        self.facts = {"status": "complete", "reason": None, "t_s": 900.0, **facts}
        self.found = found
        self.programs: list[tuple[str, ...]] = []

    def __call__(self, jobs: Mapping[Path, Job], *, program: tuple[str, ...], **_: Any) -> Any:
        self.programs.append(program)
        (folder,) = jobs
        folder.mkdir()
        if self.found is not None:
            (folder / "found.json").write_text(json.dumps(self.found))
        return {folder: self.facts}


def test_what_is_found_stays_beside_the_result_and_nothing_else(tmp_path: Path, monkeypatch) -> None:
    job = recorded(tmp_path)
    supervised = Supervised(OWNERS)
    monkeypatch.setattr(rerun, "supervise", supervised)
    found = trace(tmp_path, job, ["kept[*]"], {"tracemalloc": lambda states: None})
    assert supervised.programs == [("harness.deep.traced_run", "tracemalloc", "kept[*]")]
    assert found.owners[0].elements == ((Site(*SITE), 0.9), (None, 0.1))
    assert found.growing == ((Site(*SITE), 1000),)
    assert found.cycles.types == (TypeCount("Node", 3, 300),)
    assert (found.limited, found.flame, found.held) == (False, None, ())
    assert [file.name for file in (tmp_path / "deep/old").iterdir()] == ["allocations.json"]


def test_at_the_memory_limit_it_tells_what_it_has(tmp_path: Path, monkeypatch) -> None:
    job = recorded(tmp_path, horizon_s=900.0)
    monkeypatch.setattr(rerun, "supervise", Supervised(OWNERS, status="limit", reason="full", t_s=360.0))
    found = trace(tmp_path, job, [], {"tracemalloc": lambda states: None})
    assert (found.limited, found.hours) == (True, 0.1)


@pytest.mark.parametrize("status", ["failed", "died", "limit"])
def test_a_rerun_that_fails_says_so_in_one_line_and_leaves_nothing(tmp_path: Path, monkeypatch, status: str) -> None:
    job = recorded(tmp_path)
    monkeypatch.setattr(rerun, "supervise", Supervised(status=status, reason="the target\nraised"))
    with pytest.raises(SoakError, match=f"^the rerun under tracemalloc {status}: the target raised$"):
        trace(tmp_path, job, [], {"tracemalloc": lambda states: None})
    assert not (tmp_path / "deep/old").exists()
