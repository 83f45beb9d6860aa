"""Values, numbers, paths, keys and words, as people read them on one line."""

from __future__ import annotations

import difflib
import json
import math
import re
import signal
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_VALUE: Final = 60


def shown(value: object) -> str:
    """A value as its author would have written it, on one line and of a bearable length."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, float) and not math.isfinite(value):
        text = str(value)
    elif isinstance(value, (bool, str, list, tuple)):
        text = json.dumps(value, ensure_ascii=False, default=str)
    else:
        text = str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."


def number(value: float) -> str:
    """A number for people: no exponent where it can be read without, no trailing zeros."""
    whole = isinstance(value, int) or (value.is_integer() and abs(value) < 1e15)
    return str(int(value)) if whole else f"{value:.6g}"


def shown_path(path: Path) -> str:
    """A path as short as it can be said from here."""
    try:
        here = Path.cwd()
    except OSError:  # the current folder was removed
        return str(path)
    return str(path.relative_to(here)) if path.is_absolute() and path.is_relative_to(here) else str(path)


def near(word: str, words: Iterable[str]) -> list[str]:
    """The words that `word` may have been meant to be, nearest first."""
    by_folded = {candidate.casefold(): candidate for candidate in words}
    return [by_folded[match] for match in difflib.get_close_matches(word.casefold(), by_folded, n=3)]


def joined(words: Sequence[str]) -> str:
    """Words in a sentence: a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def first_of(words: Sequence[str], most: int) -> str:
    """The first words of a list in a sentence, and how many more there are: a, b, and 3 more."""
    more = len(words) - most
    return ", ".join(words[:most]) + (f", and {more} more" if more > 0 else "")


def without_negative_zero(text: str) -> str:
    """A written number, without the minus of one that was rounded to zero."""
    return text if text.strip("-0.") else text.lstrip("-")


def did_you_mean(word: str, words: Iterable[str], *, noun: str) -> str:
    """`did you mean ...?` where something is near, else the words there are."""
    known = sorted(words)
    candidates = near(word, known)
    if candidates:
        return f"did you mean {' or '.join(candidates)}?"
    return f"{noun}: {', '.join(known)}" if known else f"there are no {noun}"


def name_without_file(factory: str) -> str:
    """How a target that has no scenario's file is called: ``mybot.soaking-build`` for ``mybot.soaking:build``."""
    return factory.replace(":", "-")


def dotted(*parts: str | int) -> str:
    """A key as TOML would write it, with 1-based places in arrays: ``configs.old.depth``, ``claims[2].metric``."""
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            bare = part if _BARE_KEY.fullmatch(part) else json.dumps(part, ensure_ascii=False)
            text += f".{bare}" if text else bare
    return text


def how_it_ended(returncode: int) -> str:
    """How a process ended, from what ``subprocess`` says of it: its exit code, or the signal that killed it."""
    if returncode >= 0:
        return f"exit code {returncode}"
    try:
        return f"killed by {signal.Signals(-returncode).name}"
    except ValueError:
        return f"killed by signal {-returncode}"
