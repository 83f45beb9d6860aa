"""What a trial showed of a target, as plain data: what it took, told, opened, left behind, and what is lacking."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.analysis.runs import Run
from harness.text import near
from harness.trials.carrying_out import Trial
from harness.worker.recorder import DELIVERED

Known = Sequence[tuple[str, str, str, str]]
"""What a target may tell: harness.target.TELLS, which who supervises does not import."""

SAMPLES = ("collected", "persisted", "lost")
"""The counters by which is told whether a row was lost."""

_OWN = ("JudgedRun.", "WatchedRun.")
"""What the names of tasks and timers of the run itself begin with."""

_EXECUTOR = "asyncio_"
"""What threads of the loop's own executor are called: they end with the loop, and stop() cannot end them."""

_NUMBERED = re.compile(r"(pipe|socket|anon_inode):\[.*\]")
"""How the kernel calls an open file without a name."""

_IN_RUN = re.compile(r".*/soak-try-[^/]+/runs/[^/]+/seed-[0-9]+/")
"""Where the folder of a trial lies, which is gone when it is told."""

OWN_EVENTS = frozenset({"warning", "limit"})


@dataclass(frozen=True)
class Tells:
    """What a target tells of itself: counters and events that are `understood`, those that are not, with a guess."""

    understood: tuple[str, ...]
    others: tuple[str, ...]
    misspelt: Mapping[str, str]
    lacking: tuple[str, ...]


@dataclass(frozen=True)
class Seen:
    """All of it. `delivered` is by kind of event, `standing` and `left` by kind of thing: names with how many.

    `children` are the processes that it started, by command: the bytes that they held at first, and at the most.
    """

    run: Run
    begun: bool
    takes: tuple[str, ...]
    delivered: Mapping[str, int]
    standing: Mapping[str, Mapping[str, int]]
    left: Mapping[str, Mapping[str, int]]
    reached: Mapping[str, Mapping[str, int]]
    real_calls: Mapping[str, Mapping[str, int]]
    real_waits: tuple[str, ...]
    doubts: tuple[str, ...]
    uvloop: bool
    files: int
    bytes: int
    names: tuple[str, ...]
    children: Mapping[str, tuple[float, float]]
    tells: Tells

    @classmethod
    def of(cls, trial: Trial, known: Known) -> Seen:
        """What there is to see of a trial, however it ended; empty where it did not get so far."""
        run = trial.run
        watched = _table(run.facts, "trial")
        wrote, real = _table(watched, "wrote"), _table(watched, "real_time")
        warnings = [str(event.get("text", "")) for event in run.events if event["kind"] == "warning"]
        waits = tuple(text for text in warnings if "time.sleep(" in text and "really sleeps" in text)
        return cls(
            run=run,
            begun="takes" in watched,
            takes=_words(watched.get("takes")),
            delivered=_delivered(run),
            standing=_standing(watched),
            left=_left(run),
            reached={kind: dict(names) for kind, names in _table(watched, "reached").items()},
            real_calls={name: dict(places) for name, places in _table(real, "calls").items()},
            real_waits=waits,
            doubts=tuple(text for text in warnings if text not in waits),
            uvloop=real.get("uvloop") is True,
            files=int(wrote.get("files") or 0),
            bytes=int(wrote.get("bytes") or 0),
            names=_words(wrote.get("names")),
            children=_children(run),
            tells=_tells(run, known),
        )


def _table(facts: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = facts.get(key)
    return value if isinstance(value, dict) else {}


def _words(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _delivered(run: Run) -> dict[str, int]:
    """How many events of each kind it was handed, by the handler's kind: ``{"Book": 120}``."""
    counts = {}
    for kind, (column, _) in DELIVERED.items():
        values = run.column(column)
        count = int(values[-1]) if values.size and values[-1] == values[-1] else 0
        if count:
            counts[getattr(kind, "__name__", str(kind))] = count
    return counts


def _standing(watched: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """What stood while it was fed and not before."""
    before, then = _table(watched, "before"), _table(watched, "standing")
    stood = {}
    for kind, names in then.items():
        more = Counter(_words(names)) - Counter(_words(before.get(kind)))
        stood[kind] = {
            _IN_RUN.sub("", name): count for name, count in sorted(more.items()) if not name.startswith(_OWN)
        }
    return stood


def _left(run: Run) -> dict[str, dict[str, int]]:
    """What was there after stop() and not before start()."""
    left: dict[str, Sequence[str]] = dict(_table(run.facts, "outlives"))
    left["processes"] = run.told.outlived
    theirs = {
        kind: [_NUMBERED.sub(r"a \1", _IN_RUN.sub("", name)) for name in map(str, names) if not _is_own(kind, name)]
        for kind, names in left.items()
    }
    return {kind: dict(Counter(names)) for kind, names in theirs.items() if names}


def _is_own(kind: str, name: str) -> bool:
    """Whether it is the run's own, or the loop's."""
    return name.startswith(_OWN) or (kind == "threads" and name.startswith(_EXECUTOR))


def _children(run: Run) -> dict[str, tuple[float, float]]:
    """What those of each command held together, as first read and at the most."""
    named = run.children[run.children["command"] != ""]
    held = {str(command): rows["pss_bytes"] for command, rows in named.groupby("command")}
    return {command: (float(column.iloc[0]), float(column.max())) for command, column in held.items()}


def _tells(run: Run, known: Known) -> Tells:
    counted = [name for how, name, _, _ in known if how == "counters()"]
    emitted = [name for how, name, _, _ in known if how.startswith("emit")]
    counters = sorted(map(str, _table(run.facts, "counters")))
    events = sorted({event["kind"] for event in run.events} - OWN_EVENTS)
    understood = [f"counters() {name}" for name in counters if name in counted]
    understood += [f"event {name}" for name in events if name in emitted]
    others = [name for name in counters if name not in counted] + [name for name in events if name not in emitted]
    guesses = {name: near(name, {*counted, *emitted})[:1] for name in others}
    lacking = [name for name in SAMPLES if name not in counters]
    if not {"cleanup", "cleanup_skipped"} & {*events} and "cleanups" not in counters:
        lacking.append("cleanup")
    misspelt = {name: guess[0] for name, guess in guesses.items() if guess}
    return Tells(tuple(understood), tuple(others), misspelt, tuple(lacking))
