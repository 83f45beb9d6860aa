"""An exchange between feed and target, as `soak run` and `soak exchange` have it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request

import pytest

from tests.integration.conftest import PATIENCE_S, Soaks

pytestmark = pytest.mark.soak

CLAIMS = """
[exchange]
venue = "{venue}"
[configs.null]
[[claims]]
name = "all of it"
metric = "wire.delivered_share"
configs = ["null"]
expected = [1.0, 1.0]
tolerance = 0.0001
better = "neither"
kind = "prediction"
source = "what is sent is read in the same instant"
"""
WORLD = {"hours": 0.05, "symbols": 2, "books_per_second": 1.0, "scale": 1, "baseline_gb": 0.2, "limit_gb": 2}
NULL = "harness.null_client:build"


@pytest.mark.long
def test_the_same_market_is_delivered_in_the_same_bytes_at_the_same_instants_also_beside_a_busy_core(
    soaks: Soaks,
) -> None:
    scenario = soaks.scenario(CLAIMS.format(venue="bybit") + "[configs.again]\n", factory=NULL, **WORLD)
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        ended = soaks.soak("run", scenario)
        busy.kill()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    wire = soaks.facts("null")["wire"]
    assert wire == soaks.facts("again")["wire"]
    assert sum(row["delivered"] for row in wire["streams"]) > 500
    assert soaks.verdict()["status"] == "met"


def test_what_it_opens_is_said_it_is_served_in_real_time_and_an_interruption_ends_it(soaks: Soaks) -> None:
    scenario = soaks.scenario(CLAIMS.format(venue="binance"), factory=NULL, **WORLD)
    process = soaks.start("exchange", scenario, "--port", 0)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(4)]
    assert "127.0.0.1" in lines[1]
    address = lines[2].split()[-1]
    with urllib.request.urlopen(f"{address}/api/v3/exchangeInfo", timeout=PATIENCE_S) as answer:
        assert len(json.load(answer)["symbols"]) == 2
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (0, "")
    assert "0 connected" in out
