"""What a soak leaves open: what it is, why, and the option that may decide it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.analysis.leaks.config_leaks import ConfigLeak, rounded_up
from harness.analysis.leaks.memory_limit import told_by
from harness.analysis.verdict.claim_verdict import ClaimVerdict
from harness.analysis.verdict.soak_verdict import Verdict
from harness.report.words.amounts import BOUNDS
from harness.scenario import Scenario
from harness.scenario.contents import SEEDS_MOST
from harness.text import first_of, joined

MOST_NAMES = 2
"""How many claims one point names; more are counted."""

FEWEST_SEEDS = 3
"""Of a soak that had one seed, which gives no interval."""

MINUTES = 10.0
"""Of anchor runs, where a soak had none."""

_Key = tuple[str, tuple[str, ...]]
"""Why something is open, and the options that may decide it."""


@dataclass(frozen=True)
class OpenPoint:
    """Something that is open, in words, and the `options` of `soak run` each of which may decide it.

    What is not `claimed` changes no verdict.
    """

    what: str
    why: str
    options: tuple[str, ...] = ()
    claimed: bool = True

    @property
    def sentence(self) -> str:
        """Return the point on one line: what is open, why, what to do next."""
        step = f". Next: {' or '.join(self.options)}" if self.options else ""
        return f"{self.what}: {self.why}{step}"


def open_points(scenario: Scenario, verdict: Verdict) -> list[OpenPoint]:
    """Return what is open: claims, and leaks that are told at this scale, those that a claim is about first.

    What is open for one reason, and may be decided alike, is one point. What a run that ended early leaves open is said
    where the reasons of an incomplete soak are.
    """
    leaks = [leak for leak in told_by(scenario, verdict.leaks) if leak.verdict.outcome == "INCONCLUSIVE"]
    claims: dict[_Key, list[str]] = {}
    for judged in sorted(verdict.claims, key=lambda judged: judged.claim.kind != "prediction"):
        if judged.counts_as == "inconclusive" and (judged.leak is None or judged.leak not in leaks):
            claims.setdefault((_why(judged), _options(judged, scenario, verdict)), []).append(judged.claim.name)
    leaking: dict[_Key, list[ConfigLeak]] = {}
    for leak in leaks:
        if not (leak.verdict.cut_short and verdict.reasons):
            leaking.setdefault((leak.verdict.reason, _leak_options(leak, verdict)), []).append(leak)
    points = []
    for key in dict.fromkeys([*claims, *leaking]):
        named = [first_of(claims[key], MOST_NAMES)] if key in claims else []
        named += [f"a leak in {of_configs(leaking[key])}"] if key in leaking else []
        claimed = key in claims or any(judged.leak in leaking[key] for judged in verdict.claims)
        points.append(OpenPoint("; ".join(named), *key, claimed=claimed))
    return sorted(points, key=lambda point: not point.claimed)


def of_configs(leaks: Iterable[ConfigLeak], every: Sequence[str] = ()) -> str:
    """Return which quantities of which configs these are: ``live bytes of fixed; tasks, threads of old and fixed``.

    All of the configs in `every` are "all configs", where they are more than two.
    """
    configs: dict[str, list[str]] = {}
    for leak in leaks:
        configs.setdefault(leak.measure.words, []).append(leak.config)
    measures: dict[tuple[str, ...], list[str]] = {}
    for words, names in configs.items():
        measures.setdefault(tuple(names), []).append(words)
    return "; ".join(f"{', '.join(words)} of {_named(names, every)}" for names, words in measures.items())


def _named(configs: Sequence[str], every: Sequence[str]) -> str:
    return "all configs" if len(every) > 2 and {*every} == {*configs} else joined(configs)


def _why(judged: ClaimVerdict) -> str:
    estimate = judged.estimate
    if estimate.estimate is None:
        return judged.leak.verdict.reason if judged.leak is not None else estimate.reason
    if estimate.bound != "exact":
        return f"{estimate.reason}: the value is {BOUNDS[estimate.bound]}what is shown"
    if estimate.low is None and estimate.high is None:
        return "one seed gives no interval"
    return "its interval crosses an end of what is expected"


def _options(judged: ClaimVerdict, scenario: Scenario, verdict: Verdict) -> tuple[str, ...]:
    if judged.lacks_seeds:
        return (_more_seeds(verdict),)
    if judged.basis in ("measured", "continued", "extrapolated") and judged.estimate.estimate is not None:
        return (f"--anchor-minutes={2 * scenario.memory.anchors.minutes or MINUTES:g}",)
    return ()


def _leak_options(leak: ConfigLeak, verdict: Verdict) -> tuple[str, ...]:
    options = []
    if leak.verdict.hours_needed is not None:
        options.append(f"--hours={rounded_up(leak.verdict.hours_needed):g}")
    if leak.verdict.lacks_seeds:
        options.append(_more_seeds(verdict))
    if leak.verdict.own_time:
        options.append("--clock=real")
    return tuple(options)


def _more_seeds(verdict: Verdict) -> str:
    """Return the option for twice the seeds that there are, added one by one; of one seed, for an interval at all."""
    seeds = len({run.seed for run in verdict.runs})
    return f"--seeds={FEWEST_SEEDS}" if seeds < 2 else f"--max-seeds={min(2 * seeds, SEEDS_MOST)}"
