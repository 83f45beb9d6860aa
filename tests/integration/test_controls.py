"""The standing controls in their short form: watching changes nothing, keeping nothing is flat, jumping is living."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.integration.conftest import Soaks

pytestmark = pytest.mark.soak

FIXED = """\
[configs.fixed]
cleanup_interval_cycles = 20
cleanup_threshold_mb = 100.0
release_on_stop = true
use_legacy_format = false
"""


def under_load(soaks: Soaks, config: str) -> pd.DataFrame:
    samples = soaks.samples(config)
    return samples[samples["phase"].isin(["warm-up", "load"])]


def test_a_null_target_is_flat(soaks: Soaks) -> None:
    path = soaks.scenario("[configs.null]\n", factory="harness.null_target:build", hours=1.0, symbols=20)
    assert soaks.soak("run", path, "--quiet").returncode == 0
    rss = under_load(soaks, "null")["rss_bytes"]
    assert np.ptp(rss) < 0.01 * rss.iloc[0]
    counters = soaks.facts("null")["counters"]
    assert counters["books"] == soaks.facts("null")["books"] > 100_000 * 0.9 * 20 * 2 * 3600 / 144_000


def test_sampling_60_times_as_often_moves_nothing(soaks: Soaks) -> None:
    curves = []
    for every_s in (5, 5 / 60):
        path = soaks.scenario(FIXED, hours=0.3, symbols=10, sample_every_s=every_s, baseline_gb=5.0)
        assert soaks.soak("run", path, "--quiet").returncode == 0
        samples = under_load(soaks, "fixed")
        curves.append(samples.set_index(samples["t_s"].round(6))["rss_bytes"])
    seldom, often = curves
    assert len(often) > 55 * len(seldom)
    common = seldom.index.intersection(often.index)
    assert len(common) == len(seldom)
    assert (abs(often[common] / seldom[common] - 1)).max() < 0.01


def test_real_time_agrees_with_virtual_time(soaks: Soaks) -> None:
    # A feed so dense that ten seconds grow by 100 MB; the long form is ten minutes of 50symbols, a recorded run.
    text = "[configs.old]\ncleanup_threshold_mb = 1e6\n"
    world = {"hours": 12 / 3600, "warmup_minutes": 0, "sample_every_s": 0.5, "cycle_s": 1.0}
    world |= {"books_per_second": 1000, "symbols": 20}
    slopes, live = [], []
    for clock in ("virtual", "real"):
        path = soaks.scenario(text.replace("1e6", "1000000.0"), **world)
        path.write_text(
            path.read_text()
            .replace("run_on_s = 12", "run_on_s = 0")
            .replace("settle_minutes = 1", "settle_minutes = 0")
        )
        ended = soaks.soak("run", path, "--clock", clock, "--quiet")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        samples = under_load(soaks, "old")
        slopes.append(np.polyfit(samples["t_s"], samples["rss_bytes"], 1)[0])
        live.append(soaks.facts()["stop"]["before"]["live_bytes"])
    assert slopes[1] == pytest.approx(slopes[0], rel=0.03)
    assert live[1] == pytest.approx(live[0], rel=0.03)
