"""Where a leak began and where it ended, in sentences; and what a search is about to do."""

from __future__ import annotations

from collections.abc import Iterator

from harness.analysis.estimates import Estimate
from harness.analysis.histories.recorded_history import RecordedHistory
from harness.analysis.histories.release_finding import ReleaseFinding, find_config
from harness.analysis.leaks.config_leaks import ConfigLeak
from harness.analysis.owners.growth import EXPLAINED
from harness.analysis.result import Result
from harness.histories.history_file import History
from harness.histories.search import Stretch, unknown_between
from harness.report.words.amounts import NOTHING, expected, interval, measured, percent, value
from harness.text import first_of

WIRE = "wire."
"""How metrics of what a client delivered begin."""

MOST_NAMES = 6
"""So many releases are named in a sentence."""


def plan_lines(history: History) -> Iterator[str]:
    """Say which releases there are, what is installed with each, and how many are run at most."""
    count, candidates = len(history.candidates), history.candidates
    yield (
        f"{history.package}: {count} from {candidates[0].name} to {candidates[-1].name}; "
        f"{min(count, history.most)} of them are run at most, {history.hours[0]:g} virtual hours each at first."
    )
    first = candidates[0]
    wheels = "building what has no wheel, which runs its code" if history.frozen.builds else "wheels only"
    what = f"{first.package or f'revision {first.name}'} or another of them" if count > 1 else first.package
    beside = history.frozen.pinned()
    if first.package or beside:
        with_ = f" with {', '.join(beside)}, whatever it asks for" if beside else ""
        yield f"Installs, into an environment for each that is run, {wheels}: {what}{with_}."
    if not first.package:
        yield "Checks out every commit that is run as a git worktree, without hooks."


def told(recorded: RecordedHistory) -> list[str]:
    """Say where what leaks began and ended, which releases were passed over, and what is open."""
    lines = [_stretch(recorded, stretch) for stretch in recorded.stretches] or [_none(recorded)]
    for name, reason in recorded.history.skipped.items():
        lines.append(f"{name} was passed over: {reason}.")
    for name, differing in recorded.history.differing.items():
        lines.append(
            f"{name} was run with more than another {recorded.history.package}: {first_of(differing, MOST_NAMES)}."
        )
    for place, found in sorted(recorded.findings.items()):
        if found.outcome == "open":
            lines.append(f"{recorded.candidates[place].name} is open after {_runs(found)}: {found.reason}.")
    return lines


def measured_lines(result: Result, config: str) -> Iterator[tuple[str, str]]:
    """Return what was measured of a config for its maintainer: growth for calls and hours, the owner, of how much."""
    found = find_config(result, config)
    if found.per_calls.estimate is not None:
        yield "live bytes for every 1,000 calls [95 %]", f"{interval(found.per_calls, 'MB')} MB"
    if found.leak is not None and found.leak.rate.estimate is not None:
        yield f"{found.leak.measure.words} in an hour", f"{per_hour(found.leak)} MB"
    if found.owner:
        yield "what holds it, from the target", f"`{owner_words(found)}`"
    for judged in result.verdict.claims:  # what came through is told where it was asked for
        if judged.claim.metric.startswith(WIRE) and judged.claim.configs == (config,):
            yield f"{judged.claim.name}: {expected(judged)}", measured(judged.estimate, judged.metric.unit)
    yield "measured in", f"{_runs(found)} of virtual time"


def rate_words(found: ReleaseFinding) -> str:
    """Return how fast a release grows for people: ``2.50 MB for every 1,000 calls, 18.0 MB per hour``."""
    parts = []
    if found.per_calls.estimate is not None:
        parts.append(f"{interval(found.per_calls, 'MB')} MB for every 1,000 calls")
    if found.leak is not None and found.leak.rate.estimate is not None:
        unit = "an hour" if found.leak.measure.counted else "MB per hour"
        parts.append(f"{per_hour(found.leak)} {unit} of {found.leak.measure.words}")
    return ", ".join(parts)


def per_hour(leak: ConfigLeak) -> str:
    """Return the rate of a measure with its interval: of bytes MB per hour, of counts how many."""
    rate = leak.rate
    return interval(rate, leak.measure.unit) if leak.measure.counted else interval(in_mb(rate), "MB")


def in_mb(rate: Estimate) -> Estimate:
    """Return a rate of GB as one of MB; the readings of seeds stay as they are."""
    low, estimate, high = (None if one is None else one * 1e3 for one in (rate.low, rate.estimate, rate.high))
    return Estimate(estimate, low, high, rate.bound, rate.readings)


def owner_words(found: ReleaseFinding) -> str:
    """Return who holds what grows, with its share where that is not nearly all; NOTHING where none is known."""
    if not found.owner:
        return NOTHING
    return found.owner if found.share is None or found.share >= EXPLAINED else f"{found.owner} ({percent(found.share)})"


def _stretch(recorded: RecordedHistory, stretch: Stretch) -> str:
    names = [candidate.name for candidate in recorded.candidates]
    began = _began(recorded, stretch)
    if stretch.good_after is None:
        ended = f"still there in {names[stretch.last]}"
    else:
        between = _between(recorded, stretch.last, stretch.good_after)
        ended = f"gone in {names[stretch.good_after]}{between}"
    found = recorded.findings[stretch.first]
    owner = f", owner {owner_words(found)}" if found.owner else ""
    return f"Began in {began}, {ended}{owner}, {rate_words(found)} ({names[stretch.first]})."


def _began(recorded: RecordedHistory, stretch: Stretch) -> str:
    name = recorded.candidates[stretch.first].name
    if stretch.good_before is None:
        return f"{name} or before, the oldest that was run"
    return f"{name}{_between(recorded, stretch.good_before, stretch.first)}"


def _between(recorded: RecordedHistory, low: int, high: int) -> str:
    """Say which releases between two could not be judged; nothing where there are none."""
    names = [recorded.candidates[place].name for place in unknown_between(recorded.outcomes, low, high)]
    return f" (or {first_of(names, MOST_NAMES)}, of which nothing is known)" if names else ""


def _none(recorded: RecordedHistory) -> str:
    good = [place for place, outcome in recorded.outcomes.items() if outcome == "good"]
    if not good:
        return "No release could be judged."
    names = [recorded.candidates[place].name for place in sorted(good)]
    left = len(recorded.candidates) - len(recorded.outcomes)
    others = f"; {value(left, 'samples')} between them were not run (--most runs more)" if left else ""
    return f"None of {len(names)} leaks: {first_of(names, MOST_NAMES)}{others}."


def _runs(found: ReleaseFinding) -> str:
    return f"{found.seeds} {'run' if found.seeds == 1 else 'runs'} of {found.hours:g} h"
