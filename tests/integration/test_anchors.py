"""Anchor runs for real: at full scale in a small world, left out, killed, too large, interrupted."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.integration.conftest import PATIENCE_S, Soaks, Until

pytestmark = pytest.mark.soak

WORLD = {"seeds": 2, "hours": 0.4, "books_per_second": 12.0, "symbols": 10, "warmup_minutes": 2, "baseline_gb": 2.0}

CLAIM = """\
[[claims]]
name = "a cleanup frees"
metric = "sawtooth.trough_gb"
configs = ["old"]
expected = ["open", 3.0]
better = "lower"
kind = "prediction"
source = "this test"
[[claims]]
name = "it peaks"
metric = "peak"
configs = ["old"]
expected = ["open", 9.0]
better = "lower"
kind = "prediction"
source = "this test"
"""

SAWTOOTH = """\
[configs.old]
cleanup_interval_cycles = 60
cleanup_threshold_mb = 1000.0
release_on_stop = true
"""

HOLDS = """\
import os, signal
class Target:
    def __init__(self, params, environment):
        self.environment = environment
        self.books = []
    async def start(self):
        pass
    def on_book(self, book):
        self.books += [book.bids.copy() for _ in range(8)]
        if self.environment.memory_scale > 0.5 and len(self.books) > 2000:
            {at_full_scale}
    async def stop(self):
        self.books.clear()
build = Target
"""


def claims(verdict: dict) -> dict[str, dict]:
    return {claim["name"]: claim for claim in verdict["claims"]}


def anchored(soaks: Soaks, config: str = "old") -> list[Path]:
    return sorted((soaks.result() / "anchors").glob(f"{config}-*/runs/{config}/seed-*/run.json"))


@pytest.mark.long
def test_a_soak_is_judged_at_full_scale_and_says_before_what_that_takes(soaks: Soaks) -> None:
    ended = soaks.soak("run", soaks.scenario(SAWTOOTH + CLAIM, **WORLD))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    said = " ".join(ended.stdout.split())
    assert said.startswith("2 runs at scale 0.1, ")
    assert "Then anchor runs of old in larger worlds" in said
    assert "Anchor runs: old at scale 1 for 0.4 h" in said
    assert (
        said.index("Then anchor runs")
        < said.index("Anchor runs: old at scale 1")
        < said.index("claim expected measured")
    )
    verdict = soaks.verdict()
    freed = claims(verdict)["a cleanup frees"]
    assert (freed["basis"], freed["verdict"]) == ("measured", "met")
    assert freed["small_estimate"] is not None
    assert claims(verdict)["it peaks"]["basis"] == "scenario"
    assert {(run["memory_scale"], run["seed"]) for run in verdict["anchors"]} == {(1.0, 1), (1.0, 2)}
    again = soaks.soak("report", "latest")
    assert again.returncode == 0
    assert soaks.verdict() == verdict
    large = soaks.soak("report", soaks.result() / "anchors" / "old-1", "--verbose")  # a result like any other
    assert "from a world at scale 1" in large.stdout


@pytest.mark.long
def test_left_out_anchors_leave_such_claims_open_and_nothing_else(soaks: Soaks) -> None:
    ended = soaks.soak("run", soaks.scenario(SAWTOOTH + CLAIM, **WORLD), "--no-anchors", "--quiet")
    assert ended.returncode == 4, ended.stdout + ended.stderr
    found = claims(soaks.verdict())
    assert (found["a cleanup frees"]["verdict"], found["it peaks"]["verdict"]) == ("inconclusive", "met")
    assert "anchor runs were left out" in found["a cleanup frees"]["reason"]
    assert anchored(soaks) == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("at_full_scale", "said"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "killed by SIGKILL"),
        pytest.param("self.books.append(b'x' * 1_000_000)", "reached the machine's limit"),
        ("raise ValueError('no room')", "ValueError: no room"),
    ],
    ids=["killed", "limit", "raises"],
)
def test_an_anchor_that_ends_early_loses_nothing_of_the_small_runs(soaks: Soaks, at_full_scale: str, said: str) -> None:
    soaks.target(HOLDS.format(at_full_scale=at_full_scale))
    scenario = soaks.scenario(
        "[configs.old]\n" + CLAIM.replace("sawtooth.trough_gb", "release.stop"),
        **{**WORLD, "hours": 0.1, "factory": "mine:build", "limit_gb": 4.0},
    )
    ended = soaks.soak("run", scenario, "--quiet")
    assert ended.returncode == 4, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    freed, peak = (claims(soaks.verdict())[name] for name in ("a cleanup frees", "it peaks"))
    assert (freed["verdict"], freed["basis"], freed["estimate"]) == ("inconclusive", "undecided", None)
    assert said in freed["reason"]
    assert (peak["verdict"], len(peak["seeds"])) == ("met", 2)


@pytest.mark.long
def test_an_interruption_of_anchors_keeps_the_soak_that_was_done(soaks: Soaks, until: Until) -> None:
    process = soaks.start("run", soaks.scenario(SAWTOOTH + CLAIM, **{**WORLD, "hours": 2.0}), "--quiet")

    def anchoring() -> bool:
        assert process.poll() is None, process.communicate()
        return any(soaks.folder.glob("results/small/*/anchors/*/runs/*/*/samples.bin"))

    until(anchoring)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, soaks.verdict()["status"]) == (4, "inconclusive"), out + err
    assert "Traceback" not in out + err
    assert "Interrupted" in out
    found = claims(soaks.verdict())
    assert (found["it peaks"]["verdict"], found["a cleanup frees"]["verdict"]) == ("met", "inconclusive")
    assert soaks.workers() == []


@pytest.mark.long
@pytest.mark.alone  # two soaks at full scale
def test_a_soak_killed_in_its_anchors_is_gone_on_with_there(soaks: Soaks, until: Until) -> None:
    process = soaks.start("run", soaks.scenario(SAWTOOTH + CLAIM, **WORLD), "--quiet")

    def anchoring() -> bool:
        assert process.poll() is None, process.communicate()
        return any(soaks.folder.glob("results/small/*/anchors/*/runs/*/*/samples.bin"))

    until(anchoring)
    process.kill()
    process.communicate(timeout=PATIENCE_S)
    until(lambda: not soaks.workers())
    small = {seed: (soaks.run_folder("old", seed) / "samples.parquet").read_bytes() for seed in (1, 2)}
    again = soaks.soak("run", "--resume", soaks.result(), "--quiet")
    assert again.returncode == 0, again.stdout + again.stderr
    verdict = soaks.verdict()
    assert claims(verdict)["a cleanup frees"]["basis"] == "measured"
    assert {(run["memory_scale"], run["seed"]) for run in verdict["anchors"]} == {(1.0, 1), (1.0, 2)}
    assert {file.parent.name for file in anchored(soaks)} == {"seed-1", "seed-2"}
    assert {seed: (soaks.run_folder("old", seed) / "samples.parquet").read_bytes() for seed in small} == small
