"""Binance's messages of a market: a client that keeps its book by them has the market's book."""

from __future__ import annotations

import numpy as np
import pytest

from synthetic.events import Book, Candle, Delta, Reconnect, Trade
from synthetic.exchange.messages.binance import Binance, klines
from synthetic.faults.kinds import Faults
from synthetic.market import Market
from synthetic.symbols import instruments

START_MS = 1_736_121_600_000


def test_a_book_kept_by_depth_updates_is_the_markets_also_after_it_was_disconnected() -> None:
    faults = Faults(reconnects_per_hour=120, reconnect_s=5)
    market = Market(instruments(2, seed=1), seed=1, start_ms=START_MS, depth=5, books_per_second=5.0, faults=faults)
    venue, books, reconnects, missed = Binance(), {}, 0, 0
    held: dict[str, tuple[dict[str, str], dict[str, str]]] = {}
    last: dict[str, int] = {}
    for event in market.stream(120.0, (Book, Delta, Reconnect)):
        if isinstance(event, Book):
            books[event.symbol] = event
            continue
        message = venue.message(event)
        if message is None:
            reconnects += 1
            continue
        missed += message["U"] != last.get(event.symbol, message["U"] - 1) + 1
        last[event.symbol] = message["u"]
        for side, levels in zip(held.setdefault(event.symbol, ({}, {})), (message["b"], message["a"]), strict=True):
            side.update(map(tuple, levels))
            for price in [price for price, quantity in side.items() if float(quantity) == 0]:
                del side[price]
    assert reconnects >= missed > 0
    for name, book in books.items():
        sides = [sorted((float(p), float(q)) for p, q in side.items()) for side in held[name]]
        assert sides == [sorted(map(tuple, side.tolist())) for side in (book.bids, book.asks)]
        rest = venue.depth(name)
        assert rest["lastUpdateId"] == book.sequence
        assert [list(map(float, level)) for level in rest["bids"]] == book.bids.tolist()
        partial = venue.message(book)
        assert partial == venue.depth(name, limit=20)


def test_trades_and_the_candle_that_they_make() -> None:
    venue = Binance()
    told = [
        venue.message(Trade("AUSDT", START_MS + n, 2.5, 4.0, side)) for n, side in enumerate(["buy", "sell", "buy"])
    ]
    assert told[1] == {
        "e": "trade",
        "E": START_MS + 1,
        "s": "AUSDT",
        "t": 2,
        "p": "2.50000000",
        "q": "4.00000000",
        "T": START_MS + 1,
        "m": True,
        "M": True,
    }
    trade = Binance(aggregated=True).combined(Trade("AUSDT", START_MS, 2.5, 4.0, "buy"))
    assert trade is not None
    assert trade["stream"] == "ausdt@aggTrade"
    assert [trade["data"][key] for key in ("e", "a", "f", "l", "m")] == ["aggTrade", 1, 1, 1, False]
    combined = venue.combined(Candle("AUSDT", START_MS + 60_000, START_MS, 2.0, 3.0, 1.0, 2.0, 12.0))
    assert combined is not None
    assert combined["stream"] == "ausdt@kline_1m"
    candle = combined["data"]["k"]
    assert (candle["t"], candle["T"], candle["f"], candle["L"], candle["n"]) == (START_MS, START_MS + 59_999, 1, 3, 3)
    assert (candle["V"], candle["q"], candle["Q"]) == ("8.00000000", "24.00000000", "16.00000000")
    quiet = venue.message(Candle("AUSDT", START_MS + 120_000, START_MS + 60_000, 2.0, 2.0, 2.0, 2.0, 0.0))
    assert quiet is not None
    assert (quiet["k"]["f"], quiet["k"]["L"], quiet["k"]["n"], quiet["k"]["Q"]) == (-1, -1, 0, "0.00000000")


def test_candles_over_rest_have_whole_milliseconds_and_text() -> None:
    past = np.array([[START_MS, 1, 3, 0.5, 2, 10], [START_MS + 60_000, 2, 4, 1, 3, 8]], dtype=float)
    first, _ = klines(past)
    assert first[:7] == [
        START_MS, "1.00000000", "3.00000000", "0.50000000", "2.00000000", "10.00000000", START_MS + 59_999,
    ]  # fmt: skip
    assert len(first) == 12
    with pytest.raises(ValueError, match="1 candles"):
        klines(past[:1])
    with pytest.raises(ValueError, match=r"market\.candle_s = 420: Binance has candles of 1m"):
        Binance().message(Candle("AUSDT", START_MS + 420_000, START_MS, 1.0, 1.0, 1.0, 1.0, 1.0))
