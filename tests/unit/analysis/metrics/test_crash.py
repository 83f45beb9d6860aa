"""A run that reaches the memory limit: when, what its start foretold, what it had not saved."""

from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.metrics import crash
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.runs import Run
from harness.analysis.verdict.claim_verdict import judge_claim
from harness.scenario import Claim

LIMIT_GB = 32.0
COUNTED = {"collected": 860, "persisted": 500}


@pytest.fixture
def crashed(make_run, make_scenario):
    def make(gb: np.ndarray, every_s: float = 60.0, **facts: object) -> Run:
        """RSS at full scale from minute to minute; the run ends at its last sample, at the limit."""
        limit = {"t_s": (len(gb) - 1) * every_s, "kind": "limit", "rss_bytes": float(gb[-1]) * 0.5e9}
        events = [limit, *facts.pop("events", [])]
        return make_run(gb, every_s=every_s, status="limit", events=events, **facts).under(make_scenario())

    return make


def test_the_crash_is_when_rss_reached_the_limit(crashed) -> None:
    assert crash.minutes(crashed(np.linspace(5, LIMIT_GB, 73))).value == 72


def test_a_run_without_a_crash_says_how_long_it_went_without(make_run, make_scenario) -> None:
    reading = crash.minutes(make_run([5] * 13).under(make_scenario()))
    assert (reading.value, reading.bound, reading.reason) == (120, "lower", "old did not reach the limit")
    assert crash.minutes(make_run([5] * 3, status="died").under(make_scenario())).lack == "not reached"
    for metric in (crash.prediction_error, crash.unsaved):
        assert metric(make_run([5] * 13).under(make_scenario())).lack == "not applicable"


def test_steady_growth_foretells_its_crash(crashed) -> None:
    assert crash.prediction_error(crashed(np.linspace(5, LIMIT_GB, 73))).value == pytest.approx(0, abs=1e-9)


def test_growth_that_doubles_after_half_an_hour_comes_sooner_than_foretold(crashed) -> None:
    minutes = np.arange(68)
    gb = 5 + 0.25 * minutes + 0.25 * np.maximum(minutes - 30, 0)
    reached = crashed(gb)
    foretold = (gb[-1] - 5) / 0.25
    assert crash.prediction_error(reached).value == pytest.approx(foretold / 67 - 1)


def test_what_cannot_be_foretold_is_undecided(crashed) -> None:
    assert crash.prediction_error(crashed(np.linspace(5, LIMIT_GB, 21))).lack == "undecided"
    flat = np.concatenate([np.full(40, 5.0), [LIMIT_GB]])
    assert crash.prediction_error(crashed(flat)).lack == "undecided"


def test_what_was_collected_and_not_saved_is_gone(crashed, make_run) -> None:
    gb = np.linspace(5, LIMIT_GB, 73)
    assert crash.unsaved(crashed(gb, counters=COUNTED)).value == 360
    assert crash.unsaved(crashed(gb)).lack == "not applicable"
    events = [{"t_s": 50.0, "kind": "collected", "samples": 10}, {"t_s": 51.0, "kind": "flush", "samples": 6}]
    assert crash.unsaved(crashed(gb, events=events)).value == 4
    assert METRICS["crash.unsaved"].counted


@pytest.mark.parametrize(
    ("expected", "outcome"), [((120.0, None), "met"), ((None, 119.0), "missed"), ((71.7, 75.0), "missed")]
)
def test_a_run_that_lives_to_its_horizon_decides_claims_on_when_it_crashes(
    make_run, make_scenario, expected: tuple[float | None, float | None], outcome: str
) -> None:
    claim = Claim(
        name="c",
        metric="crash.minutes",
        configs=("old",),
        expected=tuple("open" if end is None else end for end in expected),
        better="neither",
        kind="prediction",
        source="the note",
    )
    runs = [make_run([5] * 13, seed=seed) for seed in (1, 2, 3)]
    assert judge_claim(claim, make_scenario(claims=[claim]), runs).outcome == outcome
