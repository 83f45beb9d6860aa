"""An exchange on the loopback: what a client is sent makes the market's books, and is counted, and is reproducible."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from synthetic.exchange.connections import WRITE_MOST
from synthetic.exchange.serving import Exchange
from synthetic.faults.kinds import Faults
from tests.unit.synthetic.exchange.wire import Socket, ask, play

Sides = tuple[dict[float, float], dict[float, float]]


def levels(sides: Sides) -> list[list[tuple[float, float]]]:
    return [sorted(side.items()) for side in sides]


def change(sides: Sides, bids: list[list[str]], asks: list[list[str]]) -> None:
    for side, changed in zip(sides, (bids, asks), strict=True):
        for price, quantity in changed:
            if float(quantity):
                side[float(price)] = float(quantity)
            else:
                side.pop(float(price), None)


def markets(exchange: Exchange, symbol: str, depth: int) -> list[list[tuple[float, float]]]:
    return [sorted(map(tuple, exchange.market.side(symbol, side, depth).tolist())) for side in (0, 1)]


@pytest.mark.parametrize("topic_depth", [1, 50])
def test_a_book_kept_by_bybits_topic_is_the_markets_at_the_depth_of_the_topic(topic_depth: int) -> None:
    books: dict[str, Sides] = {}
    numbers: dict[str, int] = {}

    async def keep(exchange: Exchange) -> None:
        await asyncio.sleep(20)  # in the middle of the market
        socket = await Socket(exchange, "/v5/public/linear").open()
        topics = [f"orderbook.{topic_depth}.{name}" for name in exchange.market.instruments]
        await socket.say({"op": "subscribe", "args": topics, "req_id": "7"})
        said = await socket.next()
        assert (said["success"], said["op"], said["req_id"]) == (True, "subscribe", "7")
        while True:
            message = await socket.next()
            data = message["data"]
            if message["type"] == "snapshot":
                books[data["s"]] = ({}, {})
            else:
                assert data["u"] == numbers[data["s"]] + 1
            numbers[data["s"]] = data["u"]
            change(books[data["s"]], data["b"], data["a"])

    exchange = play("bybit", keep, seconds=40, depth=60)
    assert len(books) == 2
    for name, sides in books.items():
        assert levels(sides) == markets(exchange, name, topic_depth)


@pytest.mark.parametrize("faults", [None, Faults(reconnects_per_hour=120, halts_per_hour=120, halt_s=5)])
def test_a_book_kept_by_binances_stream_over_a_rest_snapshot_is_the_markets(faults: Faults | None) -> None:
    books: dict[str, Sides] = {}
    gaps: list[str] = []

    async def keep(exchange: Exchange) -> None:
        (name, *_) = exchange.market.instruments
        socket = await Socket(exchange, f"/ws/{name.lower()}@depth@100ms").open()
        await asyncio.sleep(5)
        last = -1
        while True:
            message = await socket.next()
            assert message["U"] <= message["u"]
            if last < 0 or message["U"] > last + 1:
                gaps.append(name)
                _, _, snapshot = await ask(exchange, f"/api/v3/depth?symbol={name}&limit=5000")
                last, books[name] = snapshot["lastUpdateId"], ({}, {})
                change(books[name], snapshot["bids"], snapshot["asks"])
            if message["u"] > last:
                assert message["U"] <= last + 1
                last = message["u"]
                change(books[name], message["b"], message["a"])

    exchange = play("binance", keep, seconds=60.0999, symbols=1, faults=faults)
    ((name, sides),) = books.items()
    assert levels(sides) == markets(exchange, name, 20)
    assert (len(gaps) > 1) is (faults is not None)


async def listen(exchange: Exchange) -> None:
    """Whatever there is of a venue, as one client hears it."""
    names = list(exchange.market.instruments)
    if exchange.venue == "bybit":
        socket = await Socket(exchange, "/v5/public/linear").open()
        kinds = ("orderbook.50", "publicTrade", "kline.1", "tickers")
        await socket.say({"op": "subscribe", "args": [f"{kind}.{name}" for name in names for kind in kinds]})
    else:
        kinds = ("depth", "depth5@100ms", "trade", "aggTrade", "bookTicker", "kline_1m")
        asked = "/".join(f"{name.lower()}@{kind}" for name in names for kind in kinds)
        socket = await Socket(exchange, f"/stream?streams={asked}").open()
    while True:
        message = await socket.next()
        if "topic" in message or "stream" in message:
            exchange.delivered("book", names[0], str(message))


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_a_seed_gives_the_same_messages_at_the_same_instants_and_all_that_is_sent_arrives(venue: str) -> None:
    told = [play(venue, listen, seconds=s, seed=seed).facts() for s, seed in ((61.05, 1), (61.05, 1), (5, 2))]
    assert told[0] == told[1]
    assert told[0]["sent_hash"] != told[2]["sent_hash"]
    assert told[0]["delivered_hash"] != told[2]["delivered_hash"]
    kinds = {row["kind"] for row in told[0]["streams"] if row["sent"]}
    assert kinds == {"book", "trade", "candle", "ticker"}
    due, sent, delivered = (sum(row[key] for row in told[0]["streams"]) for key in ("due", "sent", "delivered"))
    assert due == sent == delivered > 500


def test_what_a_lost_client_misses_is_due_and_not_sent() -> None:
    async def leave(exchange: Exchange) -> None:
        (name,) = exchange.market.instruments
        socket = await Socket(exchange, "/v5/public/linear").open()
        await socket.say({"op": "subscribe", "args": [f"orderbook.50.{name}", f"publicTrade.{name}"]})
        await socket.say({"op": "unsubscribe", "args": [f"publicTrade.{name}"]})
        await asyncio.sleep(30)
        socket.close()

    told = {row["kind"]: row for row in play("bybit", leave, seconds=60, symbols=1).facts()["streams"]}
    book = told["book"]
    assert book["delivered"] == 0
    assert 20 < book["sent"] < book["due"] - 20
    assert book["last_due_s"] > 50
    assert "trade" not in told  # it was no longer wanted


def test_symbols_that_are_not_active_have_their_opening_book_and_nothing_else() -> None:
    heard: list[tuple[str, str]] = []

    async def hear(exchange: Exchange) -> None:
        socket = await Socket(exchange, "/v5/public/linear").open()
        await socket.say({"op": "subscribe", "args": [f"orderbook.50.{name}" for name in exchange.market.instruments]})
        await socket.next()
        while True:
            message = await socket.next()
            heard.append((message["data"]["s"], message["type"]))

    exchange = play("bybit", hear, seconds=20, symbols=4, active_symbols=1)
    active, *quiet = exchange.market.instruments
    assert [one for one in heard if one[0] in quiet] == [(name, "snapshot") for name in quiet]
    assert sum(name == active for name, _ in heard) > 20


def test_a_client_that_does_not_read_is_dropped_and_the_server_holds_no_more_than_it_says() -> None:
    async def stuff(exchange: Exchange) -> None:
        (name,) = exchange.market.instruments
        reader, writer = await asyncio.open_connection("127.0.0.1", exchange.port, limit=1024)
        ask_for = f"GET /ws/{name.lower()}@depth20@100ms HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        key = "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        writer.write((ask_for + key).encode())
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        (client,) = exchange._clients
        text = "x" * (WRITE_MOST // 4)
        while client.send(text):
            await asyncio.sleep(0.01)
        assert client.overrun
        writer.transport.abort()

    exchange = play("binance", stuff, seconds=20, symbols=1)
    assert not exchange._clients


ASKED: list[tuple[str, str, int, Any]] = [
    ("bybit", "/v5/market/time", 200, lambda told: told["result"]["timeSecond"] == "1736121610"),
    ("bybit", "/v5/market/kline?symbol={name}&interval=1&limit=5", 200, lambda told: len(told["result"]["list"]) == 5),
    ("bybit", "/v5/market/kline?symbol={name}&interval=3", 200, lambda told: told["retCode"] == 10001),
    ("bybit", "/v5/market/orderbook?symbol={name}&limit=3", 200, lambda told: len(told["result"]["b"]) == 3),
    ("bybit", "/v5/market/orderbook?symbol=NONE", 200, lambda told: told["retCode"] == 10001),
    ("bybit", "/v5/market/recent-trade?symbol={name}&limit=2", 200, lambda told: len(told["result"]["list"]) == 2),
    ("bybit", "/v5/market/tickers?symbol={name}", 200, lambda told: float(told["result"]["list"][0]["lastPrice"]) > 0),
    ("bybit", "/v5/market/instruments-info?category=spot", 200, lambda told: told["result"]["list"] == []),
    ("bybit", "/v5/market/none", 404, lambda told: told["retCode"]),
    ("binance", "/api/v3/ping", 200, lambda told: told == {}),
    ("binance", "/api/v3/time", 200, lambda told: told["serverTime"] == 1736121610000),
    ("binance", "/api/v3/depth?symbol={name}&limit=7", 200, lambda told: len(told["asks"]) == 7),
    ("binance", "/api/v3/depth", 400, lambda told: told["code"] == -1102),
    ("binance", "/api/v3/depth?symbol=NONE", 400, lambda told: told["code"] == -1121),
    ("binance", "/api/v3/klines?symbol={name}&interval=1m&limit=9", 200, lambda told: len(told) == 9),
    ("binance", "/api/v3/klines?symbol={name}&interval=2s", 400, lambda told: told["code"] == -1120),
    (
        "binance",
        "/api/v3/trades?symbol={name}&limit=3",
        200,
        lambda told: [t["isBestMatch"] for t in told] == [True] * 3,
    ),
    ("binance", "/api/v3/aggTrades?symbol={name}&limit=3", 200, lambda told: len(told) == 3),
    ("binance", "/api/v3/ticker/bookTicker?symbol={name}", 200, lambda told: told["askPrice"] > "0"),
    ("binance", '/api/v3/exchangeInfo?symbols=%5B"{name}"%5D', 200, lambda told: len(told["symbols"]) == 1),
    ("binance", "/api/v3/none", 404, lambda told: told["code"]),
]


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_rest_answers_what_is_asked_and_says_what_is_wrong(venue: str) -> None:
    answered: list[str] = []

    async def ask_all(exchange: Exchange) -> None:
        await asyncio.sleep(10)
        name = next(iter(exchange.market.instruments))
        for asked, target, status, holds in ASKED:
            if asked == venue:
                got, _, told = await ask(exchange, target.format(name=name))
                assert got == status, (target, told)
                assert holds(told), (target, told)
                answered.append(target)

    play(venue, ask_all, seconds=11)
    assert len(answered) == sum(asked == venue for asked, *_ in ASKED)


def test_instruments_are_paged_and_each_comes_once() -> None:
    names: list[str] = []

    async def page(exchange: Exchange) -> None:
        cursor = "0"
        while cursor:
            _, _, told = await ask(exchange, f"/v5/market/instruments-info?category=linear&limit=3&cursor={cursor}")
            names.extend(row["symbol"] for row in told["result"]["list"])
            cursor = told["result"]["nextPageCursor"]

    exchange = play("bybit", page, seconds=5, symbols=7)
    assert names == list(exchange.market.instruments)


def test_what_is_not_understood_is_answered_and_the_connection_goes_on() -> None:
    async def err(exchange: Exchange) -> None:
        socket = await Socket(exchange, "/v5/public/linear").open()
        for wrong in ("no object", {"op": "dance"}, {"op": "subscribe", "args": ["orderbook.50.NONE"]}):
            await socket.say(wrong)
            assert (await socket.next())["success"] is False
        await socket.say({"op": "ping", "req_id": "1"})
        assert (await socket.next())["ret_msg"] == "pong"
        with pytest.raises(ConnectionError):
            await Socket(exchange, "/v5/public/spot").open()

    play("bybit", err, seconds=3)


def test_binance_says_what_is_subscribed_and_a_stream_of_no_symbol_is_silent() -> None:
    async def talk(exchange: Exchange) -> None:
        name = next(iter(exchange.market.instruments)).lower()
        socket = await Socket(exchange, "/ws").open()
        for number, (method, params, result) in enumerate(
            [
                ("SUBSCRIBE", [f"{name}@kline_1m", "none@trade"], None),
                ("LIST_SUBSCRIPTIONS", None, [f"{name}@kline_1m"]),
                ("UNSUBSCRIBE", [f"{name}@kline_1m"], None),
                ("LIST_SUBSCRIPTIONS", None, []),
            ]
        ):
            await socket.say({"method": method, "params": params, "id": number})
            assert await socket.next() == {"result": result, "id": number}
        await socket.say({"method": "DANCE", "id": 9})
        assert (await socket.next())["error"]["code"] == 2

    play("binance", talk, seconds=3)


def test_a_venue_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match='venue = "none": the venues are binance, bybit'):
        Exchange("none", [], depth=1, candle_s=60, past_candles=lambda *_: None, start_ms=0, now_s=lambda: 0.0)  # type: ignore[arg-type,return-value]
