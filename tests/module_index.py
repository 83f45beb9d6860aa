"""``python -P tests/module_index.py`` writes docs/modules.md: every module in one line, the first of its docstring.

Whoever looks for where something is decided reads that page, and opens one file.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "modules.md"
HOUSES = ("synthetic", "harness")

HEAD = """# Every module in one line

What is decided where: the first line of every module's docstring, room by room. The map is
[harness/README.md](../harness/README.md). Written by `make modules`; a test holds it to the code.
"""


def page() -> str:
    """The whole page, as it should stand in the file."""
    return HEAD + "".join(_room(room) for house in HOUSES for room in _rooms(ROOT / house))


def _rooms(house: Path) -> list[Path]:
    return sorted({file.parent for file in house.rglob("*.py")})


def _room(room: Path) -> str:
    files = sorted(file for file in room.glob("*.py") if file.name != "__init__.py")
    lines = [f"- `{file.stem}`: {_first_line(file)}" for file in files]
    package = room / "__init__.py"
    reason = f"\n{_first_line(package)}\n" if package.exists() and _first_line(package) else ""
    return "\n".join([f"\n## {room.relative_to(ROOT)}/", reason, *lines, ""])


def _first_line(file: Path) -> str:
    """The first paragraph of a module's docstring on one line, or its first sentence; empty without one."""
    told = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(told.split("\n\n", 1)[0].split())
    return re.split(r"(?<=[a-z`)])\. ", paragraph, maxsplit=1)[0]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
