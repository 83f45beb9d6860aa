"""Whether a config leaks, in one sentence: the same one for `run`, `explain`, the pictures and verdict.json."""

from __future__ import annotations

from collections.abc import Mapping

from harness.analysis.config_finding import Finding, findings
from harness.analysis.estimates import mean_or_zero
from harness.analysis.leaks.config_leaks import CHILDREN, LIVE, MAPPINGS, OF_CHILDREN, RSS, ConfigLeak
from harness.analysis.metrics.rss_lines import ALLOCATORS_HOLD_FREE
from harness.analysis.verdict.soak_verdict import Verdict
from harness.report.words.amounts import budget_rate, byte_rate, in_unit, interval, per_hour, rate_unit, size, value
from harness.report.words.child_words import grows
from harness.text import joined

DECIDED_IN = {
    "whole": "under load",
    "last_three_quarters": "in the last three quarters of the runs",
    "last_half": "in the last half of the runs",
}

FREE = "fragmentation, memory that its allocators hold free"

_HELD = {
    "anonymous_bytes": "anonymous mappings",
    "shared_bytes": "shared memory",
    "dirty_file_bytes": "pages of files that it wrote",
    "stacks_bytes": "stacks of threads",
}
_LINES = {
    FREE: ALLOCATORS_HOLD_FREE,
    "live bytes": ("pymalloc_bytes", "glibc_heap_bytes", "glibc_mapped_bytes"),
    **{words: (name,) for name, words in _HELD.items()},
    "mapped files": ("file_bytes",),
    "Arrow's pool": ("arrow_bytes",),
    "what nothing explains": ("residual_bytes",),
}
_WORTH = 0.1
"""What makes less than this share of the growth is not named."""


def leak_sentences(found: Finding, *, lacking: str = "", open_reason: str = "") -> list[tuple[str, str, str]]:
    """Return (word, sentence, outcome) of a config itself and of what it started, the gravest first.

    `lacking` says of how many runs it is told where some are missing; `open_reason` why live bytes are open, where the
    caller knows it better.
    """
    told: list[tuple[str, str, str]] = [(*_itself(found, lacking, open_reason), found.outcome_itself)]
    children = found.of(CHILDREN)
    if children is not None:
        outcome = {"OK": "no leak", "INCONCLUSIVE": "undecided"}.get(children.verdict.outcome, "leak")
        told.append((*_children(children), outcome))
    return sorted(told, key=lambda one: one[2] != "leak")


def config_sentences(verdict: Verdict) -> dict[str, str]:
    """Return the gravest sentence on every config of a soak that has a verdict on leaks."""
    told = {config: leak_sentences(found)[0] for config, found in findings(verdict.leaks, verdict.memory_scale).items()}
    return {config: f"{word}: {sentence}" for config, (word, sentence, _) in told.items()}


def unclaimed_leaks(verdict: Verdict) -> list[str]:
    """Return the sentence on every config that leaks and of whose leaks no claim speaks: ``fixed leaks: RSS ...``."""
    claimed = [judged.leak for judged in verdict.claims if judged.leak is not None]
    told = []
    for config, found in findings(verdict.leaks, verdict.memory_scale).items():
        if found.leaking and not any(leak in claimed for leak in found.leaking):
            word, sentence, _ = leak_sentences(found)[0]
            who = f"children of {config} leak" if found.itself is None else f"{config} {word.lower()}"
            told.append(f"{who}: {sentence.removesuffix('.')}")
    return told


def what_grows(grown: Mapping[str, float]) -> str:
    """Return what the growth of RSS is, by its lines, the most first: ``shared memory 0.21 GB``; empty if unknown."""
    total = grown.get("rss_bytes", 0.0)
    parts = {words: sum(grown.get(name, 0.0) for name in names) for words, names in _LINES.items()}
    worth = sorted((gb, words) for words, gb in parts.items() if gb > 0 and gb >= _WORTH * total)
    if total <= 0 or not worth:
        return ""
    return joined([f"{words} {size(gb)}" for gb, words in reversed(worth)])


