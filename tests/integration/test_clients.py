"""Client libraries on the exchange, unmodified, where they are installed beside the tests."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.integration.conftest import Soaks

pytestmark = pytest.mark.soak

EXCHANGE = '\n[exchange]\nvenue = "{venue}"\n[configs.client]\n{params}\n'

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
    world = {"hours": 0.05, "symbols": 3, "books_per_second": 1.0, "scale": 1, "baseline_gb": 0.3, "limit_gb": 2}
    scenario = soaks.scenario(text, factory=f"harness.clients.{module}:build", **world)
    ended = soaks.soak("run", scenario)
    assert ended.returncode in (0, 4), ended.stdout + ended.stderr
    facts = soaks.facts("client")
    assert facts["status"] == "complete"
    told = [one for one in facts["wire"]["streams"] if one["delivered"]]
    due, delivered = (sum(one[key] for one in told) for key in ("due", "delivered"))
    assert delivered > 100
    assert delivered >= 0.95 * due
    assert facts["counters"]["calls"] >= 100
