"""One object answers whatever a program asks of a package that is not there, and keeps nothing of it."""

from __future__ import annotations

import asyncio
import copy
import gc
import sys
import tracemalloc
from abc import ABC
from typing import Any

import numpy as np
import pytest

from harness.clock import VirtualClock
from harness.stand_ins.answering_all import PAUSE_S, STAND_IN, StandInError


def lived(program: Any) -> float:
    """Live `program`, a coroutine, on a virtual clock; returns the seconds that it took."""
    clock = VirtualClock(start_ms=0, stall_s=30)

    async def timed() -> float:
        await program
        return clock.now_s()

    return clock.run(timed())


def test_everything_is_answered_by_the_same_object() -> None:
    client = STAND_IN.exchange("key", secret="s")["linear"].api
    assert client is STAND_IN
    assert client.fetch(3) + 1 is 1 - client is -client is STAND_IN
    assert (float(client), int(client), len(client), list(client), 3 in client, bool(client)) == (
        0.0,
        0,
        0,
        [],
        False,
        True,
    )
    assert client == STAND_IN
    assert not client > 3
    assert copy.deepcopy(client) is client
    with client.session() as session:
        assert session is STAND_IN
    assert not isinstance(3, client)
    with pytest.raises(AttributeError):
        _ = client.__array_interface__
    assert np.asarray([client, client]).size == 0


def test_nothing_is_kept_of_what_is_set_or_asked() -> None:
    STAND_IN.timeout = 5
    STAND_IN["a"] = 5
    del STAND_IN["a"], STAND_IN.timeout
    assert STAND_IN.timeout is STAND_IN
    alive = sys.getrefcount(marker := object())
    STAND_IN.publish(marker, topic=marker)
    STAND_IN.handlers = [marker]
    assert sys.getrefcount(marker) == alive
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(2000):
            STAND_IN.publish(str(number)).result()
        assert tracemalloc.get_traced_memory()[0] - before < 2000
    finally:
        tracemalloc.stop()


def test_it_can_be_awaited_entered_iterated_gathered_and_made_a_task() -> None:
    async def program() -> None:
        async with STAND_IN.connect() as socket:
            async for _ in socket:
                raise AssertionError
            await socket.send("text")
        assert await asyncio.gather(STAND_IN.a(), STAND_IN.b) == [STAND_IN, STAND_IN]
        await asyncio.wait_for(STAND_IN.run(), 1)
        await asyncio.create_task(STAND_IN.run())
        cancelled = asyncio.create_task(STAND_IN.run())
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled

    assert lived(program()) == 0.0


def test_a_loop_that_receives_for_ever_lets_time_pass() -> None:
    async def receive() -> None:
        while True:
            await STAND_IN.receive()

    async def program() -> None:
        receiving = asyncio.create_task(receive())
        await asyncio.sleep(5.5 * PAUSE_S)
        receiving.cancel()

    assert lived(program()) == 5.5 * PAUSE_S


def test_it_can_be_subclassed_beside_abstract_bases_and_what_is_written_there_holds() -> None:
    class Bot(STAND_IN.Bot, ABC):
        def __init__(self, name: str, *, chat: int) -> None:
            super().__init__(name, chat=chat)
            self.name = name

        @STAND_IN.retry
        def told(self) -> str:
            return self.name

    bot = Bot("a", chat=3)
    assert (bot.told(), bot.send("x"), Bot.polling) == ("a", STAND_IN, STAND_IN)
    assert isinstance(bot, Bot)
    bot.name = "b"
    assert bot.told() == "b"


def test_what_it_decorates_is_not_swallowed() -> None:
    @STAND_IN.app.get("/health")
    def health() -> str:
        return "well"

    assert health() == "well"
    assert STAND_IN.dataclass(ABC) is ABC


def test_its_exceptions_can_be_raised_and_any_name_can_be_caught() -> None:
    assert STAND_IN.NetworkError is StandInError
    with pytest.raises(StandInError, match="x"):
        raise STAND_IN.BadException("x")
    try:
        raise ValueError
    except STAND_IN.RequestTimeout:
        raise AssertionError from None
    except ValueError:
        pass
