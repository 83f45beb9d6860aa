"""An explanation in plain words: what `soak explain` prints of every config."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from harness.analysis.estimates import CONFIDENCE, Estimate, mean_or_zero
from harness.analysis.explanation import Count, Explanation, Restarts
from harness.analysis.leaks.config_leaks import RSS
from harness.analysis.owners.growth import (
    EXPLAINED,
    UNATTRIBUTED,
    Growth,
    Unevenness,
    certainly_above,
    share_of,
)
from harness.analysis.owners.walk_errors import walk_error
from harness.analysis.tables import CHILDREN_SINCE
from harness.analysis.verdict.validity import due_seeds, judged_seeds
from harness.report.terminal.console import heading, paragraph
from harness.report.terminal.owner_table import LEAST_SHARE, print_owners
from harness.report.words.amounts import (
    budget_rate,
    byte_rate,
    in_unit,
    level,
    measured,
    per_hour,
    percent,
    size,
    unit_of,
    when_limit,
)
from harness.report.words.child_words import children_line, real_time
from harness.report.words.config_sentences import FREE, leak_sentences, what_grows
from harness.report.words.losing import complete_lines, loss_lines, missing_lines
from harness.report.words.overcounted import overcounted
from harness.report.words.release import WORTH_GB, stop_sentences
from harness.report.words.swallowed import pending_sentences, trouble_sentences
from harness.scenario import Scenario
from harness.text import first_of

MOST_NAMES = 5

_ALL = 0.995
"""A share that rounds to all of it."""

_STYLES = {"leak": "bold red", "no leak": "bold green", "undecided": "bold yellow"}
_PARTS = {
    "live": "live",
    "pinned": "pinned (free in Python's pools)",
    "slack": "slack (free in glibc's hands)",
    "mapped": "mapped (shared memory, anonymous mappings, written files, stacks)",
    "other": "other (files, Arrow, unexplained)",
}


def print_explanation(
    console: Console, scenario: Scenario, explanations: Sequence[Explanation], *, no_evidence: bool = False
) -> None:
    """Print what explains each config, and what the words mean; of `no_evidence` that something leaks, and no more."""
    console.print()
    paragraph(console, Text(f"{scenario.name}: {scenario.title}", style="bold"))
    if scenario.memory.scale != 1:
        world = (
            f"Read in a world of {scenario.memory.scale:g}: live bytes, their growth and who holds them are the same "
            "at full scale; RSS after a cleanup or a stop, and what is pinned, is not (claims on that: soak report)."
        )
        paragraph(console, Text(world, style="dim"))
    for explanation in explanations:
        print_config(console, scenario, explanation, no_evidence=no_evidence)
    if not explanations:
        paragraph(console, "No run recorded a sample.")
        return
    console.print()
    note = (
        f"At full scale, from a world at scale {scenario.memory.scale:g}; hours are virtual; [95 %]: the interval over "
        f"seeds{_judged_at(explanations)}. The rate: growth that no cleanup reaches; until cleanup: what grows beyond "
        "it and is given back; share: of the growth that no cleanup reaches, where that is certain; grown: from the "
        "first walk to the stop."
    )
    paragraph(console, Text(note, style="dim"))


def _judged_at(explanations: Sequence[Explanation]) -> str:
    """At which confidence leaks are judged, where it is another."""
    levels = {explanation.confidence for explanation in explanations} - {CONFIDENCE}
    return "".join(f", and [{level(confidence)}] whether it leaks, since seeds may be added" for confidence in levels)


def print_config(console: Console, scenario: Scenario, explanation: Explanation, *, no_evidence: bool = False) -> None:
    """Print what explains one config: whether it leaks, who holds what, what stop() left."""
    heading(console, explanation.config)
    for told, sentence, outcome in config_told(explanation, scenario):
        word = "NO EVIDENCE" if no_evidence and outcome == "no leak" else told
        paragraph(
            console, Text.assemble(Text(f"{word}: ", style=_STYLES[outcome if word == told else "undecided"]), sentence)
        )
    for sentence in [*_children(explanation), *_ended(explanation), *_course(explanation, scenario)]:
        paragraph(console, sentence)
    print_owners(console, explanation)
    if explanation.growth is not None:
        for sentence in _explained(explanation, explanation.growth):
            paragraph(console, sentence)
    pending = pending_sentences(explanation.runs)
    for sentence in [
        *_unattributed(explanation),
        *_uneven(explanation.uneven),
        *_counts(explanation.counts),
        *trouble_sentences(explanation.runs),
        *_restarted(explanation.restarts),
        *loss_lines(explanation.runs),
        *missing_lines(explanation.runs),
        *complete_lines(explanation.runs),
        *stop_sentences(explanation.stop, told=("tasks",) if pending else ()),
        *pending,
    ]:
        paragraph(console, sentence, bullet="- ")


def config_told(explanation: Explanation, scenario: Scenario) -> list[tuple[str, str, str]]:
    """Return (word, sentence, outcome) on the long run of a config and of what it started, the gravest first."""
    judged = len(judged_seeds(scenario, explanation.runs, [explanation.config]))
    due = len(due_seeds(scenario, explanation.runs))
    lacking = f" by {judged} of {due} runs" if judged < due else ""
    reason = ""
    if explanation.live.estimate is None:
        budget = f"the budget of {per_hour(budget_rate(scenario.memory.leak_budget_gb_per_hour))}"
        reason = f"{explanation.live.reason}.{_by_owners(explanation, budget)}".removesuffix(".")
    return leak_sentences(explanation.finding, lacking=lacking, open_reason=reason)


def _children(explanation: Explanation) -> list[str]:
    """Return what the target started held, or that nobody looked."""
    if explanation.children is not None:
        return [f"Children of {children_line(explanation.children)}. {real_time([explanation.children])}"]
    recorded = all(int(run.facts.get("format") or 1) >= CHILDREN_SINCE for run in explanation.runs)
    return [] if recorded else ["Processes that it may have started: not recorded."]


def _by_owners(explanation: Explanation, budget: str) -> str:
    """Return what the walks say where floors do not: they need fewer teeth, being split by the age of the tooth."""
    if explanation.growth is None or explanation.growth.live.rate.estimate is None:
        return ""
    rate = byte_rate(explanation.growth.live.rate)
    return f" By its owners it grows by {rate} beyond what cleanups give back; compare {budget}."


def _explained(explanation: Explanation, owned: Growth) -> list[str]:
    sentences = []
    if explanation.explained:
        share = sum(share_of(owner, owned.live) or 0.0 for owner in explanation.explained)
        names = _listed(owner.path for owner in explanation.explained)
        part = _part(share)
        sentences.append(f"{part[0].upper()}{part[1:]} the growth of live bytes that no cleanup reaches: {names}.")
    cleared = owned.live.cleared
    if cleared is not None and certainly_above(cleared, 0.0):
        first, share = _first_cleared(owned, mean_or_zero(cleared))
        sentences.append(
            f"Between cleanups live bytes grow by {byte_rate(cleared)} beyond that, and cleanups give it back; "
            f"{_part(share)} it: {_listed(first)}."
        )
    return sentences


def _part(share: float) -> str:
    """Return a share in words; where other parts shrink it may exceed the whole, which reads "all of"."""
    return "all of" if share >= _ALL else f"{percent(share)} of"


def _first_cleared(owned: Growth, total: float) -> tuple[list[str], float]:
    """Return the fewest owners that make 90 % of what cleanups give back, and the share that they make."""
    paths: list[str] = []
    covered = 0.0
    for owner in owned.by_cleared():
        if covered >= EXPLAINED * total or mean_or_zero(owner.cleared) <= 0:
            break
        paths.append(owner.path)
        covered += mean_or_zero(owner.cleared)
    return paths, covered / total


def _course(explanation: Explanation, scenario: Scenario) -> list[str]:
    told = []
    if explanation.limit is not None:
        what = "RSS" if explanation.children is None else "RSS with children"
        at_this_rate = f"At this rate {what}, which peaked at {size(explanation.peak.estimate)},"
        told.append(f"{what if explanation.limit.reached else at_this_rate} {when_limit(explanation.limit)}.")
    untold = next((leak for leak in explanation.finding.untold if leak.measure is RSS), None)
    if untold is not None and explanation.outcome == "no leak":
        what = FREE if untold.fragmentation else what_grows(untold.grown) or "what it is was not recorded"
        told.append(f"The floors of RSS climb all the same in this world, by {byte_rate(explanation.rss)}: {what}.")
    if explanation.grown:
        total = sum(mean_or_zero(part) for part in explanation.grown.values())
        unit = unit_of(total, *(part.estimate for part in explanation.grown.values()))
        parts = ", ".join(
            f"{in_unit(part.estimate, unit)} {_PARTS[name]}"
            for name, part in explanation.grown.items()
            if part.estimate is not None
        )
        told.append(f"At the end of the feed RSS had grown by {in_unit(total, unit)} {unit}: {parts}.")
    else:
        told.append("Whether the growth is live, pinned or slack: not recorded.")
    return told


def _unattributed(explanation: Explanation) -> list[str]:
    """Return what grows and has no owner, and in whose memory it may be."""
    if explanation.growth is None or explanation.growth.live.rate.estimate is None:
        return []
    lost = explanation.growth.owner(UNATTRIBUTED).rate
    large = max(0.1 * abs(mean_or_zero(explanation.growth.live.rate)), LEAST_SHARE)
    if mean_or_zero(lost) < 0:
        return overcounted(lost, walk_error(explanation.runs), least=LEAST_SHARE)
    if mean_or_zero(lost) < large or not certainly_above(lost, 0.0):
        return []
    whose = _whose(explanation, lost)
    return [f"unattributed: {byte_rate(lost)}: held by nothing that can be reached from the target: {whose}."]


def _whose(explanation: Explanation, lost: Estimate) -> str:
    half = 0.5 * mean_or_zero(lost)
    python, c = mean_or_zero(explanation.pymalloc), mean_or_zero(explanation.glibc)
    python_rate, c_rate = byte_rate(explanation.pymalloc), byte_rate(explanation.glibc)
    if explanation.pymalloc.estimate is None and explanation.glibc.estimate is None:
        return "C memory, or objects in reference cycles"
    if python >= half > c:
        return (
            f"Python objects, for pymalloc grows by {python_rate} and glibc does not: reference cycles that "
            "nobody collected, or objects that only a library or C code refers to"
        )
    if c >= half > python:
        return f"C memory or numpy buffers, for glibc grows by {c_rate} and pymalloc does not"
    return f"C memory, or cycles: pymalloc grows by {python_rate} and glibc by {c_rate}, what has an owner included"


def _uneven(owners: Iterable[Unevenness]) -> list[str]:
    """Return the owners that grow for some symbols more than for others, in one sentence for each seed they are of."""
    alike: dict[tuple[int, int], list[str]] = {}
    for owner in owners:
        largest = ", ".join(f"{symbol} {100 * share:.1f} %" for symbol, share in owner.shares[:3])
        alike.setdefault((owner.seed, len(owner.shares)), []).append(f"{owner.path}: {largest}")
    return [
        f"Growth is uneven over the symbols (seed {seed}; an even share of {count} is {100 / count:.1f} %): "
        f"{'; '.join(told)}."
        for (seed, count), told in alike.items()
    ]


def _counts(counts: Iterable[Count]) -> list[str]:
    return [
        f"{count.what} grow under load: from {mean_or_zero(count.first):.0f} to {mean_or_zero(count.last):.0f}, "
        f"{mean_or_zero(count.per_hour):.1f} an hour."
        for count in counts
    ]


def _restarted(restarts: Restarts | None) -> list[str]:
    """Return whether what stays after each stop() of a config that was restarted climbs, and by what."""
    if restarts is None:
        return []
    if restarts.live.estimate is None or restarts.rss.estimate is None:
        reason = restarts.live.reason or restarts.rss.reason
        return [f"Whether what stays after each stop() climbs over {restarts.times} restarts is not known: {reason}."]
    live, rss = (f"{measured(estimate, 'GB')} a restart" for estimate in (restarts.live, restarts.rss))
    after = f"after each of {restarts.times} stops"
    if certainly_above(restarts.live, WORTH_GB):
        sentences = [f"What stays {after} climbs: live bytes by {live}, RSS by {rss}."]
    elif certainly_above(restarts.rss, WORTH_GB):
        sentences = [f"RSS {after} climbs by {rss}, live bytes do not ({live}): {_beside_live(restarts)}."]
    else:
        sentences = [f"What stays {after} does not climb: live bytes by {live}, RSS by {rss}."]
    more = [
        f"{words} by {mean_or_zero(count):.0f}"
        for words, count in restarts.counts.items()
        if certainly_above(count, 0.5)
    ]
    if more:
        sentences.append(f"From the second stop() to the last there are more of these: {', '.join(more)}.")
    return sentences


def _beside_live(restarts: Restarts) -> str:
    """Return what RSS is that climbs from restart to restart while live bytes do not."""
    if restarts.mappings.estimate is None:
        return "the allocators keep it, or it is mapped; which of the two was not recorded"
    if certainly_above(restarts.mappings, WORTH_GB):
        return f"what the program mapped itself climbs by {measured(restarts.mappings, 'GB')} a restart"
    return "it is kept by the allocators, not held"


def _ended(explanation: Explanation) -> list[str]:
    ended = [f"seed {run.seed} {run.ending}" for run in explanation.runs if run.status != "complete"]
    return [f"Not all of its runs completed: {'; '.join(ended)}."] if ended else []


def _listed(paths: Iterable[str]) -> str:
    return first_of(list(paths), MOST_NAMES)
