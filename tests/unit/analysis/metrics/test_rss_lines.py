"""The breakdown of RSS: its lines over time, whether they add up, what is absent."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from harness.analysis.metrics.rss_lines import breakdown, parts_gb, read_at, reading, worst_residual
from harness.analysis.runs import Run
from harness.analysis.tables import LINES, MAPPINGS, RESIDUAL
from tests.unit.anatomy_soak import Leaks, anatomy_run


def misfit_bytes(run: Run) -> float:
    """How far lines and residual together are from RSS where they are farthest, real bytes."""
    read = read_at(run)
    summed = np.nansum([run.column(name)[read] for name in (*LINES, RESIDUAL)], axis=0)
    return float(np.max(np.abs(summed - run.column("rss_bytes")[read]), initial=0.0))


def test_lines_and_residual_add_up_to_rss_at_every_point() -> None:
    found = breakdown("fixed", [anatomy_run(seed=seed) for seed in (1, 2, 3)], every_s=60)
    assert found is not None
    assert found.hours == pytest.approx(np.arange(11) / 2)
    assert set(found.lines) == set(LINES)
    assert sum(found.lines.values()) + found.residual == pytest.approx(found.rss)


def test_a_run_reports_how_far_its_lines_are_from_rss(make_scenario) -> None:
    run = anatomy_run()
    assert misfit_bytes(run) == pytest.approx(0, abs=1)
    rss = run.column("rss_bytes")
    assert worst_residual(run.under(make_scenario())).value == pytest.approx(0.02 * 0.1e9 / rss[0])
    run.samples.loc[0, "residual_bytes"] = -0.2 * rss[0]
    assert worst_residual(run.under(make_scenario())).value == pytest.approx(0.2)
    assert misfit_bytes(run) > 0.2 * rss[0]


def test_the_median_is_of_the_seeds_that_got_there() -> None:
    runs = [anatomy_run(seed=1), anatomy_run(seed=2, hours=2, status="limit")]
    found = breakdown("fixed", runs, every_s=60)
    assert found is not None
    alone = breakdown("fixed", runs[:1], every_s=60)
    assert alone is not None
    assert found.lines["pymalloc_bytes"][-1] == alone.lines["pymalloc_bytes"][-1]
    assert found.lines["pymalloc_bytes"][2] != alone.lines["pymalloc_bytes"][2]


def test_instants_of_a_real_clock_are_one() -> None:
    late = anatomy_run(seed=2)
    late.samples["t_s"] += 0.004
    found = breakdown("fixed", [anatomy_run(seed=1), late], every_s=60)
    assert found is not None
    assert found.hours.size == 11


def test_a_line_that_was_not_read_is_a_gap_and_one_that_never_is_is_absent() -> None:
    run = anatomy_run()
    at = np.flatnonzero(np.isfinite(run.column("file_bytes")))
    run.samples.loc[at[3], "file_bytes"] = np.nan
    run.samples["arrow_bytes"] = np.nan
    found = breakdown("fixed", [run], every_s=60)
    assert found is not None
    assert np.isnan(found.lines["file_bytes"]).tolist() == [place == 3 for place in range(11)]
    assert "arrow_bytes" not in found.lines


def test_a_recording_without_a_breakdown_has_none(make_run, make_scenario) -> None:
    run = make_run([5, 6, 7], live_gb=[1, 2, 3])
    assert breakdown("old", [run], every_s=600) is None
    assert worst_residual(run.under(make_scenario())).lack == "not applicable"
    assert misfit_bytes(run) == 0


def test_the_parts_of_a_change_add_up_to_it_exactly() -> None:
    run = anatomy_run(leaks=Leaks(cleanup_s=5000))
    at = np.flatnonzero(np.isfinite(run.column("file_bytes")))
    for index in at:
        parts = parts_gb(run, reading(run, 0), reading(run, int(index)))
        assert set(parts) == {"live", "pinned", "slack", "mapped", "other"}
        assert sum(parts.values()) == pytest.approx(run.rss_gb[index] - run.rss_gb[0], abs=1e-12)


def test_what_is_mapped_is_a_part_and_other_where_it_was_not_recorded() -> None:
    run = anatomy_run(mapped={"shared_bytes": 0.4, "stacks_bytes": 0.1})
    end = int(np.flatnonzero(np.isfinite(run.column("file_bytes")))[-1])
    known = parts_gb(run, reading(run, 0), reading(run, end))
    assert known["mapped"] == pytest.approx(0.5 * run.t_s[end] / 3600)
    older = dataclasses.replace(run, samples=run.samples.drop(columns=list(MAPPINGS)))
    unknown = parts_gb(older, reading(older, 0), reading(older, end))
    assert "mapped" not in unknown
    assert unknown["other"] == pytest.approx(known["mapped"] + known["other"])


def test_where_pymalloc_is_replaced_nothing_is_pinned_by_it() -> None:
    run = anatomy_run(python_memory=False)
    for name in ("pymalloc_bytes", "pymalloc_overhead_bytes", "pymalloc_free_bytes"):
        run.samples[name] = np.nan
    parts = parts_gb(run, reading(run, 0), reading(run, 30))
    assert set(parts) == {"live", "slack", "mapped", "other"}
    assert sum(parts.values()) == pytest.approx(run.rss_gb[30] - run.rss_gb[0])
