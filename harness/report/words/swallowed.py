"""What went wrong in a target and nobody saw, in words: how many, and the first with its place."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from harness.analysis.runs import Run
from harness.analysis.trouble import ERRORS, LOST, PENDING, UNHANDLED, WARNINGS, First, Trouble

MOST_PLACES = 3
"""So many places of one kind are told where there is room; more are counted."""

_WORDS: tuple[tuple[Collection[str], str, str], ...] = (
    (UNHANDLED, "exception that nobody caught", "exceptions that nobody caught"),
    (ERRORS, "error logged", "errors logged"),
    (LOST, "task destroyed before it was done", "tasks destroyed before they were done"),
)
_WARNED = (WARNINGS, "warning", "warnings")
_LEFT = (PENDING, "task left pending by stop()", "tasks left pending by stop()")


def trouble_lines(runs: Sequence[Run]) -> list[str]:
    """Return a line a config and kind: ``old: 155 errors logged, first: bot: no answer (bot.py:12 in fetch)``."""
    lines = []
    for config in dict.fromkeys(run.config for run in runs):
        mine = [run for run in runs if run.config == config]
        for words in (*_WORDS, _LEFT):
            count, firsts = _counted(mine, words)
            if count:
                lines.append(f"{config}: {count}, first: {_told(firsts[0])}" if firsts else f"{config}: {count}")
    return lines


def trouble_sentences(runs: Sequence[Run]) -> list[str]:
    """Return what went wrong in the runs of one config, with warnings, and with several places of each kind."""
    sentences = []
    for words in (*_WORDS, _WARNED):
        count, firsts = _counted(runs, words)
        if not count:
            continue
        others = [f"{first.count} x {_told(first)}" for first in firsts[1:MOST_PLACES]]
        more = [f"{len(firsts) - MOST_PLACES} more places"] if len(firsts) > MOST_PLACES else []
        also = f"; also {'; '.join([*others, *more])}" if others else ""
        sentences.append(f"{count}, first: {_told(firsts[0])}{also}." if firsts else f"{count}.")
    return sentences


def pending_sentences(runs: Sequence[Run]) -> list[str]:
    """Return the tasks that stop() left unfinished, by the code that made them."""
    count, firsts = _counted(runs, _LEFT)
    if not count:
        return []
    names = [f"{first.count} x {_told(first)}" for first in firsts[:MOST_PLACES]]
    more = [f"{len(firsts) - MOST_PLACES} more places"] if len(firsts) > MOST_PLACES else []
    return [f"{count}: {'; '.join([*names, *more])}." if names else f"{count}."]


def _counted(runs: Sequence[Run], words: tuple[Collection[str], str, str]) -> tuple[str, list[First]]:
    """How many there were in words, empty for none; and their firsts, of the first run that had any."""
    kinds, one, several = words
    troubles = [trouble for run in runs if (trouble := Trouble.of(run)) is not None]
    counts = sorted(trouble.count(kinds) for trouble in troubles)
    if not counts or not counts[-1]:
        return "", []
    low, high = counts[0], counts[-1]
    number = f"{high:,}" if low == high else f"{low:,} to {high:,}"
    told = f"{number} {one if number == '1' else several}{' a run' if len(counts) > 1 else ''}"
    return told, next(firsts for trouble in troubles if (firsts := trouble.of_kinds(kinds)) or trouble.count(kinds))


def _told(first: First) -> str:
    """What was said with its place: ``bot.exchange: no answer (bot.py:12 in fetch)``; of a task, who created it."""
    if first.kind in LOST | PENDING:
        return f"{first.words}, created in {first.place}" if first.place else first.words
    name = f"{first.name}: " if first.name and first.kind not in ("warned",) else ""
    return f"{name}{first.words}" + (f" ({first.place})" if first.place else "")
