"""A client is at most forty lines of code, and one that nobody knows is refused by name."""

from __future__ import annotations

import ast
import asyncio
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import pytest

from harness.clients.by_name import CLIENTS, build
from harness.clients.delivering import Delivering, cancelled
from harness.errors import UsageError
from harness.target import Environment, Wire
from tests.unit.clock.virtual_time import run

MOST_LINES = 40
FOLDER = Path(build.__code__.co_filename).parent


def lines_of_code(source: str) -> int:
    """Lines with something on them, docstrings apart."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = [
        node.body[0] for node in ast.walk(ast.parse(source)) if isinstance(node, documented) and ast.get_docstring(node)
    ]
    words = {line for one in docstrings for line in range(one.lineno, (one.end_lineno or 0) + 1)}
    return sum(bool(line.strip()) and at not in words for at, line in enumerate(source.splitlines(), start=1))


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_is_at_most_forty_lines(name: str) -> None:
    source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    assert 0 < lines_of_code(source) <= MOST_LINES
    assert "build = Client" in source


def test_every_client_has_its_name() -> None:
    modules = {path.stem for path in FOLDER.glob("*.py")}
    assert modules - {"__init__", "by_name", "delivering"} == {*CLIENTS}
    assert all(find_spec(f"harness.clients.{name}") for name in CLIENTS)


def test_one_of_another_name_is_refused() -> None:
    with pytest.raises(UsageError, match="client = 'ccxt': must be one of: binance_streams, ccxt_pro, "):
        build({"client": "ccxt"}, cast(Environment, None))


def test_what_is_called_back_is_counted_and_told_to_the_exchange() -> None:
    told: list[tuple[str, str]] = []
    wire = Wire("bybit", "http://127.0.0.1:1", "ws://127.0.0.1:1", lambda kind, symbol: told.append((kind, symbol)))
    places: dict[str, Any] = {"exchange": wire, "symbols": ("AUSDT",)}
    client = Delivering({}, cast(Environment, type("Offered", (), places)))
    client.called_back("book", "AUSDT")
    assert told == [("book", "AUSDT")]
    assert client.counters() == {"calls": 1, "told_errors": 0}


def test_tasks_are_done_once_they_are_cancelled() -> None:
    async def main(_: Any) -> bool:
        task = asyncio.create_task(asyncio.sleep(10, None))
        await cancelled(task)
        return task.cancelled()

    assert run(main)