def _itself(found: Finding, lacking: str, open_reason: str) -> tuple[str, str]:
    leak = found.itself
    if leak is not None:
        word = f"LEAKS {leak.measure.words.upper()}" if leak.measure.counted else "LEAKS"
        return word, f"{_grow(leak)}, above {_budget(leak)}{_what(found, leak)}{_beside(found, leak)}."
    live = found.of(LIVE)
    if live is None:
        return "UNDECIDED", f"whether it leaks in the long run: {open_reason or 'live bytes were not recorded'}."
    if found.outcome_itself == "no leak":
        word = "LIVE BYTES DO NOT LEAK" if any(leak.measure is RSS for leak in found.untold) else "DOES NOT LEAK"
        word += " ITSELF" if found.of(CHILDREN) is not None else ""
        missing = "; what is missing may be what leaked" if lacking else ""
        return f"{word}{lacking}", f"{_grow(live)}, within {_budget(live)}{missing}."
    mapped = found.of(MAPPINGS)
    if live.verdict.outcome == "OK" and mapped is not None:
        return (
            "UNDECIDED",
            f"{_grow(live)}, within {_budget(live)}; whether its mappings grow is open: {mapped.reason}.",
        )
    if live.verdict.slope is None:
        return "UNDECIDED", f"whether it leaks in the long run: {open_reason or live.reason}."
    return "UNDECIDED", f"{_grow(live)}, where {_budget(live)} is allowed: {live.reason}."


def _children(leak: ConfigLeak) -> tuple[str, str]:
    """Return the verdict on the processes that a target started in a word, and the sentence that says why."""
    if leak.verdict.slope is None:
        return "CHILDREN UNDECIDED", f"{leak.reason}."
    grow = f"the processes that it started grow by {rate_words(leak)}"
    if leak.verdict.leaks:
        command = "" if leak.command is None else f": {grows(leak.command)}"
        return "CHILDREN LEAK", f"{grow}, above {_budget(leak)}{command}."
    if leak.verdict.outcome == "OK":
        return "CHILDREN DO NOT LEAK", f"{grow}, within {_budget(leak)}."
    return "CHILDREN UNDECIDED", f"{grow}, where {_budget(leak)} is allowed: {leak.reason}."


def rate_words(leak: ConfigLeak) -> str:
    """Return how fast a measure grows, with its interval and its unit."""
    return f"{interval(leak.rate, leak.measure.unit)} an hour" if leak.measure.counted else byte_rate(leak.rate)


def _grow(leak: ConfigLeak) -> str:
    words = "what it mapped itself grows" if leak.measure is MAPPINGS else f"{leak.measure.words} grow"
    words = "RSS grows" if leak.measure is RSS else words
    return f"{words} by {rate_words(leak)} {DECIDED_IN[leak.verdict.part]}"


def _budget(leak: ConfigLeak) -> str:
    if leak.measure.counted:
        return f"the {value(leak.budget, leak.measure.unit)} an hour that are allowed"
    return f"the budget of {per_hour(budget_rate(leak.budget))}"


def _what(found: Finding, leak: ConfigLeak) -> str:
    """Return what the growth is, where the measure alone does not say it."""
    if leak.measure is MAPPINGS:
        held = {name: leak.grown.get(name, 0.0) for name in _HELD}
        most = max(held, key=lambda name: held[name])
        return f": {_HELD[most]}" if held[most] > 0 else ""
    live = found.of(LIVE)
    if leak.measure is not RSS or live is None or live.verdict.leaks:
        return ""
    told = "live bytes do not" if live.verdict.outcome == "OK" else "whether live bytes do is open"
    if leak.fragmentation:
        return f", and {told}: {FREE}"
    what = what_grows(leak.grown)
    return f", and {told}: {what}" if what else f", and {told}; what it is was not recorded"


def _beside(found: Finding, leading: ConfigLeak) -> str:
    others = [leak for leak in found.leaking if leak is not leading and leak.measure not in OF_CHILDREN]
    listed = joined([f"{leak.measure.words} by {_mean_rate(leak)}" for leak in others])
    return f"; above their budgets too: {listed}" if listed else ""


def _mean_rate(leak: ConfigLeak) -> str:
    mean = mean_or_zero(leak.rate)
    if leak.measure.counted:
        return f"{value(mean, leak.measure.unit)} an hour"
    unit = rate_unit(mean)
    return f"{in_unit(mean, unit)} {per_hour(unit)}"
