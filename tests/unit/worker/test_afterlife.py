"""Whether a dropped target lives on, seen without holding it."""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import Any

import pytest

from harness.worker.afterlife import Afterlife


class Target:
    pass


class Slotted:
    __slots__ = ("value",)


def holders(afterlife: Afterlife) -> list[str]:
    async def ask() -> list[str]:
        return afterlife.holders(asyncio.get_running_loop(), ignore=asyncio.all_tasks())

    return asyncio.run(ask())


def test_it_does_not_keep_its_target() -> None:
    target = Target()
    references = sys.getrefcount(target)
    afterlife = Afterlife(target)
    assert sys.getrefcount(target) == references
    assert afterlife.lives
    del target
    assert not afterlife.lives
    assert holders(afterlife) == []


KEPT: list[Any] = []


def test_one_that_lives_on_is_told_with_its_holder() -> None:
    KEPT.append(Target())
    afterlife = Afterlife(KEPT[0])
    try:
        assert f"{__name__}.KEPT[*]" in holders(afterlife)
    finally:
        KEPT.clear()
    gc.collect()  # the search looked at frames, which then refer to each other
    assert holders(afterlife) == []


@pytest.mark.usefixtures("collector_off")
def test_one_that_only_waits_to_be_collected_is_held_by_nobody() -> None:
    target = Target()
    target.itself = target  # type: ignore[attr-defined]
    afterlife = Afterlife(target)
    del target
    assert afterlife.lives
    assert holders(afterlife) == []


def test_a_class_without_weak_references_is_told_at_the_end() -> None:
    KEPT.append(Slotted())
    afterlife = Afterlife(KEPT[0])
    try:
        assert not afterlife.lives  # not known
        assert f"{__name__}.KEPT[*]" in holders(afterlife)
    finally:
        KEPT.clear()
    gc.collect()  # the search looked at frames, which then refer to each other
    assert holders(afterlife) == []
