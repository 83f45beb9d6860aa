"""A whole soak: what it leaves behind, that it repeats, and that it can be judged again."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from harness.analysis.result import Result
from harness.worker.handlers import HANDLERS
from harness.worker.job import Job
from harness.worker.recorder import DELIVERED
from synthetic.events import size_bytes
from tests.integration.conftest import Soaks

pytestmark = pytest.mark.soak

PAIR = """\
[configs.old]
cleanup_interval_cycles = 40
cleanup_threshold_mb = 100.0
[configs.fixed]
cleanup_interval_cycles = 4
cleanup_threshold_mb = 100.0
release_on_stop = true
use_legacy_format = false
[[claims]]
name = "fixed peaks lower"
metric = "reduction.peak"
configs = ["old", "fixed"]
expected = [0.02, "open"]
better = "higher"
kind = "prediction"
source = "ten times as many cleanups"
"""


def without_rss(events: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{key: fact for key, fact in event.items() if not key.startswith("rss")} for event in events]


def test_the_smoke_scenario_is_met_and_its_result_is_whole(soaks: Soaks) -> None:
    ended = soaks.soak("run", "smoke")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    result = soaks.result()
    assert {"scenario.toml", "manifest.json", "verdict.json", "memory.png", "over_time.png", "runs"} <= {
        p.name for p in result.iterdir()
    }
    assert (result / "memory.png").read_bytes()[:4] == b"\x89PNG"
    verdict = soaks.verdict()
    assert (verdict["format"], verdict["scenario"], verdict["status"]) == (4, "smoke", "met")
    expected = [(config, seed) for config in ("old", "fixed") for seed in (1, 2, 3)]
    assert [(run["config"], run["seed"]) for run in verdict["runs"]] == expected
    for run in verdict["runs"]:
        folder = soaks.run_folder(run["config"], run["seed"])
        assert {"samples.parquet", "events.jsonl", "run.json"} <= {p.name for p in folder.iterdir()}
        assert not {"samples.bin", "notes.jsonl", "rehearsal"} & {p.name for p in folder.iterdir()}
        assert run["start_gb"] == pytest.approx(4.0, rel=0.01)
        counters = soaks.facts(run["config"], run["seed"])["counters"]
        assert counters["collected"] == counters["persisted"] > 0
        assert counters["lost"] == 0
        # on disk is every sample, through cleanups and stop, and each once: no file was overwritten
        files = folder.glob("data/training_features/*.parquet")
        numbers = pd.concat([pd.read_parquet(file, columns=["sample"]) for file in files])["sample"]
        assert sorted(numbers) == list(range(int(counters["collected"])))
    samples = soaks.samples("fixed", 2)
    assert samples["t_s"].is_monotonic_increasing
    assert list(dict.fromkeys(samples["phase"])) == ["start", "warm-up", "load", "stop", "release", "settle"]
    assert f"results/smoke/{result.name}/memory.png" in ended.stdout
    assert soaks.workers() == []


@pytest.mark.long
def test_a_seed_gives_the_same_feed_and_the_same_events(soaks: Soaks) -> None:
    path = soaks.scenario(PAIR, seeds=2)
    found = []
    for _ in range(2):
        ended = soaks.soak("run", path, "--quiet")
        assert ended.returncode in (0, 4), ended.stdout + ended.stderr
        found.append(
            {
                (config, seed): (soaks.facts(config, seed)["feed_hash"], without_rss(soaks.events(config, seed)))
                for config in ("old", "fixed")
                for seed in (1, 2)
            }
        )
    assert found[0] == found[1]
    hashes = {key: feed for key, (feed, _) in found[0].items()}
    assert hashes["old", 1] == hashes["fixed", 1] != hashes["old", 2] == hashes["fixed", 2]
    assert any(event["kind"] == "cleanup" for event in found[0]["fixed", 1][1])


TAKES_ALL = """\
class Target:
    def __init__(self, params, environment):
        for kind in params.get("takes", ["book", "delta", "trade", "candle", "reconnect"]):
            setattr(self, f"on_{kind}", self.take)
    def start(self): pass
    def stop(self): pass
    def take(self, event): pass
