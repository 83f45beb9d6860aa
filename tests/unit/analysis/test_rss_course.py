"""The lines of RSS between their dear readings, on a model in which every line is known at every instant."""

from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.curves import curve
from harness.analysis.rss_course import held_between, rss_course
from harness.analysis.tables import LINES, RESIDUAL
from tests.unit.anatomy_soak import BALLAST, LIVE_EVERY_S, Leaks, anatomy_run


def course(runs, config="fixed"):
    found = rss_course(curve(config, runs, every_s=LIVE_EVERY_S), runs)
    assert found is not None
    return found


@pytest.mark.parametrize("cleanup_s", [None, 500.0, 5000.0])
def test_the_lines_add_up_to_rss_everywhere_and_are_the_readings_where_there_are_any(cleanup_s) -> None:
    run = anatomy_run(leaks=Leaks(cleanup_s=cleanup_s, teeth_vary=0.1))
    found = course([run])
    assert sum(found.lines.values()) + np.maximum(found.residual, 0) == pytest.approx(
        run.rss_gb[:-1], abs=1e-9
    )  # the grid ends before the last sample
    read = np.isfinite(run.column(RESIDUAL))[:-1]
    for name in LINES:
        assert found.lines[name][read] == pytest.approx(run.gb(1) * run.column(name)[:-1][read], abs=1e-9)


def test_a_cleanup_between_dear_readings_turns_what_was_in_use_into_free_memory() -> None:
    run = anatomy_run(leaks=Leaks(cleanup_s=5000))
    found = course([run])
    live = run.gb(1) * run.column("pymalloc_bytes")[:-1]
    assert found.lines["pymalloc_bytes"] == pytest.approx(live, abs=1e-9)
    after = np.searchsorted(found.hours, 5060 / 3600)
    assert found.lines["pymalloc_bytes"][after] < 0.2 * found.lines["pymalloc_bytes"][after - 2]
    free = found.lines["pymalloc_free_bytes"] + found.lines["glibc_free_bytes"]
    assert free == pytest.approx(np.maximum.accumulate(live) - live, abs=0.02)
    assert found.lines["ballast_bytes"] == pytest.approx(BALLAST)


def test_medians_over_seeds_add_up_to_the_median_of_rss() -> None:
    runs = [anatomy_run(seed=seed, leaks=Leaks(cleanup_s=2000, teeth_vary=0.3)) for seed in (1, 2, 3)]
    found = course(runs)
    assert sum(found.lines.values()) + found.residual == pytest.approx(found.rss, abs=1e-9)
    assert min(np.min(values) for values in found.lines.values()) >= 0


def test_a_run_that_ended_early_says_nothing_of_what_came_after() -> None:
    found = course([anatomy_run(hours=3, status="limit")])
    assert found.hours[-1] == pytest.approx(3)
    assert np.isfinite(found.rss).all()
    both = course([anatomy_run(seed=1), anatomy_run(seed=2, hours=3, status="limit")])
    alone = course([anatomy_run(seed=1)])
    later = both.hours > 3.1
    assert both.lines["pymalloc_bytes"][later] == pytest.approx(alone.lines["pymalloc_bytes"][later])


def test_without_pymalloc_all_that_is_free_is_glibcs() -> None:
    run = anatomy_run(python_memory=False)
    for name in ("pymalloc_bytes", "pymalloc_overhead_bytes", "pymalloc_free_bytes"):
        run.samples[name] = np.nan
    found = course([run])
    assert not [name for name in found.lines if name.startswith("pymalloc")]
    assert sum(found.lines.values()) + found.residual == pytest.approx(found.rss, abs=1e-9)


@pytest.mark.parametrize("missing", ["glibc_bytes", "glibc_heap_bytes", "glibc_free_bytes", RESIDUAL])
def test_where_a_column_is_missing_there_is_no_course(missing: str) -> None:
    run = anatomy_run()
    run.samples[missing] = np.nan
    assert rss_course(curve("fixed", [run], every_s=60), [run]) is None


def test_readings_are_joined_but_for_the_steps_between_them() -> None:
    times, values = np.array([0.0, 10, 20, 30]), np.array([0.0, 10, 2, 12])
    at = np.array([5.0, 13, 13.5, 15, 25, 40, 41])
    found = held_between(at, times, values, steps=np.array([13.0, 17.0, 50.0]), end=40)
    assert found == pytest.approx([5, 10, 2, 2, 7, 12, np.nan], nan_ok=True)
    on_a_reading = held_between(np.array([9.0, 11.0]), times, values, steps=np.array([10.0]), end=40)
    assert on_a_reading == pytest.approx([9, 9.2])
