"""The house's rules: a folder is a room with a reason, short enough to be read at a glance, and on the map."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests import module_index

ROOT = Path(__file__).parents[2]
MOST_MODULES = 16


def rooms(house: str) -> list[Path]:
    """The folder itself and every folder of Python modules below it."""
    return sorted({file.parent for file in (ROOT / house).rglob("*.py")})


def name(room: Path) -> str:
    return str(room.relative_to(ROOT))


every_room = pytest.mark.parametrize("room", [*rooms("harness"), *rooms("synthetic")], ids=name)


@every_room
def test_a_room_lists_few_modules_and_none_of_its_own_name(room: Path) -> None:
    modules = {file.stem for file in room.glob("*.py")} - {"__init__"}
    assert len(modules) <= MOST_MODULES
    assert room.name not in modules


@every_room
def test_a_room_says_its_reason(room: Path) -> None:
    package = room / "__init__.py"
    told = ast.get_docstring(ast.parse(package.read_text(encoding="utf-8"))) if package.exists() else None
    assert told or (room / "README.md").exists()


def test_the_map_of_the_harness_names_its_rooms_and_no_others() -> None:
    readme = (ROOT / "harness" / "README.md").read_text(encoding="utf-8")
    first_cells = [line.split("|")[1] for line in readme.splitlines() if line.startswith("| `")]
    named = set(re.findall(r"`([\w/]+)/`", " ".join(first_cells)))
    there = {f"/{room.relative_to(ROOT).as_posix()}" for room in rooms("harness")} - {"/harness"}
    assert {room for room in named if not any(path.endswith(f"/{room}") for path in there)} == set()
    assert {path.split("/")[2] for path in there} - {room.partition("/")[0] for room in named} == set()


def test_every_module_says_in_one_line_what_it_is_for_and_the_page_of_them_is_true() -> None:
    assert module_index.PAGE.read_text(encoding="utf-8") == module_index.page(), "make modules writes it"
    assert [line for line in module_index.page().splitlines() if line.startswith("- `") and line.endswith(": ")] == []
