"""Whole soaks repeated with fresh seeds, as they are and with a leak in them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import PATIENCE_S, Soaks

pytestmark = pytest.mark.soak

CLAIMED = """\
[configs.fixed]
cleanup_interval_cycles = 4
cleanup_threshold_mb = 100.0
use_legacy_format = false
[[claims]]
name = "fixed stays small"
metric = "peak"
configs = ["fixed"]
expected = ["open", 2.75]
better = "lower"
kind = "prediction"
source = "it starts with 2 GB"
[[claims]]
name = "a cleanup every 20 s"
metric = "cleanup.interval_minutes"
configs = ["fixed"]
expected = [0.333, 0.334]
better = "neither"
kind = "construction"
source = "cleanup_interval_cycles 4"
[[claims]]
name = "fixed loses no sample"
metric = "samples.lost"
configs = ["fixed"]
expected = [0.0, 0.0]
tolerance = 0.0
better = "neither"
kind = "prediction"
source = "guardrail"
"""


def repeat(soaks: Soaks, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "harness.calibration.repetitions", *map(str, arguments)],
        cwd=soaks.folder,
        env=soaks.environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def recorded(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "repetitions.jsonl").read_text().splitlines()]


@pytest.mark.long
def test_a_soak_is_met_each_time_and_red_each_time_with_a_leak(soaks: Soaks) -> None:
    scenario = soaks.scenario(CLAIMED, seeds=2, hours=0.05, warmup_minutes=0.5)
    plain = repeat(soaks, scenario, "--times", 2)
    assert plain.returncode == 0, plain.stdout + plain.stderr
    # 800 budgets: 30 GB an hour, for three minutes
    leaking = repeat(soaks, scenario, "--times", 2, "--leak", 800)
    assert leaking.returncode == 0, leaking.stdout + leaking.stderr
    results = soaks.folder / "results" / "repetitions"
    without, with_leak = recorded(results / "small"), recorded(results / "small-leak-800")
    for repetitions, status in ((without, "met"), (with_leak, "missed")):
        assert [(one["number"], one["first_seed"], one["seeds"], one["status"]) for one in repetitions] == [
            (1, 1001, 2, status),
            (2, 1003, 2, status),
        ]
        assert all(one["cpu_s"] > 0 and one["wall_s"] > 0 and one["folder"] is None for one in repetitions)
    for one, other in zip(without, with_leak, strict=True):
        missed, *alike = [claim["verdict"] for claim in other["claims"]]
        assert (missed, alike) == ("missed", ["met", "met"])
        (peak, leaking_peak) = (each["claims"][0]["estimate"] for each in (one, other))
        assert leaking_peak - peak == pytest.approx(1.5, abs=0.3)
        assert [claim["estimate"] for claim in other["claims"][1:]] == [
            claim["estimate"] for claim in one["claims"][1:]
        ]
    assert sorted(path.name for path in results.rglob("*") if path.is_file()) == ["repetitions.jsonl"] * 2
    page = (soaks.folder / "docs" / "reference" / "repetitions.md").read_text()
    assert "| small | not known | 2 | 2: 100 [15.8, 100] | 0: 0 [0, 84.2] | 0: 0 [0, 84.2] |" in page
    assert "| small, leak of 800 budgets | not known | 2 | 0: 0 [0, 84.2] | 2: 100 [15.8, 100] |" in page
    assert soaks.workers() == []
