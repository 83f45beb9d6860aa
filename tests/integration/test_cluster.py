"""A sweep on a real Dask cluster, a scheduler and workers by their own commands on loopback, some of them killed."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from harness.scenario import load
from harness.soaks import run_rows
from harness.sweeps.planned import rows_of
from harness.sweeps.worlds import worlds_of
from tests.integration.conftest import PATIENCE_S, Soaks, Until
from tests.integration.dask_machines import Machines

pytestmark = [pytest.mark.soak]

COLLECTOR = """\
[configs.old]
cleanup_interval_cycles = 12
cleanup_threshold_mb = 100.0
[sweeps.small]
design = "full"
axes.books = { few = { "market.books_per_second" = 10.0 }, many = { "market.books_per_second" = 20.0 } }
"""

KILLER = """\
import os, signal


class Killer:
    def __init__(self, params, environment):
        self.kills = params["kills"]

    async def start(self):
        if self.kills:  # the worker: it supervises the guardian that is above this process
            pid = os.getpid()
            for _ in range(2):
                with open(f"/proc/{pid}/stat") as stat:
                    pid = int(stat.read().rpartition(")")[2].split()[1])
            os.kill(pid, signal.SIGKILL)

    async def stop(self):
        pass

    def on_candle(self, candle):
        pass


build = Killer
"""

KILLS = """\
[configs.a]
kills = false
[sweeps.kills]
axes.kills = { no = { "configs.kills" = false }, yes = { "configs.kills" = true } }
"""


@pytest.fixture
def machines(soaks: Soaks) -> Iterator[Machines]:
    with Machines(soaks) as machines:
        yield machines


def result(soaks: Soaks, root: str = "results") -> Path:
    return max((soaks.folder / root / "sweeps").glob("*/*"), key=lambda path: path.stat().st_mtime)


def told(folder: Path) -> dict[str, tuple[str, list[tuple[float, str]]]]:
    """The hash of the feed and the events of every run of a sweep, by its place."""
    runs = {}
    for file in folder.glob("worlds/*/runs/*/seed-*/events.jsonl"):
        events = [(event["t_s"], event["kind"]) for event in map(json.loads, file.read_text().splitlines())]
        assert "cleanup" in {kind for _, kind in events}
        facts = json.loads((file.parent / "run.json").read_text())
        runs[str(file.parent.relative_to(folder))] = facts["feed_hash"], events
    return runs


def test_a_sweep_on_two_workers_of_which_one_is_killed_is_that_of_this_machine(
    soaks: Soaks, machines: Machines, until: Until
) -> None:
    path = soaks.scenario(COLLECTOR, hours=0.05, warmup_minutes=0.5, symbols=2)
    lost = machines.worker("lost", "--no-nanny")
    machines.worker("kept", "--no-nanny")
    undisturbed = soaks.folder / "here"
    run_rows.carry_out(
        rows_of(worlds_of(load(str(path), import_target=False), "small"), undisturbed),
        at_once=2,
        observe=lambda _states: None,
    )
    machines.wait_for(2)
    process = soaks.start("sweep", path, "small", "--on", machines.address)
    until(lambda: bool(machines.judged_on("lost")) or process.poll() is not None)
    os.kill(lost.pid, signal.SIGKILL)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, out + err
    assert "2 of 2 done" in out
    until(lambda: not machines.judged_on("lost"))

    runs = pd.read_csv(result(soaks) / "runs.csv")
    assert list(runs["status"]) == ["complete"] * 2
    assert runs["host"].notna().all()
    assert told(result(soaks)) == told(undisturbed)


@pytest.mark.long
def test_a_run_that_costs_three_workers_is_a_hole_and_what_was_interrupted_is_resumed(
    soaks: Soaks, machines: Machines, until: Until
) -> None:
    soaks.target(KILLER)
    path = soaks.scenario(KILLS, hours=0.05, warmup_minutes=0.5, symbols=2, factory="mine:build")
    machines.worker("nannied")  # its nanny starts it again, however often
    machines.wait_for(1)
    shared = soaks.folder / "shared"
    process = soaks.soak("sweep", path, "kills", "--on", machines.address, "--shared", shared)
    assert process.returncode == 3, process.stdout + process.stderr
    folder = result(soaks, "shared")
    runs = pd.read_csv(folder / "runs.csv").set_index("config")
    assert runs["status"].to_dict() == {"a_no": "complete", "a_yes": "died"}
    assert runs.loc["a_yes", "reason"].startswith("3 workers were lost while it ran: tcp://127.0.0.1:")
    assert not list(folder.glob("incoming*"))
    assert not soaks.workers()

    path = soaks.scenario(COLLECTOR, hours=0.05, warmup_minutes=0.5, symbols=2)
    interrupted = soaks.start("sweep", path, "small", "--on", machines.address, "--quiet")
    until(lambda: bool(list(soaks.folder.glob("results/sweeps/*/*/worlds/*/runs/*/seed-*/run.json"))))
    until(lambda: bool(machines.judged_on("nannied")) or interrupted.poll() is not None)
    interrupted.send_signal(signal.SIGINT)
    out, err = interrupted.communicate(timeout=PATIENCE_S)
    assert interrupted.returncode == 3, out + err
    assert f"--on {machines.address}" in out
    assert not soaks.workers()
    folder = result(soaks)
    kept = {path: path.stat().st_mtime_ns for path in folder.glob("worlds/*/runs/*/seed-*/run.json")}
    assert len(kept) == 1
    resumed = soaks.soak("sweep", "--resume", folder, "--on", machines.address, "--quiet")
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert set(pd.read_csv(folder / "runs.csv")["status"]) == {"complete"}
