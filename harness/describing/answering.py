"""The process that describes a target: ``python -P -m harness.describing.answering ASKED FD``.

It reads a question from the file descriptor ASKED and writes the answer to FD, which is its own: whatever the target
prints is no answer. The question is JSON::

    factory    the target's, as "module:factory"
    tables     parameters as they are written in a scenario, one table a config
    scaled     complete parameters at the scale of a smaller world
    code       the folders that go first on the path
    folders    these, and that of its packages: where modules must come from that are in one of them
    not_from   the working tree of which they are another revision, or nothing
    surroundings    in what the target is imported: its stand-ins, and whether it works in a folder of its own

and so is the answer::

    error            why the factory cannot be used; then there is nothing else
    elsewhere        modules that `code` has and that were loaded from another file
    marks            the parameters that follow the scale, each with its kind; null where the factory takes any table
    honours_scale    whether the target can live in a smaller world
    may_refuse       whether its dataclass may refuse what the fields allow
    tables           of each table every parameter as a plain value, and the problems, as `Problem.plain` has them
    scaled           of each its problems
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from harness.describing.surroundings import Surroundings
from harness.errors import UsageError
from harness.scaling import markers
from harness.target import honours_scale, load_factory, parameters_type
from harness.worker.loaded_code import put_first, strays


def answer(question: str) -> str:
    """The answer to a question. The target is imported by this process."""
    try:
        return json.dumps(_answer(**json.loads(question)))
    except UsageError as error:
        return json.dumps({"error": str(error)})


def _answer(factory: str, tables: list[dict[str, Any]], scaled: list[dict[str, Any]], **origin: Any) -> dict[str, Any]:
    build = load_factory(factory)
    elsewhere = strays(factory, origin["folders"], origin["not_from"])
    kind = parameters_type(build)
    if kind is None:
        free = {"tables": [[table, []] for table in tables], "scaled": [[] for _ in scaled]}
        facts = {"marks": None, "honours_scale": honours_scale(build), "may_refuse": False, "elsewhere": elsewhere}
        return {**facts, **free}
    # pydantic, which only a dataclass needs: a program may bring an older one along
    from harness.describing.parameters import complete, may_refuse, refused_together  # noqa: PLC0415

    completed = [complete(kind, table) for table in tables]
    return {
        "marks": {name: mark.kind for name, mark in markers(kind).items()},
        "honours_scale": honours_scale(build),
        "may_refuse": may_refuse(kind),
        "elsewhere": elsewhere,
        "tables": [[values, [problem.plain() for problem in problems]] for values, problems in completed],
        "scaled": [[problem.plain() for problem in refused_together(kind, values)] for values in scaled],
    }


def main() -> None:
    """Answer, and end at once: a thread that the target left behind must not hold the end up."""
    with open(int(sys.argv[1]), encoding="utf-8") as asked:
        question = asked.read()
    here, told = os.getcwd(), json.loads(question)
    put_first(told["code"])
    with Surroundings(**told.get("surroundings", {})).within():
        _find(told["factory"], here)
        with open(int(sys.argv[2]), "w", encoding="utf-8") as channel:
            channel.write(answer(question))
    os._exit(0)


def _find(factory: str, here: str) -> None:
    """Look for the target in the folder `here` too, where it, or a module that it needs, is not installed."""
    try:
        load_factory(factory)
    except UsageError as error:
        if isinstance(error.__cause__, ModuleNotFoundError):
            sys.path.append(here)


if __name__ == "__main__":
    main()