build = Target
"""


@pytest.mark.long
def test_the_load_is_what_was_delivered_and_a_seed_repeats_it(soaks: Soaks) -> None:
    """Under a feed that breaks and has a season, and with a target that is stopped and started in between."""
    soaks.target(TAKES_ALL)
    configs = '[configs.all]\n[configs.trades]\ntakes = ["trade"]\n[configs.nothing]\ntakes = []\n'
    faults = "[market.faults]\nreconnects_per_hour = 20.0\nhalts_per_hour = 10.0\nbursts_per_hour = 10.0\n"
    path = soaks.scenario(configs + faults, factory="mine:build")
    path.write_text(
        path.read_text().replace("[market]", "[market]\nseason = true").replace("[time]", "[time]\nstarts = 2")
    )
    columns = [name for pair in DELIVERED.values() for name in pair]
    loads = []
    for _ in range(2):
        ended = soaks.soak("run", path, "--quiet", "--no-anchors")
        assert ended.returncode == 3, ended.stdout + ended.stderr
        assert "- nothing was handed nothing: " in ended.stdout
        loads.append({config: soaks.samples(config)[["t_s", *columns]] for config in ("all", "trades", "nothing")})
        for run in Result.open(soaks.result()).runs:
            job = Job.read(soaks.run_folder(run.config))
            takes = [kind for kind, name in HANDLERS.items() if name[3:] in job.params.get("takes", [name[3:]])]
            events = list(job.feed(start_ms=job.start_ms).stream(job.horizon_s + job.run_on_s, takes))
            last = run.samples.iloc[-1]
            for kind, (count, size) in DELIVERED.items():
                handed = [event for event in events if type(event) is kind]
                assert (last[count], last[size]) == (len(handed), sum(map(size_bytes, handed)))
                assert bool(handed) == (kind in takes)
            assert run.load is not None
            assert (run.load.events[0], run.load.events[-1]) == (0, len(events))
            middle = run.load.t_s.searchsorted(180)  # events of this very instant come after its sample
            before = [event for event in events if event.timestamp_ms - job.start_ms < 1000 * run.load.t_s[middle]]
            assert run.load.events[middle] == len(before)
            assert run.load.bytes[middle] == sum(map(size_bytes, before))
    for config, load in loads[0].items():
        pd.testing.assert_frame_equal(load, loads[1][config])


@pytest.mark.long
def test_an_edited_claim_is_judged_again_from_the_recording(soaks: Soaks) -> None:
    soaks.soak("run", soaks.scenario(PAIR, seeds=2), "--quiet")
    before = soaks.verdict()["claims"][0]
    scenario = soaks.result() / "scenario.toml"
    scenario.write_text(scenario.read_text().replace("0.02", "0.99"))
    again = soaks.soak("report", "latest")
    assert again.returncode == 1, again.stdout + again.stderr
    after = soaks.verdict()["claims"][0]
    assert after["verdict"] == "missed"
    assert after["estimate"] == before["estimate"]


@pytest.mark.long
def test_two_results_are_compared_and_different_worlds_are_not(soaks: Soaks) -> None:
    soaks.soak("run", soaks.scenario(PAIR), "--quiet")
    first = soaks.result()
    soaks.soak("run", soaks.scenario(PAIR), "--quiet")
    second = soaks.result()
    alike = soaks.soak("compare", first, second)
    assert alike.returncode == 0, alike.stdout + alike.stderr
    assert "peak" in alike.stdout
    soaks.soak("run", soaks.scenario(PAIR, symbols=6), "--quiet")
    differ = soaks.soak("compare", first, soaks.result())
    assert differ.returncode == 2
    assert "symbols" in differ.stderr
    assert "Traceback" not in differ.stderr


@pytest.mark.long
def test_configs_seeds_hours_and_scale_are_taken_from_the_command_line(soaks: Soaks) -> None:
    path = soaks.scenario(PAIR)
    ended = soaks.soak("run", path, "--configs", "fixed", "--seeds", 2, "--hours", 0.05, "--scale", 0.11, "--quiet")
    assert ended.returncode == 0, ended.stdout + ended.stderr  # the claim is about two configs and goes
    verdict = soaks.verdict()
    assert [(run["config"], run["seed"], run["status"]) for run in verdict["runs"]] == [
        ("fixed", 1, "complete"),
        ("fixed", 2, "complete"),
    ]
    assert verdict["memory_scale"] == 0.11
    assert soaks.facts("fixed")["t_s"] == pytest.approx(0.05 * 3600 + 12 + 60, abs=5)
    manifest = json.loads((soaks.result() / "manifest.json").read_text())
    assert manifest["command"][-1] == "--quiet"
    assert manifest["environment"]["PYTHONHASHSEED"] == "0"


BY_SEED = """\
import re
class Target:
    def __init__(self, params, environment):
        seed = int(re.search(r"seed-(\\d+)", str(environment.data_dir))[1])
        self.peak_mb = [0, 10, 5, 5, 5][seed - 1001]
    def start(self): pass
    def stop(self): pass
    def on_book(self, book): pass
    def counters(self):
        return {"buffered_bytes_peak": self.peak_mb * 1e5}
build = Target
"""


SMALL_BUFFERS = """\
[configs.only]
[[claims]]
name = "buffers stay small"
metric = "buffers.peak_mb"
configs = ["only"]
expected = [0.0, 100.0]
tolerance = 100.0
better = "lower"
kind = "prediction"
source = "two seeds cannot tell, three can"
"""


@pytest.mark.long
def test_seeds_are_added_until_it_is_decided_and_a_report_says_the_same(soaks: Soaks) -> None:
    soaks.target(BY_SEED)
    path = soaks.scenario(SMALL_BUFFERS, factory="mine:build", seeds=2)
    path.write_text(path.read_text().replace("0.0375", "1000.0"))  # whether it leaks is not the question here
    ended = soaks.soak("run", path, "--max-seeds", 5, "--first-seed", 1001)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Open after 2 seeds: buffers stay small: seed 1003 is added." in ended.stdout
    verdict = soaks.verdict()
    assert [run["seed"] for run in verdict["runs"]] == [1001, 1002, 1003]
    assert 0.95 < verdict["confidence"] < 1
    assert f"[{100 * verdict['confidence']:.3g} %]" in ended.stdout
    rss = next(leak for leak in verdict["leaks"] if leak["measure"] == "rss")
    assert (rss["config"], rss["verdict"], len(rss["values"])) == ("only", "OK", 3)
    assert soaks.soak("report", "latest").returncode == 0
    assert soaks.verdict() == verdict
