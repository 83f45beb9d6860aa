"""Asking a short-lived process what a target's factory takes, and what it says against the configs of a scenario."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from harness.describing.surroundings import Surroundings
from harness.environments.provided import HERE, Provided
from harness.errors import UsageError
from harness.guarding.asking import ask
from harness.problems import Problem, not_finite
from harness.scaling import Scaled
from harness.text import dotted

PATIENCE_S = 120.0
"""Real seconds that a target may take to be imported and described; the largest libraries take a quarter of that."""

_LONGEST_WORDS = 200

PLAIN = Surroundings()

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Description:
    """What a target's factory takes.

    `marks` are the parameters that follow the scale, None where the factory takes any table as it is. `configs` are
    those that were asked about with every parameter, as plain values; `problems` say what is wrong with them.
    """

    marks: dict[str, Scaled] | None
    honours_scale: bool
    configs: dict[str, dict[str, Any]]
    problems: list[Problem]


def describe(
    factory: str,
    configs: Mapping[str, Parameters],
    *,
    program: Provided = HERE,
    surroundings: Surroundings = PLAIN,
) -> Description:
    """The target of `factory`, a ``module:factory``, as `program` has it, and the parameters of its configs.

    Raises UsageError where the factory cannot be loaded, or comes from elsewhere than the program's own code.
    """
    target = _target(factory, program, os.getcwd(), surroundings)
    facts = target.facts_with(configs.values())
    if facts["marks"] is None:
        same = {name: dict(table) for name, table in configs.items()}  # not as JSON has them: a date stays one
        return Description(None, facts["honours_scale"], same, not_finite(configs, "configs"))
    completed = {name: target.completed[_text(table)] for name, table in configs.items()}
    return Description(
        marks={name: Scaled(kind) for name, kind in facts["marks"].items()},
        honours_scale=facts["honours_scale"],
        configs={name: dict(values) for name, (values, _) in completed.items()},
        problems=_problems({name: wrong for name, (_, wrong) in completed.items()}, configs),
    )


def refused_when_scaled(
    factory: str,
    configs: Mapping[str, Parameters],
    *,
    program: Provided = HERE,
    surroundings: Surroundings = PLAIN,
) -> list[Problem]:
    """What the dataclass of the factory says against these complete parameters, at the scale of a smaller world."""
    target = _target(factory, program, os.getcwd(), surroundings)
    if not target.facts_with()["may_refuse"]:
        return []
    target.facts_with(scaled=configs.values())
    return _problems({name: target.refused[_text(table)] for name, table in configs.items()}, configs)


@dataclass
class _Target:
    """What is known so far of one target. Tables, as written and scaled, are known by their text."""

    factory: str
    program: Provided
    surroundings: Surroundings = PLAIN
    facts: dict[str, Any] | None = None
    completed: dict[str, tuple[dict[str, Any], list[Any]]] = field(default_factory=dict)
    refused: dict[str, list[Any]] = field(default_factory=dict)

    def facts_with(self, tables: Collection[Parameters] = (), scaled: Collection[Parameters] = ()) -> dict[str, Any]:
        """The answer without its tables, which are among those that are known from now on: only new ones are asked."""
        written = [text for text in dict.fromkeys(map(_text, tables)) if text not in self.completed]
        smaller = [text for text in dict.fromkeys(map(_text, scaled)) if text not in self.refused]
        if self.facts is not None and (self.facts["marks"] is None or not (written or smaller)):
            return self.facts
        question = {
            "factory": self.factory,
            "tables": [json.loads(text) for text in written],
            "scaled": [json.loads(text) for text in smaller],
            "code": self.program.code,
            "folders": self.program.folders,
            "not_from": self.program.not_from,
            "surroundings": self.surroundings.question(),
        }
        env = {**os.environ, **dict(self.surroundings.environment)}
        answer = json.loads(answer_of_a_process(json.dumps(question), self.factory, program=self.program, env=env))
        if "error" in answer:
            raise UsageError(answer["error"])
        if answer["elsewhere"]:
            told = f"{self.program.told} is not what is loaded: {', '.join(answer['elsewhere'])}"
            raise UsageError(f'target.factory = "{self.factory}": {told}')
        self.refused |= zip(smaller, answer.pop("scaled"), strict=True)
        for text, (values, problems) in zip(written, answer.pop("tables"), strict=True):
            self.completed[text] = values, problems
            if not problems:  # complete values complete to themselves, and were accepted
                self.completed[_text(values)], self.refused[_text(values)] = (values, []), []
        self.facts = answer
        return self.facts


_target = functools.cache(lambda factory, program, folder, around: _Target(factory, program, around))
"""The target of a factory as a version of the program has it, seen from a folder, in these surroundings."""


def answer_of_a_process(
    question: str,
    factory: str,
    *,
    program: Provided = HERE,
    env: Mapping[str, str] | None = None,
    patience_s: float = PATIENCE_S,
) -> str:
    """What a process of its own answers to a question, as :mod:`harness.describing.answering` has both.

    Raises UsageError where it ends without an answer: the target's module exited, was killed, or hangs.
    """
    told = ask(program.describing_command(), question, env=os.environ if env is None else env, patience_s=patience_s)
    if told.done and told.returncode == 0 and told.text:
        return told.text
    outcome = f"its process ended ({told.ended})" if told.done else f"it is not done after {patience_s:g} s"
    lines = (line.strip() for line in reversed(told.printed.split("\n")))
    words = next((line for line in lines if line), "")[:_LONGEST_WORDS]
    module = factory.partition(":")[0]
    cause = f"{outcome}: {words}" if words else outcome
    raise UsageError(f'target.factory = "{factory}": module "{module}" cannot be imported: {cause}')


def _problems(wrong: Mapping[str, list[Any]], configs: Mapping[str, Parameters]) -> list[Problem]:
    """What an answer says is `wrong` with each config: below its key, with values as they are in the file."""
    return [
        Problem(*plain).below(dotted("configs", name), {dotted(key): value for key, value in configs[name].items()})
        for name, problems in wrong.items()
        for plain in problems
    ]


def _text(table: Parameters) -> str:
    return json.dumps(table, default=_plain)


def _plain(value: object) -> str:
    """Dates and times, which TOML has and JSON has not."""
    if isinstance(value, (date, time)):  # a datetime is a date
        return value.isoformat()
    raise TypeError(f"not a value of a TOML file: {value!r}")
