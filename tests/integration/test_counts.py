"""What a target counts of itself, and what it does not tell: exact where it is told, never 0 where it is not."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Soaks

pytestmark = pytest.mark.soak

COUNTING = """\
class Target:
    def __init__(self, params, environment):
        self.every = params["lose_every"]
        self.seen = self.persisted = self.lost = 0
    def start(self): pass
    def stop(self): pass
    def on_book(self, book):
        self.seen += 1
        if self.every and self.seen % self.every:
            self.lost += 1
        else:
            self.persisted += 1
    def counters(self):
        return {"collected": self.seen, "persisted": self.persisted, "lost": self.lost}
build = Target
"""

NONE_LOST = """\
[configs.lossy]
lose_every = 5
[configs.whole]
lose_every = 0
"""

CLAIM = """\
[[claims]]
name = "{config} loses nothing"
metric = "samples.lost"
configs = ["{config}"]
expected = [0.0, 0.0]
tolerance = 0.0
better = "neither"
kind = "prediction"
source = "a recorder keeps what it gets"
"""


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.long
def test_one_run_that_lost_samples_has_missed_and_its_losses_are_a_share(soaks: Soaks) -> None:
    soaks.target(COUNTING)
    claims = NONE_LOST + CLAIM.format(config="lossy") + CLAIM.format(config="whole")
    ended = soaks.soak("run", soaks.scenario(claims, factory="mine:build"), "--quiet")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    counters = soaks.facts("lossy")["counters"]
    lost, collected = counters["lost"], counters["collected"]
    assert lost > 0.7 * collected > 100
    said = f"lossy lost {lost:,} of {collected:,} samples ({100 * lost / collected:.3g} %)"
    verdict = soaks.verdict()
    outcomes = {claim["name"]: (claim["verdict"], claim["reason"]) for claim in verdict["claims"]}
    assert outcomes == {"lossy loses nothing": ("missed", said), "whole loses nothing": ("met", "")}
    runs = {run["config"]: (run["collected"], run["lost"], run["cleanups"]) for run in verdict["runs"]}
    assert runs["lossy"] == (collected, lost, None)
    assert runs["whole"][1] == 0
    for command in (("report", "latest"), ("report", "latest", "--verbose"), ("explain", "latest")):
        told = words(soaks.soak(*command).stdout)
        assert said.partition(" lost ")[2] in told, command
    assert "whole lost" not in words(ended.stdout)


SILENT = """\
class Target:
    def __init__(self, params, environment):
        self.emit = environment.emit
        self.kind = params["kind"]
        self.books = 0
    def start(self): pass
    def stop(self): pass
    def on_book(self, book):
        self.books += 1
        if self.kind and self.books % 500 == 0:
            self.emit(self.kind)
    def counters(self):
        return {"cleanups": 0} if self.kind == "nothing" else {}
build = Target
"""

KINDS = """\
[configs.silent]
kind = ""
[configs.counts]
kind = "nothing"
[configs.skips]
kind = "cleanup_skipped"
[configs.cleans]
kind = "cleanup"
"""


@pytest.mark.long
def test_a_target_that_tells_of_no_cleanup_did_not_do_none(soaks: Soaks) -> None:
    soaks.target(SILENT)
    ended = soaks.soak("run", soaks.scenario(KINDS, factory="mine:build"), "--quiet")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    cleanups = {run["config"]: run["cleanups"] for run in soaks.verdict()["runs"]}
    assert (cleanups["silent"], cleanups["counts"], cleanups["skips"]) == (None, 0, 0)
    assert cleanups["cleans"] >= 3
    table = soaks.soak("report", "latest", "--verbose").stdout
    rows = {line.split()[0]: line for line in table.splitlines() if line.split()[1:3] == ["1", "complete"]}
    assert "not told" in rows["silent"]
    assert all("not told" not in rows[config] for config in ("counts", "skips", "cleans"))
