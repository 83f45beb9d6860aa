"""Targets that damage their own recording, and readers beside a living soak: the soak goes on."""

from __future__ import annotations

import subprocess

import pytest

from harness.worker.recorder import SAMPLE
from tests.integration.conftest import PATIENCE_S, Soaks, Until

pytestmark = pytest.mark.soak

TARGET = """\
import json, os, shutil
from pathlib import Path

class Target:
    def __init__(self, params, environment):
        self.run = Path(environment.data_dir).resolve().parent
        self.emit = environment.emit
        judged = environment.data_dir.name == "data"  # not the one that is rehearsed
        self.how = params["how"] if judged and self.run.name == "seed-1" else ""
        environment.emit("note", t_s="12:00", kind="mine")
        self.books = 0

    def start(self): pass

    def stop(self): pass

    def on_book(self, book):
        self.books += 1
        if self.books != 20:
            return
        if self.how == "removes its folder":
            shutil.rmtree(self.run)
        elif self.how == "bad run.json":
            (self.run / "run.json").write_text('{"status": "compl')
            os._exit(0)
        elif self.how == "removes its events":
            (self.run / "events.jsonl").unlink()

def build(params, environment):
    return Target(params, environment)
"""

CONFIGS = {
    "removes_folder": ("removes its folder", "its folder was removed while it ran"),
    "bad_file": ("bad run.json", "run.json: cannot be read"),
    "removes_events": ("removes its events", "run.json: events is "),
}


@pytest.mark.long
def test_a_run_that_its_target_damages_does_not_end_the_soak(soaks: Soaks) -> None:
    soaks.target(TARGET)
    configs = "".join(f'[configs.{name}]\nhow = "{how}"\n' for name, (how, _) in CONFIGS.items())
    claims = "".join(
        f'[[claims]]\nname = "{name}"\nmetric = "start"\nconfigs = ["{name}"]\nexpected = [1.5, 2.5]\n'
        'better = "neither"\nkind = "construction"\nsource = "memory.baseline_gb"\n'
        for name in CONFIGS
    )
    path = soaks.scenario(configs + claims, factory="mine:build", seeds=3, hours=0.05)
    ended = soaks.soak("run", path, "--quiet", "--no-anchors")
    assert ended.returncode == 3, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    verdict = soaks.verdict()
    assert verdict["status"] == "incomplete"
    statuses = {(run["config"], run["seed"]): run for run in verdict["runs"]}
    for name, (_, said) in CONFIGS.items():
        assert statuses[name, 1]["status"] == "damaged"
        assert said in statuses[name, 1]["reason"]
        assert [statuses[name, seed]["status"] for seed in (2, 3)] == ["complete"] * 2
    assert {claim["lacking"] for claim in verdict["claims"]} == {"2 of 3 seeds"}
    assert {claim["verdict"] for claim in verdict["claims"]} == {"met"}
    for command, code in (("report", 3), ("explain", 0), ("compare", 0)):
        again = soaks.soak(command, "latest")
        assert (again.returncode, again.stderr) == (code, "")


@pytest.mark.long
def test_readers_beside_a_living_soak_neither_end_it_nor_write_there(soaks: Soaks, until: Until) -> None:
    soak = soaks.start("run", soaks.scenario(hours=0.6, seeds=3), "--quiet", "--no-anchors", "--jobs", 1)

    def under_way() -> bool:
        assert soak.poll() is None, soak.communicate()
        recordings = soaks.folder.glob("results/small/*/runs/*/*/samples.bin")
        return any(file.stat().st_size >= SAMPLE.itemsize for file in recordings)

    until(under_way)
    (folder,) = soaks.folder.glob("results/small/*")
    beside = 0
    while soak.poll() is None:
        readers = [soaks.start(command, "latest") for command in ("explain", "report")]
        said = [reader.communicate(timeout=PATIENCE_S) for reader in readers]
        assert not any(err for _, err in said), said
        explained, reported = (reader.returncode for reader in readers)
        assert explained == 0
        words = " ".join(said[1][0].split())
        if "is still running" in words or "no run of seed" in words:
            beside += 1
            assert reported == 3
            assert "The soak is still going on" in words
    out, err = soak.communicate(timeout=PATIENCE_S)
    assert soak.returncode == 0, out + err
    assert beside, "the soak was over before anybody read"
    assert [run["status"] for run in soaks.verdict()["runs"]] == ["complete"] * 3
    assert not list(folder.glob("**/*.partial"))
    assert sorted(file.name for file in soaks.run_folder().iterdir() if file.suffix == ".bin") == []


def test_two_readers_of_a_soak_that_was_killed_do_not_get_in_each_other_s_way(soaks: Soaks, until: Until) -> None:
    soak = soaks.start("run", soaks.scenario(hours=50), "--quiet")

    def recorded() -> bool:
        assert soak.poll() is None, soak.communicate()
        recordings = soaks.folder.glob("results/small/*/runs/old/seed-1/samples.bin")
        return any(file.stat().st_size > 100 * SAMPLE.itemsize for file in recordings)

    until(recorded)
    soak.kill()
    soak.communicate(timeout=PATIENCE_S)
    until(lambda: soaks.workers() == [])
    readers: list[subprocess.Popen[str]] = [
        soaks.start(command, "latest") for command in ("report", "explain", "report")
    ]
    ended = [reader.communicate(timeout=PATIENCE_S) for reader in readers]
    assert [reader.returncode for reader in readers] == [3, 0, 3], ended
    assert not any("Traceback" in err for _, err in ended)
    assert soaks.facts()["status"] in ("died", "interrupted")
    assert len(soaks.samples()) > 100
