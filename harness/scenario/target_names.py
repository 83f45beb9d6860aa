"""How a target is named, ``module:factory``, and what people write in its place: a file, a module, a path with both."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

from harness.text import near

_REFERENCE: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")

_FILE: Final = re.compile(r"(?:\./)?(?P<path>[^:]+)\.py(?::(?P<factory>[^\W\d]\w*))?")

_MODULE: Final = re.compile(r"[\w.-]+(:[^\W\d]\w*)?")


def names_a_target(reference: str) -> bool:
    """Whether a user's words name a target, ``module:factory``, and not a scenario or a file."""
    return _REFERENCE.fullmatch(reference) is not None and _FILE.fullmatch(reference) is None


def meant_as_a_target(reference: str) -> str:
    """What to write in place of a reference that means a target and does not name one; empty where it means none.

    A file ``sub/bot.py`` or a module ``sub.bot`` of the current folder is read, not run, for the names that it has.
    """
    match = _FILE.fullmatch(reference)
    parts = Path(match["path"]).parts if match else tuple(reference.partition(":")[0].split("."))
    file, wanted = Path(*parts[:-1], f"{parts[-1]}.py"), match["factory"] if match else None
    if not file.is_file() or not (match or _MODULE.fullmatch(reference)):
        return ""
    if file.is_absolute() or not all(part.isidentifier() for part in parts):
        return (
            f"{file}: is a Python file that no import can name: a target is module:factory, found from the folder that "
            "soak is started in, and a module's name has letters, digits and _ only"
        )
    factory = wanted or _factory_in(file)
    return f"{file}: is a Python file: name its factory, as {'.'.join(parts)}:{factory}"


def _factory_in(file: Path) -> str:
    """The name in a module that is most like a factory: ``build``, or what is nearest to it, or a class."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return "build"
    names: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    if "build" in names or not names:
        return "build"
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    return [*near("build", names), *classes, *names][0]
