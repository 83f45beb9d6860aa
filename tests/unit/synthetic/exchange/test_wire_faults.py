"""The faults of a wire hit when they should, as the venue would have them, the same for the same seed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from synthetic.exchange.serving import Exchange
from synthetic.exchange.wire_faults import WireFaults
from synthetic.faults.kinds import BadFault
from tests.unit.synthetic.exchange.wire import Socket, ask, play


def listening(lost: list[float], *, patience_s: float = 1e9) -> Any:
    """A client of books that connects again whenever its connection is lost, or silent for so long."""

    async def listen(exchange: Exchange) -> None:
        names = list(exchange.market.instruments)
        while True:
            try:
                socket = await Socket(exchange, "/v5/public/linear").open()
                await socket.say({"op": "subscribe", "args": [f"orderbook.50.{name}" for name in names]})
                while True:
                    message = await asyncio.wait_for(socket.next(), patience_s)
                    if "topic" in message:
                        exchange.delivered("book", message["data"]["s"], str(message["data"]["u"]))
            except (ConnectionError, TimeoutError):
                socket.close()
                lost.append(asyncio.get_running_loop().time())

    return listen


def test_connections_are_dropped_as_often_as_asked_and_not_before_they_may_be() -> None:
    lost: list[float] = []
    faults = WireFaults(disconnects_per_hour=720, after_s=20)
    told = [play("bybit", listening(lost), seconds=60, faults_of_wire=faults, seed=3).facts() for _ in range(2)]
    assert told[0] == told[1]
    assert told[0]["faults"]["disconnects"] * 2 == len(lost)
    assert 7 <= told[0]["faults"]["disconnects"] <= 9
    assert min(lost) >= 20
    delivered, due = (sum(row[key] for row in told[0]["streams"]) for key in ("delivered", "due"))
    assert delivered == due  # it connects again within the instant


@pytest.mark.parametrize("patience_s", [1e9, 5.0])
def test_a_half_open_connection_is_noticed_only_by_who_waits_no_longer(patience_s: float) -> None:
    lost: list[float] = []
    faults = WireFaults(half_open_per_hour=60, after_s=0)
    told = play("bybit", listening(lost, patience_s=patience_s), seconds=60, faults_of_wire=faults).facts()
    assert told["faults"]["half_open"] == 1
    silence_s = max(row["last_due_s"] - row["last_delivered_s"] for row in told["streams"])
    assert (silence_s < 1) is (patience_s == 5.0) is bool(lost)


def test_a_gap_in_the_sequence_is_a_message_left_out() -> None:
    gaps: list[str] = []

    async def count(exchange: Exchange) -> None:
        names = list(exchange.market.instruments)
        socket = await Socket(exchange, "/v5/public/linear").open()
        await socket.say({"op": "subscribe", "args": [f"orderbook.50.{name}" for name in names]})
        await socket.next()
        last: dict[str, int] = {}
        while True:
            data = (await socket.next())["data"]
            if data["u"] != last.get(data["s"], data["u"] - 1) + 1:
                gaps.append(data["s"])
            last[data["s"]] = data["u"]

    faults = WireFaults(sequence_gaps_per_hour=240, after_s=0)
    exchange = play("bybit", count, seconds=60, faults_of_wire=faults)
    assert exchange.facts()["faults"]["sequence_gaps"] == 8
    assert sorted(gaps) == sorted([*exchange.market.instruments] * 4)


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_rest_is_slow_and_limited_and_out_of_order_as_asked(venue: str) -> None:
    answers: list[tuple[int, float, dict[str, str]]] = []
    target = "/v5/market/time" if venue == "bybit" else "/api/v3/time"

    async def ask_on(exchange: Exchange) -> None:
        loop = asyncio.get_running_loop()
        while True:
            asked = loop.time()
            status, headers, _ = await ask(exchange, target)
            answers.append((status, loop.time() - asked, headers))
            await asyncio.sleep(2)

    faults = WireFaults(after_s=10, rest_delay_s=3, rest_outages_per_hour=60, rest_outage_s=20, rest_limit_per_minute=8)
    facts = play(venue, ask_on, seconds=120, symbols=1, faults_of_wire=faults).facts()["faults"]
    assert all(took == 0 and status == 200 for status, took, _ in answers[:5])
    failed, limited = ([one for one in answers if one[0] == status] for status in (503, 429))
    assert len(failed) >= 3
    assert len(limited) == facts["limited"] >= 2
    assert all(took == 0 and 0 < int(headers["retry-after"]) <= 60 for _, took, headers in limited)
    header = "x-bapi-limit-status" if venue == "bybit" else "x-mbx-used-weight-1m"
    assert all(header in headers for *_, headers in limited)
    assert all(took == 3 for status, took, _ in answers[6:] if status != 429)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({"disconnects_per_hour": 4000.0}, "disconnects_per_hour = 4000: must be 0, which is none, or 0.001 to 3600"),
        ({"rest_delay_s": -1.0}, "rest_delay_s = -1: must be 0 to 86400"),
        ({"rest_outages_per_hour": 60.0, "rest_outage_s": 31.0}, "rest_outage_s = 31: must be 0.001 to 30, half"),
        ({"slow_rest_per_hour": 1.0}, "slow_rest_per_hour = 1: needs a rest_delay_s"),
    ],
)
def test_what_cannot_be_is_refused(fault: dict[str, float], text: str) -> None:
    with pytest.raises(BadFault, match=text):
        WireFaults(**fault)  # type: ignore[arg-type]
