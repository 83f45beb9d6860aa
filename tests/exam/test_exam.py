"""Every target of `targets/` is soaked once, and what is told of it compared with the key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.exam.key import ANY, KEY, Truth
from tests.integration.conftest import Soaks

TARGETS = Path(__file__).parent / "targets"

WORLD: dict[str, Any] = {
    "seeds": 2, "hours": 5.0, "symbols": 2, "books_per_second": 0.2, "warmup_minutes": 20, "scale": 1.0,
    "baseline_gb": 0.3, "limit_gb": 2.0, "factory": "mine:build",
}  # fmt: skip

MEASURES = ("rss", "live", "children", "tree")

TROUBLE = re.compile(r"trouble|swallow|logged|unhandled|unraisable|exception|(\b|_)errors?\b", re.IGNORECASE)
"""What a count of swallowed trouble may stand beside: a key of a table, or a word of the same sentence."""


def items_of(text: str) -> list[str]:
    """The sentences and list items of a page of text, each in one line."""
    items: list[str] = []
    for paragraph in re.split(r"\n\s*\n|\n(?=- )", text):
        line = " ".join(paragraph.split())
        items += [line] if line.startswith("- ") else re.split(r"(?<=\.) (?=[A-Z])", line)
    return items


def first_owner(explained: str) -> str | None:
    """The path in the first row of the table of owners."""
    lines = explained.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("owner ") and number + 2 < len(lines):
            return re.split(r"\s{2,}", lines[number + 2].strip())[0]
    return None


def counts_in(value: Any, asked: bool = False) -> Iterator[int]:
    """Whole numbers that stand, at any depth, under a key that tells of trouble."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from counts_in(inner, asked or TROUBLE.search(str(key)) is not None)
    elif isinstance(value, list):
        for inner in value:
            yield from counts_in(inner, asked)
    elif asked and isinstance(value, int) and not isinstance(value, bool):
        yield value


class Told:
    """All that a soak told of a target."""

    def __init__(self, soaks: Soaks) -> None:
        self.verdict = soaks.verdict()
        self.facts = [soaks.facts("only", run["seed"]) for run in self.verdict["runs"]]
        self.explained = soaks.soak("explain", "latest").stdout
        self.items = items_of(self.explained) + items_of(soaks.soak("report", "latest", "--verbose").stdout)
        self.everything = "\n".join([*self.items, json.dumps(self.facts), json.dumps(self.verdict)])

    def of_stop(self) -> str:
        """What is told of a stop: what it left, forgot, or what outlives it."""
        items = [item for item in self.items if re.search(r"stop\(\)|outlive", item)]
        return "\n".join([*items, *(json.dumps(facts.get("outlives", {})) for facts in self.facts)])

    def counts(self) -> set[int]:
        """The numbers that are told of trouble, of a run or of all of them."""
        spoken = {
            int(number)
            for item in self.items
            if "Arenas still mapped" not in item  # these are paths, with a number of arenas each
            for word in TROUBLE.finditer(item)
            for number in re.findall(r"(?<![\d.])\d+(?![\d.]*\d)", item[max(word.start() - 60, 0) : word.end() + 60])
        }
        return spoken | self.recorded()

    def recorded(self) -> set[int]:
        return {count for table in (*self.facts, self.verdict) for count in counts_in(table)}


def verdict_errors(truth: Truth, told: Told) -> Iterator[str]:
    found = {leak["measure"]: leak for leak in told.verdict["leaks"]}
    for measure in MEASURES:
        right = getattr(truth, measure)
        verdict = found.get(measure, {}).get("verdict", "nothing")
        if right != ANY and verdict not in right.split("|"):
            why = {key: found.get(measure, {}).get(key) for key in ("slope", "low", "high", "reason")}
            yield f"{measure}: {verdict}, and not {right}: {why}"
    command = (found.get("children", {}).get("command") or {}).get("command", "")
    if truth.command is not None and not re.search(truth.command, command):
        yield f"the process that grows: {command!r}, and not {truth.command}"


def owner_errors(truth: Truth, told: Told) -> Iterator[str]:
    owner = first_owner(told.explained)
    if truth.owner is not None and not re.search(truth.owner, owner or ""):
        yield f"the first owner: {owner!r}, and not {truth.owner}"


def stop_errors(truth: Truth, told: Told) -> Iterator[str]:
    of_stop = told.of_stop()
    yield from (f"not said of stop(): {pattern}" for pattern in truth.forgot if not re.search(pattern, of_stop))
    yield from (f"wrongly said of stop(): {pattern}" for pattern in truth.kept if re.search(pattern, of_stop))


def trouble_errors(truth: Truth, told: Told) -> Iterator[str]:
    yield from (f"not said: {pattern}" for pattern in truth.says if not re.search(pattern, told.everything))
    if truth.trouble == 0 and any(told.recorded()):
        yield f"trouble where there was none: {sorted(told.recorded())}"
    runs = len(told.facts)
    if truth.trouble and not {truth.trouble, truth.trouble * runs} & told.counts():
        yield f"trouble: {sorted(told.counts())}, and not {truth.trouble} in each of {runs} runs"


def test_every_target_has_its_truth_and_every_truth_its_target() -> None:
    assert sorted(truth.target for truth in KEY) == sorted(path.stem for path in TARGETS.glob("*.py"))


@pytest.mark.exam
@pytest.mark.parametrize("truth", KEY, ids=lambda truth: truth.target)
def test_what_is_told_of_a_target_is_true(soaks: Soaks, truth: Truth) -> None:
    soaks.target((TARGETS / f"{truth.target}.py").read_text())
    ended = soaks.soak("run", soaks.scenario("[configs.only]\n", **(WORLD | truth.world)))
    assert ended.returncode in (0, 4), ended.stdout + ended.stderr
    told = Told(soaks)
    assert {run["status"] for run in told.verdict["runs"]} == {"complete"}, told.verdict["runs"]
    errors = [
        *verdict_errors(truth, told),
        *owner_errors(truth, told),
        *stop_errors(truth, told),
        *trouble_errors(truth, told),
    ]
    assert not errors, "\n".join([*errors, told.explained])
