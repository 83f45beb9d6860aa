"""A soak that was killed is gone on with: what ended is kept, the verdict is that of an undisturbed one."""

from __future__ import annotations

import json
import os
import shutil
import signal

import pytest

from tests.integration.conftest import PATIENCE_S, Soaks, Until

pytestmark = pytest.mark.soak

PAIR = """\
[configs.old]
[configs.fixed]
cleanup_interval_cycles = 4
[[claims]]
name = "fixed loses nothing"
metric = "samples.lost"
configs = ["fixed"]
expected = [0, 0]
tolerance = 0
better = "lower"
kind = "prediction"
source = "every sample is written"
"""


def outcome(soaks: Soaks) -> object:
    """What a verdict says that no noise of a machine moves."""
    verdict = soaks.verdict()
    claims = [(claim["name"], claim["verdict"]) for claim in verdict["claims"]]
    runs = [(run["config"], run["seed"], run["status"]) for run in verdict["runs"]]
    hashes = [soaks.facts(config, seed)["feed_hash"] for config, seed, _ in runs]
    return verdict["status"], claims, runs, hashes


@pytest.mark.long
def test_a_killed_soak_is_gone_on_with_to_the_verdict_of_an_undisturbed_one(soaks: Soaks, until: Until) -> None:
    path = soaks.scenario(PAIR, hours=0.02, warmup_minutes=0.2, symbols=2)
    whole = soaks.soak("run", path, "--quiet")
    assert (soaks.folder / "results/latest").exists(), whole.stdout + whole.stderr
    expected, undisturbed = outcome(soaks), soaks.result()

    process = soaks.start("run", path, "--quiet", "--jobs", "1")

    def the_second_runs() -> bool:
        assert process.poll() is None, process.communicate()
        files = (soaks.folder / "results").glob("small/*/runs/fixed/seed-1/samples.bin")
        return any(file.stat().st_size for file in files)

    until(the_second_runs)
    for held in (process.pid, *soaks.workers()):  # or it would be over before it is asked about
        os.kill(held, signal.SIGSTOP)
    refused = soaks.soak("run", "--resume", "latest")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.strip().endswith("its soak is going on")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE_S)
    until(lambda: not soaks.workers())

    killed = soaks.result()
    assert killed != undisturbed
    kept = (killed / "runs/old/seed-1/samples.parquet").read_bytes()
    manifest = (killed / "manifest.json").read_bytes()
    again = soaks.soak("run", "--resume", killed, "--quiet")
    assert again.returncode == whole.returncode, again.stdout + again.stderr
    assert soaks.result() == killed
    assert outcome(soaks) == expected
    assert (killed / "runs/old/seed-1/samples.parquet").read_bytes() == kept
    assert (killed / "manifest.json").read_bytes() == manifest
    assert {file.name for file in killed.iterdir()} == {file.name for file in undisturbed.iterdir()}

    # of a run that is gone, and one that is damaged, nothing is left open
    shutil.rmtree(soaks.run_folder("old", 1))
    (soaks.run_folder("fixed", 1) / "samples.parquet").write_bytes(b"PAR1")
    assert soaks.soak("run", "--resume", killed, "--quiet").returncode == whole.returncode
    assert outcome(soaks) == expected
    assert json.loads((killed / "verdict.json").read_text())["reasons"] == []
