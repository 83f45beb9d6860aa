"""A scenario of one program as one of several revisions of it: every config with every revision (``--revisions``)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from pydantic import ValidationError

from harness.environments.versions import REVISION
from harness.errors import UsageError
from harness.scenario.contents import ScenarioContents
from harness.scenario.refusals import problems_of
from harness.text import did_you_mean

OPTION: Final = "--revisions"

_LONGEST_NAME = 40


def with_revisions(
    contents: ScenarioContents, revisions: Sequence[str], configs: Sequence[str] | None = None
) -> ScenarioContents:
    """The scenario with a config for each of its configs, or of `configs`, with each revision; sweeps are dropped.

    A config is called by its revision where the scenario has one, else by both. What is claimed of configs is claimed
    of them in each revision. Raises UsageError where that is no scenario.
    """
    written = f"{OPTION} {','.join(revisions)}"
    if not revisions:
        raise UsageError(f"{OPTION}: names no revision; give some with commas between, such as v1.4,main")
    bases = [name for name in contents.configs if configs is None or name in configs]
    for name in configs or ():
        if name not in contents.configs:
            offer = did_you_mean(name, contents.configs, noun="the configs are")
            raise UsageError(f'--configs {",".join(configs or ())}: no config "{name}"; {offer}')
    tables: dict[str, dict[str, Any]] = {}
    claims = []
    for revision in revisions:
        named = {base: _name(revision) if len(bases) == 1 else f"{base}_{_name(revision)}" for base in bases}
        for base, name in named.items():
            if name in tables:
                raise UsageError(f"{written}: two of them would be the config {name}: leave one out")
            tables[name] = {**contents.configs[base], REVISION: revision}
        claims += [
            {
                **claim.model_dump(),
                "name": f"{claim.name}, {revision}",
                "configs": [named[base] for base in claim.configs],
            }
            for claim in contents.claims
            if set(claim.configs) <= set(bases)
        ]
    table = {
        **contents.model_dump(include=set(ScenarioContents.model_fields)),
        "configs": tables,
        "claims": claims,
        "sweeps": {},
    }
    try:
        return ScenarioContents.model_validate(table)
    except ValidationError as error:
        raise UsageError(f"{written}: {problems_of(error, ScenarioContents, table)[0]}") from None


def _name(revision: str) -> str:
    """A revision as the name of a config."""
    return re.sub(r"[^a-z0-9_]+", "_", revision.lower()).strip("_")[:_LONGEST_NAME] or "revision"
