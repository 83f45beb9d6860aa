"""Bybit's messages of a market: a client that keeps its book by them has the market's book."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synthetic.events import Book, Candle, Delta, Reconnect, Trade
from synthetic.exchange.messages.bybit import Bybit, klines
from synthetic.market import Market
from synthetic.symbols import instruments

START_MS = 1_736_121_600_000


def delta(sequence: int, bids: list[list[float]], asks: list[list[float]]) -> Delta:
    return Delta("AUSDT", START_MS + sequence, sequence, np.array(bids).reshape(-1, 2), np.array(asks).reshape(-1, 2))


class Client:
    """Keeps books as the venue's documents say."""

    def __init__(self) -> None:
        self.books: dict[str, tuple[dict[float, float], dict[float, float]]] = {}
        self.updates: dict[str, int] = {}

    def take(self, message: dict[str, Any]) -> None:
        data, name = message["data"], message["data"]["s"]
        if message["type"] == "snapshot":
            self.books[name] = ({}, {})
        else:
            assert data["u"] == self.updates[name] + 1
        self.updates[name] = data["u"]
        for side, levels in zip(self.books[name], (data["b"], data["a"]), strict=True):
            for price, quantity in levels:
                side[float(price)] = float(quantity)
                if float(quantity) == 0:
                    del side[float(price)]


def test_a_book_kept_by_snapshot_and_deltas_is_the_markets() -> None:
    market = Market(instruments(3, seed=1), seed=1, start_ms=START_MS, depth=5, books_per_second=5.0)
    venue, client, books = Bybit(), Client(), {}
    for event in market.stream(30.0, (Book, Delta)):
        if isinstance(event, Book):
            books[event.symbol] = event
        elif message := venue.message(event):
            client.take(message)
    assert len(books) == 3
    for name, book in books.items():
        held = [sorted(side.items()) for side in client.books[name]]
        assert held == [sorted(map(tuple, side.tolist())) for side in (book.bids, book.asks)]
        assert client.updates[name] == book.sequence > 5


def test_the_first_delta_and_the_first_after_a_reconnect_are_snapshots() -> None:
    venue = Bybit()
    first = venue.message(delta(1, [[99.5, 1.25]], [[100, 2]]))
    assert first == {
        "topic": "orderbook.50.AUSDT",
        "type": "snapshot",
        "ts": START_MS + 1,
        "data": {"s": "AUSDT", "b": [["99.5", "1.25"]], "a": [["100", "2"]], "u": 1, "seq": 7},
        "cts": START_MS + 1,
    }
    second = venue.message(delta(2, [[99.5, 0]], []))
    assert second is not None
    assert (second["type"], second["data"]["b"], second["data"]["a"], second["data"]["u"]) == (
        "delta",
        [["99.5", "0"]],
        [],
        2,
    )
    assert venue.message(Reconnect("AUSDT", START_MS, "disconnect", START_MS - 5000)) is None
    third = venue.message(delta(9, [[99.5, 1]], [[100, 2]]))
    assert third is not None
    assert third["type"] == "snapshot"


def test_trades_have_sides_tick_directions_and_ids_of_their_own() -> None:
    venue = Bybit()
    prices = [0.00012, 0.00013, 0.00013, 0.00011, 0.00011]
    trades = [venue.message(Trade("AUSDT", START_MS, price, 63000.0, "sell")) for price in prices]
    data = [message["data"][0] for message in trades if message]
    assert [trade["L"] for trade in data] == ["PlusTick", "PlusTick", "ZeroPlusTick", "MinusTick", "ZeroMinusTick"]
    assert (data[0]["S"], data[0]["p"], data[0]["v"], data[0]["T"]) == ("Sell", "0.00012", "63000", START_MS)
    assert len({trade["i"] for trade in data}) == 5


def test_candles_are_whole_milliseconds_as_pushed_and_as_rest_answers_the_newest_first() -> None:
    message = Bybit().message(Candle("AUSDT", START_MS + 60_000, START_MS, 1.0, 3.0, 0.5, 2.0, 10.0))
    assert message is not None
    (candle,) = message["data"]
    assert (message["topic"], candle["start"], candle["end"]) == ("kline.1.AUSDT", START_MS, START_MS + 59_999)
    assert (candle["confirm"], candle["open"], candle["turnover"]) == (True, "1", "16.25")
    past = np.array([[START_MS, 1, 3, 0.5, 2, 10], [START_MS + 60_000, 2, 4, 1, 3, 8]], dtype=float)
    answer = klines("AUSDT", past, START_MS + 120_000)
    assert answer["result"]["list"][0] == [str(START_MS + 60_000), "2", "4", "1", "3", "8", "20"]
    with pytest.raises(ValueError, match="whole minutes"):
        Bybit().message(Candle("AUSDT", START_MS + 5_000, START_MS, 1.0, 3.0, 0.5, 2.0, 10.0))
