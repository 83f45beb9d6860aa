"""The calibration as a page of Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.analysis.leaks.sequential import look_confidence
from harness.calibration.curves.detection import (
    BUDGET,
    DECIDED,
    HOURS,
    MORE_HOURS,
    SEEDS,
    FamilyRates,
    Rates,
    Sequential,
)
from harness.calibration.curves.families import FAMILIES, HARDER, Family
from harness.calibration.curves.rivals import RIVALS
from harness.calibration.markdown import percent, prose, table

MAX_SEEDS = (6, 10)
"""What `--max-seeds` was tried at, from three seeds on."""

COVERAGE_SOAKS = 4000


@dataclass(frozen=True)
class FamilyResult:
    """All that was simulated of one family; `hours` is None where none of the hours tried would do.

    `detectable` holds the median stated minimum detectable leak in budgets and the share found at it, by seeds.
    """

    rates: FamilyRates
    hours: float | None
    sequential: tuple[Sequential, ...] = ()
    detectable: Mapping[int, tuple[float, float]] | None = None


@dataclass(frozen=True)
class Calibration:
    """The whole calibration: by family, by harder family, and the coverage by kind of noise and seeds."""

    seed: int
    series: int
    families: Mapping[str, FamilyResult]
    harder: Mapping[str, FamilyResult]
    coverage: Mapping[tuple[str, int], float]
    command: str


def page(calibration: Calibration) -> str:
    """The page, ending in a newline."""
    parts = (
        "# Calibration of the verdicts",
        _preface(calibration),
        "## Leak verdict",
        main_table(calibration),
        "## A leak of exactly the budget",
        _at_budget_table(calibration),
        "## Rivals",
        _rivals_table(calibration),
        "## Minimum detectable leak",
        _detectable_table(calibration),
        "## Adding seeds while undecided",
        _sequential_table(calibration),
        "## Beyond the families",
        _harder_table(calibration),
        "## Interval of a reduction",
        _coverage_table(calibration),
    )
    return "\n\n".join(parts) + "\n"


def _preface(calibration: Calibration) -> str:
    drawn = "\n".join(f"- {family.name}: {family.what}" for family in FAMILIES)
    noise = prose(
        f"""Made by `{calibration.command}` (seed {calibration.seed}): {calibration.series} synthetic series per family,
        budget {BUDGET} GB/h, {HOURS:g} virtual hours of which 10 minutes are warm-up, a sample every 5 s. One series is
        {percent(1 / calibration.series)} %. Noise is as loud as what was recorded of `50symbols`: floors of RSS of
        `fixed` scatter by 0.03-0.06 GB around their line, with a correlation of 0.7-0.9 from floor to floor, step by
        0.03-0.19 GB two to five times in five hours, and climb by up to 0.3 GB in the first; floors of live bytes
        scatter by 0.05 GB and do not wander. Nothing was recorded of a cache or of a leak that begins late: their sizes
        are assumed."""
    )
    return f"{noise}\n\n{drawn}"


def main_table(calibration: Calibration) -> str:
    """False LEAK, false OK and how often it was decided, by family and seeds."""
    head = ["family", *(f"{what}, K = {seeds}" for what in ("false LEAK", "false OK", "decided") for seeds in SEEDS)]
    rows = []
    for name, result in calibration.families.items():
        none = [result.rates.rates(0, seeds) for seeds in SEEDS]
        three = [result.rates.rates(3, seeds) for seeds in SEEDS]
        false_ok = [max(three[at].ok, result.rates.rates(6, seeds).ok) for at, seeds in enumerate(SEEDS)]
        rows.append(
            [
                name,
                *(percent(rates.leak) for rates in none),
                *(percent(share) for share in false_ok),
                *(f"{percent(a.decided)} / {percent(b.decided)}" for a, b in zip(none, three, strict=True)),
                _hours(result),
            ]
        )
    caption = prose(
        f"""Shares in percent. False LEAK without a leak; false OK at 3 or 6 times the budget, whichever is worse;
        decided without a leak / at 3 times the budget. The last column is the fewest hours at which 90 % of both are
        rightly decided with {SEEDS[0]} seeds."""
    )
    return f"{caption}\n\n{table([*head, f'hours, K = {SEEDS[0]}'], rows)}"


def _hours(result: FamilyResult) -> str:
    if enough(result.rates):
        return f"{HOURS:g}"
    return f"over {MORE_HOURS[-1]:g}" if result.hours is None else f"{result.hours:g}"


def enough(rates: FamilyRates) -> bool:
    """Whether 90 % are rightly decided at the nightly's seeds and hours."""
    return min(rates.rates(0, SEEDS[0]).ok, rates.rates(3, SEEDS[0]).leak) >= DECIDED


def _at_budget_table(calibration: Calibration) -> str:
    head = ["family", *(f"LEAK / OK, K = {seeds}" for seeds in SEEDS)]
    rows = [
        [name, *(_pair(result.rates.rates(1, seeds)) for seeds in SEEDS)]
        for name, result in calibration.families.items()
    ]
    caption = prose(
        """A leak of exactly the budget is neither right nor wrong to call: INCONCLUSIVE is the answer to expect, LEAK
        and OK come at up to 2.5 % each by one interval, and by some more because three parts of the run may decide.
        On top of a start that settles it is called LEAK more often; where it begins late it has not yet grown by the
        budget on the whole run and is called OK. It counts as no error in any figure of this page."""
    )
    return f"{caption}\n\n{table(head, rows)}"


