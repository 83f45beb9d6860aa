"""The one sentence a person would say of a soak, from the verdicts on its claims. Predictions make it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from harness.analysis.leaks.config_leaks import ConfigLeak
from harness.analysis.units import unit_after
from harness.analysis.verdict.claims import ClaimVerdict

RELEASES = {
    "release.stop": "stop() gave back",
    "release.drop": "dropping every reference gave back",
    "release.trim": "trimming the heap gave back",
}

NAMED = 3
"""So many missed or undecided claims are named; of more, the last are counted."""


def headline(claims: Sequence[ClaimVerdict], held: Mapping[str, Mapping[str, str]]) -> str:
    """The sentence on `claims`; `held` says by config and reduction metric what was held ("peaked at 7.1 GB").

    Told in full: the first reduction, every release and every leak that was found among the predictions, or else the
    first two predictions. The others are counted, those missed or undecided named. Without predictions it speaks of all
    claims.
    """
    spoken = [claim for claim in claims if claim.kind == "prediction"] or list(claims)
    reductions = [claim for claim in spoken if claim.metric.startswith("reduction.") and claim.estimate is not None][:1]
    releases = [claim for claim in spoken if claim.metric in RELEASES and claim.estimate is not None]
    leaking = [claim for claim in spoken if claim.leak is not None and claim.verdict == "missed" and not claim.known]
    told = reductions + releases + leaking
    parts = [_reduction(claim, held) for claim in reductions] + _releases(releases)
    parts += _leaks([claim.leak for claim in leaking if claim.leak is not None])
    if not told:
        told = [claim for claim in spoken if claim.estimate is not None][:2]
        parts = [_plain(claim) for claim in told]
    what = "prediction" if any(claim.kind == "prediction" for claim in spoken) else "claim"
    parts += _others([claim for claim in spoken if claim not in told], what=what)
    text = "; ".join(parts) or "nothing was claimed"
    return f"{text[0].upper()}{text[1:]}."


def amount(value: float, unit: str) -> str:
    """A value with its unit, in the digits a person would say: 7.1 GB, 72 %, 1.4 minutes."""
    if unit == "share":
        return f"{round(100 * value)} %"
    if unit == "GB" and 0 < abs(value) < 1:  # a small world of its own
        text = f"{value:.2g}"
    elif unit in ("GB", "minutes"):
        text = f"{value:.1f}"
    elif abs(value) < 1000:
        text = f"{round(value, 2):g}" if unit == "budgets" else f"{value:.3g}"
    else:
        text = f"{value:,.0f}"
    return f"{text} {unit_after(text, unit)}".rstrip()


def band(claim: ClaimVerdict) -> str:
    """The expected band in words: 60-70 %, at least 25.0 GB."""
    low, high = claim.expected
    if low is None or high is None:
        end = high if low is None else low
        return "anything" if end is None else f"{'at most' if low is None else 'at least'} {amount(end, claim.unit)}"
    if low == high:
        return amount(low, claim.unit)
    number = amount(low, claim.unit).removesuffix(claim.unit).removesuffix("%").strip()
    return f"{number}-{amount(high, claim.unit)}"


def relation(claim: ClaimVerdict) -> str:
    """How the estimate stands to the band: as expected, more than the expected 60-70 %."""
    if claim.guard:
        return f"missed: {claim.guard}"
    if claim.verdict == "met":
        return "as expected" if claim.known is None else "as expected, against a known miss"
    if claim.verdict not in ("exceeded", "missed") or claim.estimate is None:
        return f"{band(claim)} expected, {'undecided' if claim.verdict == 'inconclusive' else claim.verdict}"
    _, high = claim.expected
    side = "more" if high is not None and claim.estimate > high else "less"
    expected = band(claim)
    known = ", a known miss" if claim.known == "missed" and claim.verdict == "missed" else ""
    if expected.startswith("at "):
        return f"{expected} expected{known}"
    return f"{side} than the expected {expected}{known}"


def _reduction(claim: ClaimVerdict, held: Mapping[str, Mapping[str, str]]) -> str:
    a, b = claim.configs
    share = claim.estimate or 0.0
    bound = {"exact": "", "lower": "at least ", "upper": "at most "}[claim.bound]
    saved = f"{bound}{amount(abs(share), 'share')} {'less' if share >= 0 else 'more'}"
    before, after = (held.get(config, {}).get(claim.metric) for config in (a, b))
    if before is None or after is None:
        return f"{claim.name}: {b} takes {saved} than {a} ({relation(claim)})"
    return f"{b} {after} where {a} {before} ({saved}, {relation(claim)})"


def _releases(claims: Sequence[ClaimVerdict]) -> list[str]:
    parts = []
    for metric, group in groupby(claims, key=lambda claim: claim.metric):
        shares = [
            f"{amount(claim.estimate or 0.0, 'share')} of what {claim.configs[0]} had grown ({relation(claim)})"
            for claim in group
        ]
        parts.append(f"{RELEASES[metric]} {joined(shares)}")
    return parts


def _leaks(leaks: Sequence[ConfigLeak]) -> list[str]:
    """What leaks: by config, quantities that have one budget together."""
    parts = []
    for (config, counted, budget), group in groupby(
        leaks, key=lambda leak: (leak.config, leak.measure.counted, leak.budget)
    ):
        rates = [(leak.measure.words, leak.verdict.slope or 0.0) for leak in group]
        if counted:
            found = joined([f"{rate:.3g} {words} an hour" for words, rate in rates])
        else:
            found = joined([f"{rate:.3g} GB/h in {words}" for words, rate in rates])
        parts.append(f"{config} leaks: {found} where {budget:.3g} is allowed")
    return parts


def _plain(claim: ClaimVerdict) -> str:
    return f"{claim.name}: {amount(claim.estimate or 0.0, claim.unit)} ({relation(claim)})"


def _others(claims: Sequence[ClaimVerdict], *, what: str) -> list[str]:
    """The claims that are not told in full: how many hold, and the names of those that do not."""
    parts = []
    kept = [claim for claim in claims if claim.verdict in ("met", "exceeded")]
    if kept:
        parts.append(f"{len(kept)} more {what}{'s hold' if len(kept) > 1 else ' holds'}")
    missed = [claim for claim in claims if claim.verdict == "missed"]
    for word, those in (
        ("missed", [claim for claim in missed if claim.known is None]),
        ("missed as known", [claim for claim in missed if claim.known is not None]),
        ("undecided", [claim for claim in claims if claim.verdict == "inconclusive"]),
    ):
        names = [claim.name for claim in those]
        if names:
            shown = names if len(names) <= NAMED else [*names[: NAMED - 1], f"{len(names) - NAMED + 1} others"]
            parts.append(f"{word}: {joined(shown)}")
    return parts


def joined(names: Sequence[str]) -> str:
    """Names in a sentence: a, b and c."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
