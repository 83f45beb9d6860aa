"""Which files a target was really loaded from, and what of them should have come from its config's own code.

What lies first on the path is not always what is loaded: a module may have been imported before, or a finder may know
it from elsewhere. A run whose code came from elsewhere says nothing of the version that it is about.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_INSTRUMENT = frozenset({"harness", "synthetic"})

_INSTALLED = f"{os.sep}site-packages{os.sep}"


def put_first(code: Sequence[str]) -> None:
    """Let modules be imported from these folders first, by this process and by Python processes that it starts."""
    if code:
        sys.path[:0] = code
        inherited = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join([*code, *([inherited] if inherited else [])])


def loaded_code(factory: str, code: Sequence[str], *, site: str = "", not_from: str = "") -> dict[str, Any]:
    """Where the code of `factory`, a ``module:factory``, came from in this process, whose config has `code` folders.

    `site` is where the packages of its environment lie, `not_from` the working tree of which the folders are another
    revision; each empty where there is none.

    ``factory`` is the file of its module, None where it was not imported; ``modules`` are the files of the top-level
    modules that came from a folder or the site, by their names; ``elsewhere`` are modules that these folders
    have and that came from another file, or, where nothing at all came from them, the factory's; ``state`` is what the
    files of the target's own modules hold, and of installed packages their first, as `contents` has it by file;
    ``python`` and ``numpy`` are versions.
    """
    module = factory.partition(":")[0]
    folders = [*code, site] if site else code
    files = _files()
    elsewhere, file = strays(factory, folders, not_from), files.get(module)
    modules = {name: files[name] for name in files if "." not in name and _is_below(files[name], folders)}
    if code and not elsewhere and not any(_is_below(loaded, code) for loaded in files.values()):
        elsewhere = [f"nothing of it was loaded, and {module} came from {file or 'no file'}"]
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    state = {own: contents(own) for own in _own_files(module, files)}
    return {"factory": file, "modules": modules, "elsewhere": elsewhere, "state": state, **versions}


def contents(file: str) -> str | None:
    """What stands for all that a file holds; None where it cannot be read."""
    try:
        with open(file, "rb") as opened:
            return hashlib.sha256(opened.read()).hexdigest()[:16]
    except OSError:
        return None


def _own_files(factory: str, files: Mapping[str, str]) -> list[str]:
    """The files by which the target's code is told from another state of it.

    All modules that are not installed, and the first file of each installed package: installing another version writes
    it anew. Of the instrument only the factory's own package, where that is the target.
    """
    known = {"__main__", *sys.stdlib_module_names}
    own = []
    for name, file in files.items():
        if _top(name) in _INSTRUMENT:
            counts = f"{name}.".startswith(f"{factory}.")
        else:
            counts = _top(name) not in known and ("." not in name or _INSTALLED not in file)
        if counts:
            own.append(file)
    return sorted(own)


def strays(factory: str, code: Sequence[str], not_from: str = "") -> list[str]:
    """The modules that one of these folders has and that were loaded from another file, each with the file.

    These are top-level ones by their names, and all whose file is one of `not_from`. Python's own were there before the
    target's, as in any program; so was the instrument, unless it is the target.
    """
    known = {"__main__", *sys.stdlib_module_names, *_INSTRUMENT} - {_top(factory.partition(":")[0])}
    files = {name: file for name, file in _files().items() if _top(name) not in known and not _is_below(file, code)}
    return [
        f"{name} came from {file}"
        for name, file in files.items()
        if any(("." not in name and _has(folder, name)) or _is_other(file, not_from, folder) for folder in code)
    ]


def _files() -> dict[str, str]:
    """The files of all modules that have one, by their names; links in their folders are resolved."""
    folders: dict[str, str] = {}
    files = {}
    for name in sorted(sys.modules):
        file = getattr(sys.modules.get(name), "__dict__", {}).get("__file__")  # what is there may be no module
        if isinstance(file, str):
            folder, base = os.path.split(file)
            if folder not in folders:
                folders[folder] = os.path.realpath(folder)
            files[name] = os.path.join(folders[folder], base)
    return files


def _top(name: str) -> str:
    return name.partition(".")[0]


def _is_other(file: str, tree: str, folder: str) -> bool:
    """Whether a file of a working tree has a counterpart in a folder that is another revision of it."""
    return _is_below(file, [tree]) and os.path.isfile(
        os.path.join(folder, os.path.relpath(file, os.path.realpath(tree)))
    )


def _has(folder: str, name: str) -> bool:
    return any(os.path.isfile(os.path.join(folder, file)) for file in (f"{name}.py", os.path.join(name, "__init__.py")))


def _is_below(file: str, folders: Sequence[str]) -> bool:
    return any(folder and file.startswith(os.path.join(_real(folder), "")) for folder in folders)


@functools.lru_cache(maxsize=64)
def _real(folder: str) -> str:
    return os.path.realpath(folder)
