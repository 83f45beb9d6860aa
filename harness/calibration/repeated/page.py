"""How often repeated soaks were red or undecided, with exact intervals, as a page of Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from scipy import stats

from harness.calibration.markdown import percent, prose, table
from harness.calibration.repeated.records import ClaimOutcome, LeakOutcome, Origin, Outcome, RepeatedSoak, Repetition

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Rate:
    """`count` of all, as a share with its exact (Clopper-Pearson) 95 % interval."""

    count: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """What `count` is of all."""
        return self.count / self.of


def rate(count: int, of: int) -> Rate:
    """The share of `count` in `of` trials, one at least."""
    interval = stats.binomtest(count, of).proportion_ci(CONFIDENCE, method="exact")
    return Rate(count, of, float(interval.low), float(interval.high))


def rate_of(repeated: RepeatedSoak, outcome: Outcome) -> Rate:
    """How often repetitions had this outcome."""
    outcomes = [repetition.outcome for repetition in repeated.repetitions]
    return rate(outcomes.count(outcome), len(outcomes))


def counts_in_words(repetitions: Sequence[Repetition]) -> str:
    """For example ``3 met, 0 red, 1 undecided``."""
    counts = Counter(repetition.outcome for repetition in repetitions)
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in ("met", "red", "undecided"))


def unwanted_claims(repetition: Repetition, wanted: str) -> str:
    """Why a repetition is not as `wanted`: the reasons, and the claims that were not met."""
    if repetition.status == wanted:
        return ""
    named = [
        f"{claim.name}: {claim.verdict}" for claim in repetition.claims if claim.counts_as not in ("met", "nothing")
    ]
    if repetition.reasons or named:
        return "; ".join([*repetition.reasons, *named])
    return "every claim was met" if repetition.status == "met" else "no claim could be judged"


def command(repeated: RepeatedSoak) -> str:
    """The command that makes these repetitions."""
    origin = repeated.origin
    words = ["python -m harness.calibration.repetitions", origin.scenario, *origin.options]
    words += [f"--times {len(repeated.repetitions)}", f"--first-seed {origin.first_seed}"]
    if origin.leak is not None:
        words += [f"--leak {origin.leak:g}", f"--leaking {','.join(origin.leaking)}"]
    return " ".join(words)


def page(soaks: Sequence[RepeatedSoak]) -> str:
    """The page, ending in a newline."""
    parts = [
        "# Repeated soaks",
        prose(
            """How often a whole soak (real processes, judged as `soak run` does, with its exit code) is met, red or
            undecided on one revision, each repetition with seeds that no other has. Red is a missed claim, or runs that
            are incomplete or no evidence. In brackets the exact (Clopper-Pearson) 95 % interval of the share, in
            percent."""
        ),
        table(
            ["soak", "revision", "repetitions", "met", "red", "undecided"],
            [[_name(soak.origin), _revision(soak), str(len(soak.repetitions)), *_rates(soak)] for soak in soaks],
        ),
        *(part for soak in soaks for part in _section(soak)),
    ]
    return "\n\n".join(parts) + "\n"


def _section(repeated: RepeatedSoak) -> Iterator[str]:
    origin, repetitions = repeated.origin, repeated.repetitions
    yield f"## {_name(origin)}"
    last = repetitions[-1]
    leak = ""
    if origin.leak is not None:
        leak = f"""Beside what it does, {" and ".join(origin.leaking)} retains {origin.leak:g} times the leak budget,
            which is {origin.leak * origin.budget_gb_per_hour:.4g} GB/h at full scale; every config runs within the same
            wrapper."""
    yield prose(
        f"""Made by `{command(repeated)}`. {leak} Seeds from {origin.first_seed} on, each repetition begins
        {origin.spacing} after the one before it; the last one took {last.seeds} from {last.first_seed} on. By status:
        {_counted(repetition.status for repetition in repetitions)}."""
    )
    yield table(
        ["of a repetition", "min", "median", "max", "sum"],
        [
            _distribution("seeds taken", [float(repetition.seeds) for repetition in repetitions], "{:g}"),
            _distribution("CPU, s", [repetition.cpu_s for repetition in repetitions], "{:.1f}"),
            _distribution("wall, s", [repetition.wall_s for repetition in repetitions], "{:.1f}"),
        ],
    )
    if claims := _claims(repetitions):
        yield table(["claim", "red", "undecided", "estimate: min", "median", "max"], claims)
    if leaks := _leaks(repetitions):
        yield table(["config", "quantity", "verdicts", "slope: min", "median", "max", "unit"], leaks)
    unwanted = [repetition for repetition in repetitions if repetition.status != origin.wanted]
    if unwanted:
        yield f"Not {origin.wanted}:"
        rows = [
            [*map(str, (each.number, each.first_seed, each.seeds)), each.status, unwanted_claims(each, origin.wanted)]
            for each in unwanted
        ]
        yield table(["repetition", "first seed", "seeds", "status", "because of"], rows)
    else:
        yield f"Every repetition was {origin.wanted}."


def _claims(repetitions: Sequence[Repetition]) -> list[list[str]]:
    """A row per claim: how often it was red or undecided, and the distribution of its estimate."""
    by_name: dict[str, list[ClaimOutcome]] = {}
    for repetition in repetitions:
        for claim in repetition.claims:
            by_name.setdefault(claim.name, []).append(claim)
    rows = []
    for name, claims in by_name.items():
        counts = Counter(claim.counts_as for claim in claims)
        estimates = [claim.estimate for claim in claims if claim.estimate is not None]
        red = counts["missed"] + counts["incomplete"]
        rows.append([name, str(red), str(counts["inconclusive"]), *_three(estimates, "{:.4g}")])
    return rows


def _leaks(repetitions: Sequence[Repetition]) -> list[list[str]]:
    """A row per config and quantity: its verdicts, and the distribution of its slope."""
    by_quantity: dict[tuple[str, str, str], list[LeakOutcome]] = {}
    for repetition in repetitions:
        for leak in repetition.leaks:
            by_quantity.setdefault((leak.config, leak.measure, leak.unit), []).append(leak)
    return [
        [
            config,
            measure,
            _counted(leak.verdict for leak in leaks),
            *_three([leak.slope for leak in leaks if leak.slope is not None], "{:.3g}"),
            unit,
        ]
        for (config, measure, unit), leaks in by_quantity.items()
    ]


def _distribution(name: str, values: Sequence[float], form: str) -> list[str]:
    return [name, *_three(values, form), form.format(sum(values))]


def _three(values: Sequence[float], form: str) -> list[str]:
    """Least, median and largest, dashes where there is no value."""
    kinds: tuple[Callable[[Sequence[float]], float], ...] = (min, median, max)
    return [form.format(kind(values)) if values else "-" for kind in kinds]


def _rates(repeated: RepeatedSoak) -> list[str]:
    outcomes: tuple[Outcome, ...] = ("met", "red", "undecided")
    rates = [rate_of(repeated, outcome) for outcome in outcomes]
    return [f"{rate.count}: {percent(rate.share)} [{percent(rate.low)}, {percent(rate.high)}]" for rate in rates]


def _name(origin: Origin) -> str:
    return origin.scenario if origin.leak is None else f"{origin.scenario}, leak of {origin.leak:g} budgets"


def _revision(repeated: RepeatedSoak) -> str:
    """The revision, and in how many repetitions there was more than that."""
    revision = repeated.origin.revision
    if revision is None:
        return "not known"
    dirty = sum(bool(repetition.dirty) for repetition in repeated.repetitions)
    return revision[:12] + (f", with uncommitted changes in {dirty} of {len(repeated.repetitions)}" if dirty else "")


def _counted(words: Iterator[str]) -> str:
    return ", ".join(f"{count} {word}" for word, count in Counter(words).most_common())
