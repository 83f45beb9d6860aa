"""What the note's own numbers give, worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from harness.analysis.metrics.arithmetic import Premise
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.runs import Runs

CALIBRATION = SimpleNamespace(kind="calibration", metric="peak", configs=("old",))


@pytest.fixture
def premise(make_run, make_scenario):
    """Old starts at 5 and peaks at 25, in five hours of 5 s cycles."""
    runs = [make_run([5, 25, 6], seed=seed) for seed in (1, 2)]
    scenario = make_scenario(hours=5, claims=[CALIBRATION])
    return lambda *configs: Premise(scenario, configs, Runs.of(scenario, runs))


@pytest.mark.parametrize(
    ("metric", "configs", "expected"),
    [
        ("reduction.peak", ("old", "fixed"), 1 - 7 / 25),
        ("reduction.peak_net", ("old", "fixed"), 0.9),
        ("peak", ("fixed",), 7.0),
        ("peak", ("old",), None),  # calibrated, not derived
        ("cleanup.interval_minutes", ("old",), 1000 * 5 / 60),
        ("cleanup.interval_minutes", ("fixed",), 100 * 5 / 60),
        ("cleanup.frequency_ratio", ("old", "fixed"), 10.0),
        ("buffers.capacity_mb", ("old",), 89.6),
        ("buffers.peak_mb", ("fixed",), 22.4),
        ("buffers.capacity_reduction", ("old", "fixed"), 0.75),
        ("reduction.mean", ("old", "fixed"), None),
        ("release.stop", ("old",), None),
    ],
)
def test_the_notes_arithmetic(premise, metric: str, configs: tuple[str, ...], expected: float | None) -> None:
    value = METRICS[metric].arithmetic(premise(*configs))
    assert value == (None if expected is None else pytest.approx(expected))


def test_growth_is_cut_at_the_horizon(make_run, make_scenario) -> None:
    # in one hour old (83 min) does not get to its first cleanup, fixed (8.3 min) grows for 500 of 3600 s
    metric = METRICS["reduction.peak"]
    value = metric.by_arithmetic(make_scenario(hours=1), [make_run([5, 17])], ("old", "fixed"))
    assert value == pytest.approx(1 - (5 + 12 * 500 / 3600) / 17)


def test_there_is_no_arithmetic_without_its_premises(make_run, make_scenario) -> None:
    other = make_scenario(configs={"old": {}, "fixed": {"cleanup_interval_cycles": True}})
    for metric, configs in (
        ("reduction.peak", ("old", "fixed")),
        ("cleanup.interval_minutes", ("fixed",)),
        ("buffers.capacity_mb", ("old",)),
        ("peak", ("fixed",)),
    ):
        assert METRICS[metric].by_arithmetic(other, [make_run([5, 25])], configs) is None
    limited = make_run([5, 32], status="limit")
    assert METRICS["reduction.peak"].by_arithmetic(make_scenario(hours=5), [limited], ("old", "fixed")) is None
