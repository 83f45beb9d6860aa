"""Runs that end before their time: at the limit, killed, interrupted, on a full disk. What was recorded is kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.result import Result
from harness.analysis.runs import Runs
from harness.scenario import load
from harness.worker.recorder import SAMPLE
from tests.integration.conftest import PATIENCE_S, Soaks, Until
from tests.integration.misbehaving import TARGET, misbehaving

pytestmark = pytest.mark.soak


RECORDED = 100
"""Samples that the first run has taken, at least, when a test ends it."""

NEVER_FULL = "[configs.old]\nmax_samples_per_file = 10_000_000\n"


def started(soaks: Soaks, *arguments: object, until: Until) -> subprocess.Popen[str]:
    """A long soak whose first run has taken more than `RECORDED` samples. The target saves none before it stops."""
    process = soaks.start("run", soaks.scenario(NEVER_FULL, hours=50), "--quiet", *arguments)

    def under_way() -> bool:
        assert process.poll() is None, process.communicate()
        recordings = soaks.folder.glob("results/small/*/runs/old/seed-1/samples.bin")
        return any(file.stat().st_size > RECORDED * SAMPLE.itemsize for file in recordings)

    until(under_way)
    return process


def test_a_leak_reaches_the_limit_which_is_an_outcome(soaks: Soaks) -> None:
    path = misbehaving(soaks, on_book="self.kept.append(bytearray(200_000))")
    path.write_text(path.read_text().replace("limit_gb = 10.0", "limit_gb = 4.0"))
    ended = soaks.soak("run", path)
    facts = soaks.facts()
    assert facts["status"] == "limit"
    assert 0 < facts["t_s"] < 360
    assert facts["peak_rss_bytes"] > 400e6
    assert soaks.events()[-1]["kind"] == "limit"
    assert soaks.verdict()["runs"][0]["after_stop_gb"] is None
    assert ended.returncode == 0, ended.stdout  # nothing was claimed


def test_kill_9_of_a_worker_is_reported_with_its_virtual_time(soaks: Soaks, until: Until) -> None:
    process = started(soaks, until=until)
    os.kill(soaks.workers()[0], signal.SIGKILL)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3, out + err
    facts = soaks.facts()
    assert (facts["status"], facts["reason"]) == ("died", "killed by SIGKILL")
    samples = soaks.samples()
    assert facts["t_s"] == samples["t_s"].max() > 0
    assert (samples["rss_bytes"] > 0).all()
    assert "died" in out
    assert "SIGKILL" in out


def test_kill_9_between_two_writes_keeps_what_was_saved_and_counts_what_was_not(soaks: Soaks, until: Until) -> None:
    path = soaks.scenario(
        "[configs.old]\nmax_samples_per_file = 50\nsamples_per_interval = 10.0\n", hours=50, books_per_second=2.0
    )
    process = soaks.start("run", path, "--quiet")

    def between_two_writes() -> bool:
        """Whether buffers are partly full, 20 files later; the worker then stays stopped."""
        assert process.poll() is None, process.communicate()
        for file in soaks.folder.glob("results/*/*/runs/*/*/events.jsonl"):
            (worker,) = soaks.workers() or (0,)
            if not worker or file.read_bytes().count(b'"flush"') <= 20:
                return False
            os.kill(worker, signal.SIGSTOP)
            counts = [json.loads(line) for line in file.read_bytes().splitlines() if b'"collected"' in line]
            if counts[-1]["samples"] % 25:
                return True
            os.kill(worker, signal.SIGCONT)
        return False

    until(between_two_writes)
    os.kill(soaks.workers()[0], signal.SIGKILL)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3, out + err
    events = soaks.events()
    saved = [event for event in events if event["kind"] == "flush"]
    collected = [event for event in events if event["kind"] == "collected"]
    files = sorted(soaks.run_folder().glob("data/training_features/*.parquet"), key=lambda file: file.stem[-6:])
    for file, event in zip(files, saved, strict=True):
        assert file.stem.startswith(event["symbol"])
        assert len(pd.read_parquet(file)) == event["samples"]
    # 10 samples in 50 s at full scale, so one at a tenth, of each of five symbols
    assert [event["samples"] for event in collected] == [5 * number for number in range(1, len(collected) + 1)]
    assert collected[-1]["t_s"] == pytest.approx(50 * len(collected))
    (run,) = Result.open(soaks.result()).runs
    scenario = load(str(path))
    not_saved = METRICS["samples.lost"].compute(Runs.of(scenario, [run]), ("old",))
    # five symbols whose buffers hold five samples each: 25 are saved at a time
    assert (not_saved.bound, not_saved.estimate) == ("lower", collected[-1]["samples"] % 25)
    assert not_saved.estimate > 0


@pytest.mark.long
def test_ctrl_c_ends_the_runs_and_keeps_the_recordings(soaks: Soaks, until: Until) -> None:
    process = started(soaks, "--seeds", 3, "--jobs", 2, until=until)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3, out + err
    assert soaks.workers() == []
    assert soaks.facts()["status"] == "interrupted"
    assert len(soaks.samples()) > RECORDED
    assert "Traceback" not in out + err
    assert "Interrupted" in out
    assert soaks.verdict()["status"] == "incomplete"
    assert (soaks.result() / "memory.png").exists()
    runs = Result.open(soaks.result()).runs
    first = next(run for run in runs if run.seed == 1)
    collected, persisted = (first.facts["counters"][name] for name in ("collected", "persisted"))
    not_saved = METRICS["samples.lost"].compute(Runs.of(load("smoke"), [first]), ("old",))
    assert (not_saved.bound, not_saved.estimate) == ("lower", collected - persisted)
    assert collected > persisted == 0  # its buffers were never full


@pytest.mark.long
def test_kill_9_of_the_supervisor_leaves_no_process_and_a_readable_recording(soaks: Soaks, until: Until) -> None:
    process = started(soaks, until=until)
    process.kill()
    process.communicate(timeout=PATIENCE_S)
    until(lambda: soaks.workers() == [])
    again = soaks.soak("report", "latest")
    assert again.returncode == 3, again.stdout + again.stderr
    assert len(soaks.samples()) > RECORDED
    assert soaks.facts()["status"] in ("interrupted", "died")


@pytest.fixture
def small_disk(soaks: Soaks) -> Iterator[Path]:
    """A real file system of 300 kB under results/."""
    folder = soaks.folder / "results"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


def test_a_full_disk_is_one_clear_error_and_keeps_what_was_recorded(soaks: Soaks, small_disk: Path) -> None:
    soaks.target(TARGET.format(start="pass", on_book="pass", cycle="pass", stop="pass"))
    ended = soaks.soak("run", soaks.scenario(factory="mine:build", hours=10), "--quiet")
    assert ended.returncode == 3, ended.stdout + ended.stderr
    assert "No space left on device" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    assert soaks.workers() == []
    (recorded,) = small_disk.glob("small/*/runs/old/seed-1")
    assert any(
        (recorded / name).stat().st_size > 100_000
        for name in ("samples.bin", "samples.parquet")
        if (recorded / name).exists()
    )
