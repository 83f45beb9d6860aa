"""Runs are admitted by what they need, and their limit is what is left to them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.soaks.admission import MARGIN, Admission
from harness.worker.job import Job
from tests.unit.worker.test_recorder import job

GB = 1_000_000_000


def run_of(config: str = "fixed", *, scale: float = 1.0, limit_gb: float = 32.0, baseline_gb: float = 5.0) -> Job:
    world = {"memory_scale": scale, "limit_bytes": round(limit_gb * scale * GB)}
    return replace(job(), config=config, baseline_bytes=round(baseline_gb * scale * GB), **world)


def test_a_run_that_nothing_foretells_may_take_all_of_its_limit() -> None:
    small = run_of(scale=0.1)
    admission = Admission(7 * GB)
    assert admission.need_bytes(small) == 3_200_000_000
    assert admission.admit(small, [small]) == small
    assert admission.admit(small, [small, small]) is None


def test_one_that_needs_more_than_there_is_runs_alone_and_is_ended_there() -> None:
    large = run_of()
    admission = Admission(20 * GB)
    alone = admission.admit(large, [])
    assert alone is not None
    assert alone.limit_bytes == 20 * GB
    assert admission.admit(run_of(scale=0.1), [large]) is None


def test_a_run_needs_what_its_config_held_at_any_scale() -> None:
    admission = Admission(20 * GB, {"fixed": 7.1e9})
    assert admission.need_bytes(run_of()) == round(7.1e9 * MARGIN)
    assert admission.need_bytes(run_of(scale=0.1)) == round(0.71e9 * MARGIN)
    beside = admission.admit(run_of(), [run_of()])
    assert beside is not None
    assert beside.limit_bytes == 20 * GB - round(7.1e9 * MARGIN)  # not the 32 GB of the scenario
    assert admission.admit(run_of(), [run_of(), run_of()]) is None


def test_nothing_is_foretold_below_the_baseline_or_above_the_limit() -> None:
    assert Admission(20 * GB, {"fixed": 2e9}).need_bytes(run_of()) == 5 * GB
    assert Admission(200 * GB, {"fixed": 90e9}).need_bytes(run_of()) == 32 * GB


@pytest.mark.parametrize(("status", "need"), [("complete", round(7e9 * MARGIN)), ("limit", 20 * GB), ("died", 20 * GB)])
def test_completed_runs_foretell_the_others_of_their_config(status: str, need: int) -> None:
    admission = Admission(20 * GB)
    admission.learn(run_of(scale=0.1), {"status": status, "peak_rss_bytes": 700_000_000})
    assert admission.need_bytes(run_of()) == need
    assert admission.need_bytes(run_of("old")) == 20 * GB


def test_the_highest_peak_counts() -> None:
    admission = Admission(20 * GB)
    for peak in (700_000_000, 720_000_000, 690_000_000):
        admission.learn(run_of(scale=0.1), {"status": "complete", "peak_rss_bytes": peak})
    assert admission.need_bytes(run_of()) == round(7.2e9 * MARGIN)


def test_a_run_needs_what_it_held_with_its_children() -> None:
    admission = Admission(20 * GB)
    facts = {"status": "complete", "peak_rss_bytes": 700_000_000, "peak_tree_bytes": 900_000_000}
    admission.learn(run_of(scale=0.1), facts)
    assert admission.need_bytes(run_of()) == round(9e9 * MARGIN)
