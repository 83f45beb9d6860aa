"""Modules that are not installed, imported all the same."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator

import pytest

from harness.stand_ins.answering_all import STAND_IN
from harness.stand_ins.packages import StandIns, refusal_of, stand_in_for


@pytest.fixture(autouse=True)
def undone() -> Iterator[None]:
    finders, modules = list(sys.meta_path), set(sys.modules)
    yield
    sys.meta_path[:] = finders
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def test_a_package_and_all_below_it_can_be_imported() -> None:
    stand_in_for(["telegramme", "tests.notifying"])
    ext = importlib.import_module("telegramme.ext.handlers")
    assert ext.CommandHandler is STAND_IN
    assert importlib.import_module("telegramme").__name__ == "telegramme"
    assert importlib.import_module("tests.notifying").notify("x") is STAND_IN
    assert importlib.import_module("tests.module_index").PAGE  # beside a stand-in the real package
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("telegrammes")
    exec("from telegramme import *", {})


def test_asked_again_it_changes_nothing() -> None:
    for _ in range(2):
        stand_in_for(["telegramme"])
    stand_in_for([])
    assert sum(isinstance(finder, StandIns) for finder in sys.meta_path) == 1


@pytest.mark.parametrize("name", ["numpy", "asyncio.events", "harness.worker", "time"])
def test_nothing_stands_in_for_what_a_judged_process_needs(name: str) -> None:
    assert refusal_of(name) == "cannot be replaced: the judged process needs it itself"


@pytest.mark.parametrize("name", ["", "a-b", "a..b", "a/b"])
def test_what_is_no_name_is_refused(name: str) -> None:
    assert "must be the name" in (refusal_of(name) or "")
    assert refusal_of("telegram.ext") is None
