"""A small sweep for real: interrupted and resumed, and sharded and merged, it gives the table of an undisturbed one."""

from __future__ import annotations

import signal
from pathlib import Path

import pandas as pd
import pytest

from tests.integration.conftest import PATIENCE_S, Soaks, Until

pytestmark = [pytest.mark.soak, pytest.mark.long]

SWEEP = """\
[configs.old]
cleanup_interval_cycles = 24
cleanup_threshold_mb = 100.0
[[claims]]
name = "old loses nothing"
metric = "samples.lost"
configs = ["old"]
expected = [0, 0]
tolerance = 0
better = "lower"
kind = "prediction"
source = "every sample is written"
[sweeps.small]
design = "full"
axes.buffers = { large = { "configs.max_samples_per_file" = 200 }, small = { "configs.max_samples_per_file" = 50 } }
axes.books = { few = { "market.books_per_second" = 10.0 }, many = { "market.books_per_second" = 20.0 } }
"""

EXACT = ("samples.lost", "samples.unaccounted", "cleanup.interval_minutes", "buffers.capacity_mb", "errors.logged")
"""What no noise of a machine moves."""

AXES = ["axis.buffers", "axis.books"]


def tables(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The runs without what they took, and the metrics."""
    runs = pd.read_csv(folder / "runs.csv", keep_default_na=False)
    return runs.drop(columns=["cpu_s", "wall_s"]), pd.read_parquet(folder / "table.parquet")


def assert_same(folder: Path, undisturbed: Path) -> None:
    (runs, metrics), (expected_runs, expected) = tables(folder), tables(undisturbed)
    pd.testing.assert_frame_equal(runs, expected_runs)
    keys = ["world", "config", *AXES, "seed", "metric", "unit", "moves"]
    own = ~metrics["metric"].str.startswith("owner."), ~expected["metric"].str.startswith("owner.")
    pd.testing.assert_frame_equal(
        metrics.loc[own[0], keys].reset_index(drop=True), expected.loc[own[1], keys].reset_index(drop=True)
    )
    values = [table[table["metric"].isin(EXACT)].reset_index(drop=True) for table in (metrics, expected)]
    pd.testing.assert_frame_equal(*values)
    peaks = [table[table["metric"] == "peak"]["value"].to_numpy() for table in (metrics, expected)]
    assert peaks[0] == pytest.approx(peaks[1], rel=0.02)


def results(soaks: Soaks) -> set[Path]:
    return set((soaks.folder / "results" / "sweeps" / "small-small").glob("*"))


def test_a_disturbed_sweep_gives_the_table_of_an_undisturbed_one(soaks: Soaks, until: Until) -> None:
    path = soaks.scenario(SWEEP, hours=0.1, warmup_minutes=1, symbols=3, seeds=2)
    whole = soaks.soak("sweep", path, "small", "--quiet", "--jobs", "2")
    assert whole.returncode == 0, whole.stdout + whole.stderr
    (undisturbed,) = results(soaks)
    runs, _ = tables(undisturbed)
    assert len(runs) == 8
    assert set(runs["status"]) == {"complete"}
    assert (undisturbed / "map.png").exists()
    assert "report.html" in whole.stdout
    assert "Where each claim holds" in (undisturbed / "report.html").read_text(encoding="utf-8")
    assert "100 % (4 of 4)" in whole.stdout

    process = soaks.start("sweep", path, "small", "--quiet", "--jobs", "1")

    def some_but_not_all_ended() -> bool:
        assert process.poll() is None, process.communicate()
        new = results(soaks) - {undisturbed}
        return any(list(folder.glob("worlds/*/runs/*/seed-*/run.json")) for folder in new)

    until(some_but_not_all_ended)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3, out + err
    assert "soak sweep --resume" in out
    (interrupted,) = results(soaks) - {undisturbed}
    assert 0 < (tables(interrupted)[0]["status"] == "complete").sum() < 8
    resumed = soaks.soak("sweep", "--resume", interrupted, "--quiet")
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    assert_same(interrupted, undisturbed)

    before = results(soaks)
    for shard in ("1/3", "2/3", "3/3"):
        assert soaks.soak("sweep", path, "small", "--quiet", "--shard", shard).returncode == 0
    shards = sorted(results(soaks) - before)
    assert len(shards) == 3
    incomplete = soaks.soak("sweep", "--merge", *shards[:2])
    assert incomplete.returncode == 3
    assert "Not merged yet: shard 3/3" in incomplete.stdout
    before = results(soaks)
    merged = soaks.soak("sweep", "--merge", *shards)
    assert merged.returncode == 0, merged.stdout + merged.stderr
    (folder,) = results(soaks) - before
    assert_same(folder, undisturbed)
    assert soaks.soak("report", folder).returncode == 0
