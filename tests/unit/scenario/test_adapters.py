"""The skeletons of adapters are targets that run as they are."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from harness.scenario.adapters import KINDS, adapter
from harness.worker.handlers import doubts, maybe_await
from synthetic.events import Book

BOOK = Book("BTCUSDT", 1_000, 1, np.array([[99.0, 1.0]]), np.array([[101.0, 2.0]]))


@pytest.mark.parametrize("kind", KINDS)
def test_an_adapter_runs_as_it_is_and_loses_no_row(kind: str) -> None:
    source = adapter(kind, "mine_target")
    assert "soak try mine_target:build" in source
    assert source.count("TODO") >= 4
    names: dict[str, Any] = {}
    exec(compile(source, "mine_target.py", "exec"), names)

    async def live() -> dict[str, float]:
        target = names["build"]({}, None)
        assert doubts(target) == []
        await maybe_await(target.start())
        for _ in range(3):
            await maybe_await(target.on_book(BOOK))
        for _ in range(5):
            await asyncio.sleep(0)
        await maybe_await(target.stop())
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return target.counters()

    assert asyncio.run(live()) == {"collected": 3, "persisted": 3, "lost": 0}
