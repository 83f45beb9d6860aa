"""A cache of the test's own, and nothing of it in use by this process afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.environments import cache, provided


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the cache lies during the test."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.setattr(provided, "_known", {})
    yield folder / "collector-soak"
    let_go()


def let_go() -> None:
    """As if the process that used the entries had ended."""
    for folder in list(cache._in_use):
        cache._release(folder)


@pytest.fixture
def said() -> list[str]:
    """What was said to whoever waits."""
    return []
