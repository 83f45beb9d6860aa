"""What an exchange holds is its own among the owners, though the target of its run refers to it."""

from __future__ import annotations

from types import SimpleNamespace

from harness.probes.owners import walk
from harness.worker.on_the_wire import ROOT, wire_to
from synthetic.exchange.known_market import CANDLES
from synthetic.exchange.serving import Exchange
from synthetic.market import Market
from synthetic.symbols import instruments


def test_what_an_exchange_holds_is_told_apart() -> None:
    traded = instruments(3, 1)
    market = Market(traded, seed=1, start_ms=0, depth=5, books_per_second=1.0)
    more = {"depth": 5, "candle_s": 60, "past_candles": market.past_candles, "start_ms": 0}
    exchange = Exchange("bybit", traded, now_s=lambda: 0.0, **more)
    target = SimpleNamespace(wire=wire_to(exchange), own=bytearray(100_000))
    held = {owner.path: owner.bytes for owner in walk({ROOT: exchange, "": target}, seed=1)}
    assert held[f"{ROOT}.market._candles"] >= 3 * CANDLES * 6 * 8
    assert held["own"] >= 100_000
    assert all(
        path.startswith(ROOT) for path, size in held.items() if size > 4000 and path not in ("own", "(unattributed)")
    )
