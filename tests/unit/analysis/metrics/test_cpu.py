"""CPU per cycle, its growth, and the longest pause."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest

from harness.analysis.metrics import cpu
from harness.analysis.runs import Run
from harness.analysis.verdict.claim_verdict import judge_claim
from harness.scenario import Claim


def with_cpu(run: Run, spent_s: Sequence[float]) -> Run:
    """`run` with so many CPU seconds in each interval between two samples."""
    return dataclasses.replace(run, samples=run.samples.assign(cpu_s=np.concatenate([[1.0], 1.0 + np.cumsum(spent_s)])))


def test_the_median_of_the_load_brought_to_one_cycle(make_run, make_scenario) -> None:
    # samples 600 s apart are 120 cycles; the interval up to the end of the warm-up is dear and does not count
    run = with_cpu(make_run([5] * 8), [60.0, 1.2, 1.2, 1.2, 1.2, 1.2, 30.0])
    scenario = make_scenario(hours=7 / 6)
    assert cpu.per_cycle_ms(run.under(scenario)).value == pytest.approx(10.0)
    assert cpu.longest_pause_ms(run.under(scenario)).value == pytest.approx(30_000)


def test_growth_is_told_from_dear_cleanups(make_run, make_scenario) -> None:
    samples, scenario = 1201, make_scenario(hours=2)
    flat = np.full(samples - 1, 0.1)
    flat[::100] += 5.0
    slower = np.linspace(0.1, 0.2, samples - 1)
    slower[::100] += 5.0
    run = make_run([5] * samples, every_s=6)
    assert cpu.growth(with_cpu(run, flat).under(scenario)).value == pytest.approx(0, abs=1e-9)
    grown = cpu.growth(with_cpu(run, slower).under(scenario)).value
    assert grown == pytest.approx((11 / 12) * 0.1 / slower[samples // 12 :].clip(max=0.2).mean(), rel=0.02)


def test_a_recording_without_cpu_or_without_its_end_has_no_cost(make_run, make_scenario) -> None:
    silent, ended = make_run([5] * 8), with_cpu(make_run([5] * 3, status="limit"), [1.0, 1.0])
    for metric in (cpu.per_cycle_ms, cpu.growth, cpu.longest_pause_ms):
        assert metric(silent.under(make_scenario(hours=7 / 6))).lack == "not applicable"
        assert metric(ended.under(make_scenario())).lack == "not reached"


def test_too_few_samples_have_no_growth(make_run, make_scenario) -> None:
    run = with_cpu(make_run([5] * 4), [1.0, 1.0, 1.0])
    assert cpu.growth(run.under(make_scenario(hours=0.5))).lack == "not applicable"
    assert cpu.per_cycle_ms(run.under(make_scenario(hours=0.5))).value == pytest.approx(1000 / 120)


def test_a_claim_may_bound_the_pause(make_run, make_scenario) -> None:
    runs = [with_cpu(make_run([5] * 8, config="fixed", seed=seed), [0.1] * 6 + [0.3]) for seed in (1, 2)]
    for most, verdict in ((300.1, "met"), (299.0, "missed")):
        claim = Claim(
            name="short pauses",
            metric="pause.longest_ms",
            configs=("fixed",),
            expected=("open", most),
            better="lower",
            kind="prediction",
            source="a test",
        )
        assert judge_claim(claim, make_scenario(hours=7 / 6), runs).outcome == verdict


def test_a_cleanup_costs_what_its_interval_takes_more_than_others(make_run, make_scenario) -> None:
    spent = np.full(1200, 0.1)
    spent[[300, 600, 900]] += (1.0, 1.2, 3.0)  # each begins with the sample at which the cleanup was done
    events = [{"t_s": 6.0 * at, "kind": "cleanup"} for at in (50, 300, 600, 900, 1200)]
    run = with_cpu(make_run([5] * 1201, every_s=6, events=events), spent)
    scenario = make_scenario(hours=2)
    assert cpu.per_cleanup_ms(run.under(scenario)).value == pytest.approx(1200)
    assert cpu.per_cleanup_ms(with_cpu(make_run([5] * 1201, every_s=6), spent).under(scenario)).lack == "not applicable"


def test_two_cleanups_between_two_samples_share_their_cost(make_run, make_scenario) -> None:
    spent = np.full(1200, 0.1)
    spent[300] += 1.0
    events = [{"t_s": 1800.0 + at, "kind": "cleanup"} for at in (1, 4)]
    run = with_cpu(make_run([5] * 1201, every_s=6, events=events), spent)
    assert cpu.per_cleanup_ms(run.under(make_scenario(hours=2))).value == pytest.approx(500)


def test_a_cleanup_is_held_against_intervals_without_one(make_run, make_scenario) -> None:
    spent = np.tile([1.1, 1.1, 0.1], 400)
    events = [{"t_s": 6.0 * at, "kind": "cleanup"} for at in range(1200) if at % 3 < 2]
    run = with_cpu(make_run([5] * 1201, every_s=6, events=events), spent)
    assert cpu.per_cleanup_ms(run.under(make_scenario(hours=2))).value == pytest.approx(1000)
    always = [{"t_s": 6.0 * at, "kind": "cleanup"} for at in range(1200)]
    run = with_cpu(make_run([5] * 1201, every_s=6, events=always), spent)
    assert cpu.per_cleanup_ms(run.under(make_scenario(hours=2))).lack == "not applicable"
