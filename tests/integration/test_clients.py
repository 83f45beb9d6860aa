"""Client libraries on the exchange, unmodified, where they are installed beside the tests."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Soaks

pytestmark = pytest.mark.soak

EXCHANGE = '\n[exchange]\nvenue = "{venue}"\n[configs.client]\n{params}\n'

WORLD = {"hours": 0.05, "symbols": 3, "books_per_second": 1.0, "scale": 1, "baseline_gb": 0.3, "limit_gb": 2}

CLIENTS = [
    ("ccxt", "ccxt_pro", "bybit", 'watch = "books"'),
    ("ccxt", "ccxt_pro", "binance", 'watch = "trades"'),
    ("binance", "binance_streams", "binance", "caches = false"),
    ("binance", "binance_streams", "binance", "caches = true"),
    ("cryptofeed", "cryptofeed_feeds", "bybit", ""),
    ("cryptofeed", "cryptofeed_feeds", "binance", ""),
    ("pybit", "pybit_threads", "bybit", ""),
]


@pytest.mark.parametrize(("library", "module", "venue", "params"), CLIENTS)
def test_a_client_delivers_what_the_market_had(
    soaks: Soaks, library: str, module: str, venue: str, params: str
) -> None:
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed beside the tests: pip install ccxt python-binance cryptofeed pybit")
    text = EXCHANGE.format(venue=venue, params=params)
    scenario = soaks.scenario(text, factory=f"harness.clients.{module}:build", **WORLD)
    ended = soaks.soak("run", scenario)
    assert ended.returncode in (0, 4), ended.stdout + ended.stderr
    assert_delivers(soaks.facts("client"))


def test_a_client_is_installed_into_an_environment_of_its_own(
    soaks: Soaks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = os.environ.get("SOAK_CLIENT_WHEELS")
    if not fetched:
        pytest.skip("SOAK_CLIENT_WHEELS names no folder with the wheels of .ci/client.txt, as .ci/run fetches them")
    wheels = sorted(map(str, Path(fetched).glob("*.whl")))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    params = f"packages = {json.dumps(wheels)}\npackages_alone = true\ncaches = false"
    scenario = soaks.scenario(
        EXCHANGE.format(venue="binance", params=params), factory="harness.clients.binance_streams:build", **WORLD
    )
    ended = soaks.soak("run", scenario)
    assert ended.returncode in (0, 4), ended.stdout + ended.stderr
    assert "python-binance 1.0.37" in ended.stdout
    assert_delivers(soaks.facts("client"))
    job = json.loads((soaks.run_folder("client") / "job.json").read_text())
    assert job["site"].startswith(str(tmp_path / "cache"))


def assert_delivers(facts: dict[str, Any]) -> None:
    """What a client did was called back for what the market had."""
    assert facts["status"] == "complete"
    told = [one for one in facts["wire"]["streams"] if one["delivered"]]
    due, delivered = (sum(one[key] for one in told) for key in ("due", "delivered"))
    assert delivered > 100
    assert delivered >= 0.95 * due
    assert facts["counters"]["calls"] >= 100
