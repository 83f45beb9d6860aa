"""What is found of one config: its verdicts on RSS, live bytes, mappings, children and counts together, gravest first.

Whoever says in a sentence whether a config leaks takes it from here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from harness.analysis.estimates import mean_or_zero
from harness.analysis.leaks.config_leaks import CHILDREN, LIVE, MAPPINGS, OF_CHILDREN, RSS, TREE, ConfigLeak, Measure
from harness.analysis.leaks.memory_limit import told_at

Outcome = Literal["leak", "no leak", "undecided"]
OUTCOMES: dict[str, Outcome] = {"LEAK": "leak", "SOME": "leak", "OK": "no leak", "INCONCLUSIVE": "undecided"}

_HOLDERS = (LIVE, MAPPINGS, CHILDREN)
"""What holds memory; RSS and the whole tree climb with them."""


@dataclass(frozen=True)
class Finding:
    """One config. `leaking` are the verdicts that leak, of what is told at this scale, the gravest first.

    `untold` are those that leak in the small world and are not told of full scale; `others` all others that are told.
    """

    config: str
    leaking: tuple[ConfigLeak, ...]
    untold: tuple[ConfigLeak, ...]
    others: tuple[ConfigLeak, ...]

    @property
    def leading(self) -> ConfigLeak | None:
        """The gravest leak, None where nothing leaks."""
        return next(iter(self.leaking), None)

    @property
    def itself(self) -> ConfigLeak | None:
        """The gravest leak of the judged process, whatever its children do."""
        return next((leak for leak in self.leaking if leak.measure not in OF_CHILDREN), None)

    @property
    def outcome(self) -> Outcome:
        """Whether anything leaks; undecided where what holds memory is."""
        return "leak" if self.leaking else self._of(_HOLDERS)

    @property
    def outcome_itself(self) -> Outcome:
        """The same of the judged process."""
        return "leak" if self.itself is not None else self._of((LIVE, MAPPINGS))

    def of(self, measure: Measure) -> ConfigLeak | None:
        """The verdict on a measure, None where there is none, or none that is told."""
        return next((leak for leak in (*self.leaking, *self.others) if leak.measure is measure), None)

    def _of(self, measures: Iterable[Measure]) -> Outcome:
        judged = [leak.verdict.outcome for leak in self.others if leak.measure in tuple(measures)]
        return "no leak" if judged and all(outcome == "OK" for outcome in judged) else "undecided"


def finding(config: str, leaks: Iterable[ConfigLeak], memory_scale: float) -> Finding:
    """What the verdicts on `config` among `leaks` come to, in a world of this scale."""
    mine = [leak for leak in leaks if leak.config == config]
    told = told_at(memory_scale, mine)
    return Finding(
        config,
        leaking=tuple(sorted((leak for leak in told if leak.verdict.leaks), key=_gravity)),
        untold=tuple(leak for leak in mine if leak.verdict.leaks and leak not in told),
        others=tuple(leak for leak in told if not leak.verdict.leaks),
    )


def findings(leaks: Iterable[ConfigLeak], memory_scale: float) -> dict[str, Finding]:
    """The finding of every config that has a verdict, in their order."""
    every = list(leaks)
    return {config: finding(config, every, memory_scale) for config in dict.fromkeys(leak.config for leak in every)}


def _gravity(leak: ConfigLeak) -> tuple[int, float]:
    """What holds memory before what climbs with it, and both before counts; the fastest first."""
    rank = 0 if leak.measure in _HOLDERS else 1 if leak.measure in (RSS, TREE) else 2
    return rank, -mean_or_zero(leak.rate) / (leak.budget if leak.measure.counted else 1.0)
