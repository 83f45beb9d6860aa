"""A command line in a few words, for a table or a sentence: the interpreter and what it runs, no other arguments.

Arguments may hold keys and passwords, and they make one command of every call; so neither a recording nor the screen
gets them. And how this program itself was called, for a line that is to be copied.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence

MULTIPROCESSING = "python (multiprocessing)"
"""A worker of `multiprocessing`: spawned, from a fork server, or a fork of the judged process, as by os.fork."""

RESOURCE_TRACKER = "python (resource tracker)"
"""The process that `multiprocessing` starts beside spawned workers and shared memory; it does no work."""

HIDDEN = "a process of another user"
"""In place of a command where /proc does not show the process."""

_PYTHON = re.compile(r"(python|pypy)[\d.]*[dt]*")
_WITH_VALUE = "WX"
"""Options of Python that take the rest of their word, or the next one, as their value."""
_SCRIPTED = frozenset({"bash", "dash", "node", "perl", "ruby", "sh"})
_JUDGED = "harness."


def own_command() -> str:
    """How this program is called again, to be copied: by its path, or its interpreter, where `soak` finds another."""
    import shlex  # noqa: PLC0415 - the judged process has this module too, and calls nothing again
    import shutil  # noqa: PLC0415

    called = sys.argv[0]
    if called == os.path.join(os.path.dirname(__file__), "__main__.py"):
        return f"{shlex.quote(_short(sys.executable))} -m harness"
    if os.path.basename(called) != "soak" or not os.path.exists(called):
        return "soak"
    there = shutil.which("soak")
    return "soak" if there is not None and os.path.samefile(there, called) else shlex.quote(_short(called))


def _short(path: str) -> str:
    """A path from the current folder where it lies in it or was called so."""
    below = os.path.join(os.getcwd(), "")
    return path.removeprefix(below)


def short_command(arguments: Sequence[str]) -> str:
    """A command line, the program first, without what may be a secret: ``python -m writer``, ``python feed.py``.

    Python's version is left out, so that two machines call a command the same.
    """
    program, *rest = arguments
    name = _base_name(program)
    if (python := _PYTHON.fullmatch(name)) is not None:
        return _python_command(python[1], rest)
    if name in _SCRIPTED and rest and not rest[0].startswith("-"):
        return f"{name} {_base_name(rest[0])}"
    return name


def _python_command(name: str, words: Sequence[str]) -> str:
    """What this call of Python runs: ``-m module``, ``-c``, or a script."""
    rest = iter(words)
    for word in rest:
        if word == "-":  # a program from its stdin
            break
        if not word.startswith("-"):
            return f"{name} {_base_name(word)}"
        letters = "" if word.startswith("--") else word[1:]
        for place, letter in enumerate(letters):
            value = letters[place + 1 :]
            if letter == "m":
                return _module_command(name, value or next(rest, ""))
            if letter == "c":
                return _code_command(name, value or next(rest, ""))
            if letter in _WITH_VALUE:
                if not value:
                    next(rest, None)
                break
    return name


def _module_command(name: str, module: str) -> str:
    # a fork keeps the command line of the judged process, which has no child that was called like this
    return MULTIPROCESSING if module.startswith(_JUDGED) else f"{name} -m {module}"


def _code_command(name: str, code: str) -> str:
    if code.startswith("from multiprocessing.resource_tracker"):
        return RESOURCE_TRACKER
    return MULTIPROCESSING if code.startswith("from multiprocessing.") else f"{name} -c"


def _base_name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2] or path
