"""What cannot be run or read is refused in one clear line, before anything is written."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Soaks

pytestmark = pytest.mark.soak


@pytest.mark.long
def test_a_scale_below_the_idle_process_says_which_would_do(soaks: Soaks) -> None:
    path = soaks.scenario()
    ended = soaks.soak("run", path, "--scale", 0.01, "--quiet")
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert "the idle process takes" in line
    advised = float(line.rpartition("--scale ")[2].split()[0])
    assert soaks.soak("run", path, "--scale", advised, "--hours", 0.05, "--quiet").returncode == 0


@pytest.mark.long
def test_a_limit_that_the_machine_does_not_have_is_no_reason_to_refuse(soaks: Soaks) -> None:
    ended = soaks.soak("run", soaks.scenario(limit_gb=4000, scale=1), "--quiet")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert soaks.facts()["limit_bytes"] < 4000e9  # what was left on this machine


def test_runs_that_exceed_the_machine_are_refused_with_advice(soaks: Soaks) -> None:
    ended = soaks.soak("run", soaks.scenario(baseline_gb=3000, limit_gb=4000, scale=1))
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert "3000.0 GB" in line
    assert "--scale" in line
    assert not (soaks.folder / "results").exists()


@pytest.mark.parametrize(
    ("factory", "said"),
    [
        ("nowhere:build", 'module "nowhere" cannot be imported: ModuleNotFoundError'),
        ("mine:gone", 'has no callable "gone"'),
        ("broken:build", 'module "broken" cannot be imported: SyntaxError'),
    ],
)
def test_a_factory_that_cannot_be_had(soaks: Soaks, factory: str, said: str) -> None:
    soaks.target("def build(params, environment): ...\n")
    (soaks.folder / "broken.py").write_text("def (:\n")
    ended = soaks.soak("run", soaks.scenario(factory=factory))
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert said in line
    assert "target.factory" in line


@pytest.mark.long
def test_a_damaged_recording_is_told_by_its_file(soaks: Soaks) -> None:
    soaks.soak("run", soaks.scenario(hours=0.05), "--quiet")
    (soaks.run_folder() / "samples.parquet").write_bytes(b"not parquet")
    ended = soaks.soak("report", "latest")
    assert ended.returncode == 3
    assert "Traceback" not in ended.stderr
    assert "is damaged: samples.parquet" in " ".join(ended.stdout.split())