def _rivals_table(calibration: Calibration) -> str:
    names = [f"{name}, {'budget' if budgeted else 'zero'}" for name in RIVALS for budgeted in (False, True)]
    head = ["family", "this verdict", "whole run only", *names]
    rows = []
    for family, result in calibration.families.items():
        three, plain = SEEDS[0], result.rates.plain
        cells = [
            _errors(result.rates.rates(0, three), result.rates.rates(3, three)),
            _errors(plain[0, three], plain[3, three]),
        ]
        for name in RIVALS:
            for budgeted in (False, True):
                cells.append(_errors(*(result.rates.rivals[name, budgeted, size] for size in (0, 3))))
        rows.append([family, *cells])  # fmt: skip
    caption = prose(
        f"""False LEAK without a leak / false OK at 3 times the budget, in percent. This verdict and the slope of the
        whole run only (Theil-Sen on floors, t interval) see {SEEDS[0]} seeds. The others see one run, as they are
        used, a sample a minute: `zero` asks whether memory grows at all (LEAK, or OK), `budget` whether it grows by
        more than the budget, at 5 % (endpoints: by plain comparison). Least squares takes samples for independent;
        Hamed-Rao is Mann-Kendall with its variance corrected for autocorrelation."""
    )
    return f"{caption}\n\n{table(head, rows)}"


def _errors(none: Rates, three: Rates) -> str:
    return f"{percent(none.leak)} / {percent(three.ok)}"


def _detectable_table(calibration: Calibration) -> str:
    head = ["family", *(f"K = {seeds}" for seeds in SEEDS)]
    rows = []
    for name, result in calibration.families.items():
        stated = result.detectable or {}
        rows.append([name, *(f"{stated[seeds][0]:.2f} ({percent(stated[seeds][1])})" for seeds in SEEDS)])
    caption = prose(
        """The median of the minimum detectable leaks that series without a leak state, in budgets, and in brackets the
        share of series with a leak of that size that are LEAK, in percent; 90 is nominal. On top of a start that
        settles a small leak stays INCONCLUSIVE longer than stated."""
    )
    return f"{caption}\n\n{table(head, rows)}"


def _sequential_table(calibration: Calibration) -> str:
    head = ["family"]
    for most in MAX_SEEDS:
        head += [f"{SEEDS[0]} to {most}: false LEAK", "false OK", "decided", "seeds used"]
    rows = []
    for name, result in calibration.families.items():
        row = [name]
        for looks in result.sequential:
            none, three = looks.rates[0], looks.rates[3]
            row += [
                percent(none.leak),
                percent(three.ok),
                f"{percent(none.decided)} / {percent(three.decided)}",
                f"{looks.seeds_used[0]:.1f} / {looks.seeds_used[3]:.1f}",
            ]
        rows.append(row)
    levels = "; ".join(
        f"{100 * look_confidence(SEEDS[0], most):.1f} % at every look from {SEEDS[0]} to {most}" for most in MAX_SEEDS
    )
    caption = prose(
        f"""Pocock's rule: a look after every added seed, each at one level such that all together have 95 %: {levels}.
        Without a leak / at 3 times the budget."""
    )
    return f"{caption}\n\n{table(head, rows)}"


def _harder_table(calibration: Calibration) -> str:
    what = {family.name: family.what for family in HARDER}
    kinds = ("errors", "decided", "errors of the whole run only")
    head = ["family", "drawn", *(f"{kind}, K = {seeds}" for kind in kinds for seeds in (3, 10))]
    rows = []
    for name, result in calibration.harder.items():
        row = [name, what[name]]
        both = [[result.rates.rates(size, seeds) for size in (0, 3)] for seeds in (3, 10)]
        row += [_errors(none, three) for none, three in both]
        row += [f"{percent(none.decided)} / {percent(three.decided)}" for none, three in both]
        row += [_errors(result.rates.plain[0, seeds], result.rates.plain[3, seeds]) for seeds in (3, 10)]
        rows.append([*row, _hours(result)])
    caption = prose(
        """What the rule was not made for, to show where it ends. Errors: false LEAK without a leak / false OK at 3
        times the budget; decided: without a leak / at 3 times the budget. A start that is still climbing above the
        budget when the run ends looks like a leak to three seeds, and a leak that began a moment ago like none: give
        them more hours, or a longer warm-up."""
    )
    return f"{caption}\n\n{table([*head, 'hours, K = 3'], rows)}"


def _coverage_table(calibration: Calibration) -> str:
    names = dict.fromkeys(name for name, _ in calibration.coverage)
    rows = [[name, *(percent(calibration.coverage[name, seeds]) for seeds in SEEDS)] for name in names]
    caption = prose(
        f"""Share of {COVERAGE_SOAKS} simulated soaks whose 95 % interval of the reduction, a paired t interval on
        ln(fixed/old), holds the true one, in percent. Old and fixed of one seed scatter lognormally and are
        correlated by their market."""
    )
    return f"{caption}\n\n{table(['scatter of old and fixed', *(f'K = {seeds}' for seeds in SEEDS)], rows)}"


def _pair(rates: Rates) -> str:
    return f"{percent(rates.leak)} / {percent(rates.ok)}"


def by_name(families: Sequence[Family], results: Sequence[FamilyResult]) -> dict[str, FamilyResult]:
    """Results by the name of their family, in the order of the families."""
    return {family.name: result for family, result in zip(families, results, strict=True)}
