"""Guardrails with real targets: memory is not saved by losing data, and every sample is accounted for."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Soaks

pytestmark = pytest.mark.soak

BUFFERING = """\
class Target:
    def __init__(self, params, environment):
        self.most = params["most"]
        self.buffer = []
        self.collected = self.persisted = self.lost = 0
    def start(self):
        pass
    def on_book(self, book):
        self.collected += 1
        self.buffer.append(bytearray(b"1") * 20_000)
        if len(self.buffer) > self.most:
            self.lost += 1
            del self.buffer[0]
    def stop(self):
        self.persisted += len(self.buffer)
        self.buffer.clear()
    def counters(self):
        return {"collected": self.collected, "persisted": self.persisted, "lost": self.lost}
build = Target
"""
"""Keeps samples of 20 kB until the stop, the newest `most` of them; the others it drops, and says so."""

LESS = """\
[configs.old]
most = 1000000
[configs.fixed]
most = 100
[[claims]]
name = "fixed peaks lower"
metric = "reduction.peak"
configs = ["old", "fixed"]
expected = [0.02, "open"]
better = "higher"
kind = "prediction"
source = "a shorter buffer"
"""


def test_memory_that_is_saved_by_dropping_samples_is_missed(soaks: Soaks) -> None:
    soaks.target(BUFFERING)
    ended = soaks.soak("run", soaks.scenario(LESS, factory="mine:build", seeds=2), "--quiet")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    counters = [soaks.facts("fixed", seed)["counters"] for seed in (1, 2)]
    lost, collected = (sum(int(one[name]) for one in counters) for name in ("lost", "collected"))
    assert lost == collected - 200 > 100
    of = f"{lost:,} of {collected:,} samples ({100 * lost / collected:.3g} %)"
    said = f"fixed lost {of}: memory that is saved by losing data is not saved"
    assert f"- fixed peaks lower, missed: {said}" in " ".join(ended.stdout.split())
    verdict = soaks.verdict()
    (claim,) = verdict["claims"]
    assert (verdict["status"], claim["verdict"], claim["reason"]) == ("missed", "missed", said)
    assert claim["low"] > 0.02  # by its curve alone it would have been met
    assert [soaks.facts("old", seed)["counters"]["lost"] for seed in (1, 2)] == [0, 0]


OVERWRITING = """\
class Target:
    def __init__(self, params, environment):
        self.folder = environment.data_dir
        self.collected = 0
    def start(self):
        pass
    def on_candle(self, candle):
        self.collected += 1
        (self.folder / "rows.jsonl").write_text("[1]\\n")
    def stop(self):
        pass
    def counters(self):
        return {"collected": self.collected, "persisted": self.collected, "lost": 0}
build = Target
"""
"""Writes every sample over the one before, and takes all of them for persisted."""

ALL_ON_DISK = """\
persisted = "*.jsonl"
[configs.old]
[[claims]]
name = "every sample is on disk"
metric = "disk.missing"
configs = ["old"]
expected = [0, 0]
tolerance = 0
better = "lower"
kind = "prediction"
source = "what a collector is for"
"""


def test_rows_that_were_overwritten_are_missing_whatever_the_target_counts(soaks: Soaks) -> None:
    soaks.target(OVERWRITING)
    ended = soaks.soak("run", soaks.scenario(ALL_ON_DISK, factory="mine:build"), "--quiet")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    collected = int(soaks.facts()["counters"]["collected"])
    assert collected > 10
    said = f"old: collected {collected}, on disk 1: {collected - 1} are missing"
    assert said in " ".join(ended.stdout.split())
    assert soaks.verdict()["runs"][0]["rows_on_disk"] == 1
