"""The calibration as a page of Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.analysis.leaks.sequential import leak_confidence
from harness.calibration.curves.detection import (
    BUDGET,
    BUDGETS,
    HOURS,
    MORE_HOURS,
    SEEDS,
    SMALL_BUDGET,
    FamilyRates,
    Key,
    Rates,
    Sequential,
)
from harness.calibration.curves.families import FAMILIES, FOREIGN, HARDER, ONE_LEAKING, Family
from harness.calibration.curves.loads import CASES, LOAD_FAMILIES, LoadRates
from harness.calibration.curves.rivals import RIVALS
from harness.calibration.markdown import percent, prose, table

MAX_SEEDS = (6, 10)
"""What `--max-seeds` was tried at, from SEQUENTIAL_FROM seeds on."""

SEQUENTIAL_FROM = 3
HOURS_FOR = (1, 3)
"""The seeds for which the hours are sought that decide."""

AT_MOST = 0.01
"""Errors above this share are listed."""

LOAD_SEEDS = (1, 3)
LOAD_HOURS = (5.0, 12.0)
"""What was tried where the load is not flat."""

COVERAGE_SOAKS = 4000


@dataclass(frozen=True)
class FamilyResult:
    """All that was simulated of one family; `hours` are those that would do by seeds, None beyond those tried.

    `detectable` holds the median stated minimum detectable leak in budgets and the share found at it, by seeds.
    """

    rates: FamilyRates
    hours: Mapping[int, float | None]
    sequential: tuple[Sequential, ...] = ()
    detectable: Mapping[int, tuple[float, float]] | None = None


@dataclass(frozen=True)
class Calibration:
    """The whole calibration: by family, of `one_leaking`, with a load, and the coverage by kind of noise and seeds."""

    seed: int
    series: int
    families: Mapping[str, FamilyResult]
    one_leaking: FamilyRates
    loads: Mapping[tuple[str, float], LoadRates]
    """By the name of a family with a load, and hours."""

    coverage: Mapping[tuple[str, int], float]
    command: str

    def of(self, families: Iterable[Family]) -> dict[str, FamilyResult]:
        """The results of some families, by name."""
        return {family.name: self.families[family.name] for family in families}


def page(calibration: Calibration) -> str:
    """The page, ending in a newline."""
    parts = (
        "# Calibration of the verdicts",
        _preface(calibration),
        "## In short",
        summary_table(calibration),
        "## Where it errs more often",
        exceptions(calibration),
        "## Errors",
        _errors_table(calibration),
        "## Decided",
        _decided_table(calibration),
        "## Some runs leak, others do not",
        _one_leaking_table(calibration),
        "## Growth that follows the load",
        load_table(calibration),
        "## A leak of exactly the budget",
        _at_budget_table(calibration),
        "## Rivals",
        _rivals_table(calibration),
        "## Minimum detectable leak",
        _detectable_table(calibration),
        "## Adding seeds while undecided",
        _sequential_table(calibration),
        "## Interval of a reduction",
        _coverage_table(calibration),
    )
    return "\n\n".join(parts) + "\n"


def _preface(calibration: Calibration) -> str:
    kinds = (("As recorded", FAMILIES), ("Other people's programs", FOREIGN), ("Beyond", HARDER))
    drawn = "\n\n".join(
        f"{kind}:\n\n" + "\n".join(f"- {family.name}: {family.what}" for family in families) for kind, families in kinds
    )
    noise = prose(
        f"""Made by `{calibration.command}` (seed {calibration.seed}): {calibration.series} synthetic series per family,
        {HOURS:g} virtual hours of which 10 minutes are warm-up, a sample every 5 s; budgets of {BUDGET} GB/h, that of
        `50symbols`, and of {SMALL_BUDGET}, a tenth of the slopes of the noise. One series is
        {percent(1 / calibration.series)} %. Noise is as loud as what was recorded of `50symbols`: floors of RSS of
        `fixed` scatter by 0.03-0.06 GB around their line, with a correlation of 0.7-0.9 from floor to floor, step by
        0.03-0.19 GB two to five times in five hours, and climb by up to 0.3 GB in the first; floors of live bytes
        scatter by 0.05 GB and do not wander. Nothing was recorded of a cache or of a leak that begins late: their sizes
        are assumed. K is the number of seeds."""
    )
    return f"{noise}\n\n{drawn}"


def summary_table(calibration: Calibration) -> str:
    """By seeds: the worst errors of the families that are recorded or foreign, and how often those decide."""
    rows = []
    for seeds in SEEDS:
        rows.append([str(seeds), *_in_short(calibration, lambda rates, case: rates.by_case[case], seeds)])
        if seeds > 1:
            over_seeds = _in_short(calibration, lambda rates, case: rates.over_seeds[case], seeds)
            rows.append([f"{seeds}, seeds alone", *over_seeds])
    head = ["K", *(f"{what}, budget {budget}" for budget in BUDGETS for what in ("worst false LEAK", "worst false OK"))]
    head += ["OK without a leak", "LEAK at 3 budgets", "LEAK at 10 budgets"]
    caption = prose(
        """Shares in percent. Errors: the worst of the recorded and the foreign families. Decided: mean and worst of the
        recorded families, at the large budget. Seeds alone: by the interval over the seeds
        (harness.analysis.leaks.over_seeds), without asking every run and their mean curve."""
    )
    return f"{caption}\n\n{table(head, rows)}"


def _in_short(calibration: Calibration, of: Callable[[FamilyRates, Key], Rates], seeds: int) -> list[str]:
    kept = [result.rates for result in calibration.of((*FAMILIES, *FOREIGN)).values()]
    recorded = [result.rates for result in calibration.of(FAMILIES).values()]
    cells = []
    for budget in BUDGETS:
        cells.append(percent(max(of(rates, (budget, 0, seeds)).found for rates in kept)))
        cells.append(percent(max(of(rates, (budget, size, seeds)).ok for rates in kept for size in (3, 10))))
    cells.append(_mean_and_worst([of(rates, (BUDGET, 0, seeds)).ok for rates in recorded]))
    return cells + [_mean_and_worst([of(rates, (BUDGET, size, seeds)).leak for rates in recorded]) for size in (3, 10)]


def _mean_and_worst(shares: Sequence[float]) -> str:
    return f"{percent(float(np.mean(shares)))} [{percent(min(shares))}]"


def exceptions(calibration: Calibration) -> str:
    """Every family and kind of error that is above one percent, a line each."""
    lines = []
    every = {name: result.rates for name, result in calibration.families.items()}
    for name, rates in {**every, ONE_LEAKING.name: calibration.one_leaking}.items():
        for budget in BUDGETS:
            for kind, share in (("LEAK", _false_leak), ("OK", _false_ok)):
                shares = {seeds: share(rates, seeds, budget) for seeds in SEEDS}
                told = ", ".join(f"{percent(rate)} (K = {seeds})" for seeds, rate in shares.items() if rate > AT_MOST)
                if told:
                    lines.append(f"- {name}, budget {budget}: false {kind} {told}")
    caption = prose(
        """Errors above 1 % of series, of all families, in percent. A start that is still climbing when the run ends
        looks like a leak, a leak that began a moment ago like none, and a walk without bounds is a leak for as long as
        it climbs: give them more hours, or a longer warm-up."""
    )
    return f"{caption}\n\n" + "\n".join(lines or ["- none"])


def _false_leak(rates: FamilyRates, seeds: int, budget: float) -> float:
    return rates.rates(0, seeds, budget).found


def _false_ok(rates: FamilyRates, seeds: int, budget: float) -> float:
    return rates.false_ok(seeds, budget)


def _errors_table(calibration: Calibration) -> str:
    head = ["family", *(f"{budget}: K = {seeds}" for budget in BUDGETS for seeds in SEEDS)]
    rows = [
        [name, *(_errors(result.rates, seeds, budget) for budget in BUDGETS for seeds in SEEDS)]
        for name, result in calibration.families.items()
    ]
    caption = prose(
        """False LEAK (or SOME) without a leak / false OK at 3 or 10 times the budget, whichever is worse, in percent,
        by budget in GB/h and seeds."""
    )
    return f"{caption}\n\n{table(head, rows)}"


def _errors(rates: FamilyRates, seeds: int, budget: float) -> str:
    return f"{percent(_false_leak(rates, seeds, budget))} / {percent(_false_ok(rates, seeds, budget))}"


def _decided_table(calibration: Calibration) -> str:
    head = ["family", *(f"K = {seeds}" for seeds in SEEDS), *(f"hours, K = {seeds}" for seeds in HOURS_FOR)]
    rows = []
    for name, result in calibration.families.items():
        row = [name, *(_decided(result.rates.rates, seeds) for seeds in SEEDS)]
        rows.append([*row, *(_hours(result.hours.get(seeds)) for seeds in HOURS_FOR)])
    caption = prose(
        f"""OK without a leak / LEAK at 3 / LEAK at 10 times the budget of {BUDGET} GB/h, in percent; last, the fewest
        hours at which 90 % are OK without a leak and LEAK at 3 times the budget."""
    )
    return f"{caption}\n\n{table(head, rows)}"


def _decided(rates: Callable[[float, int], Rates], seeds: int) -> str:
    return " / ".join(percent(share) for share in (rates(0, seeds).ok, rates(3, seeds).leak, rates(10, seeds).leak))


def _hours(hours: float | None) -> str:
    return f"over {MORE_HOURS[-1]:g}" if hours is None else f"{hours:g}"


def _one_leaking_table(calibration: Calibration) -> str:
    head = ["K", *(f"{size} budgets of {budget}" for budget in BUDGETS for size in (3, 10))]
    rows = []
    for seeds in (seeds for seeds in SEEDS if seeds > 1):
        cases = [calibration.one_leaking.rates(size, seeds, budget) for budget in BUDGETS for size in (3, 10)]
        rows.append([str(seeds), *(" / ".join(map(percent, (each.some, each.leak, each.ok))) for each in cases)])
    caption = prose(f"""{ONE_LEAKING.name}: {ONE_LEAKING.what}. SOME / LEAK / OK, in percent.""")
    return f"{caption}\n\n{table(head, rows)}"


def load_table(calibration: Calibration) -> str:
    """Errors and decisions of every family with a load, by hours and seeds."""
    cases = [(hours, seeds) for hours in LOAD_HOURS for seeds in LOAD_SEEDS]
    head = ["memory keeps; load", *(f"{hours:g} h, K = {seeds}" for hours, seeds in cases)]
    rows = [
        [family.name, *(_beside_load(calibration.loads[family.name, hours], seeds) for hours, seeds in cases)]
        for family in LOAD_FAMILIES
    ]
    caption = prose(
        f"""A program that keeps 0.25-2 GB of its recent load, on AR 0.98, budget {BUDGET} GB/h; a season has a peak of
        twice its trough and begins at any hour. False LEAK without a leak, false OK at 3 budgets; OK without a leak;
        LEAK at 3 budgets per hour, at 3 per event delivered, at 10 per hour: in percent."""
    )
    return f"{caption}\n\n{table(head, rows)}"


def _beside_load(found: LoadRates, seeds: int) -> str:
    none, per_hour, per_event, ten = (found.rates[leaks, size, seeds] for leaks, size in CASES)
    errors = f"{percent(none.found)}, {percent(max(per_hour.ok, per_event.ok, ten.ok))}"
    decided = (none.ok, per_hour.leak, per_event.leak, ten.leak)
    return f"{errors}; {'/'.join(percent(share) for share in decided)}"


def _at_budget_table(calibration: Calibration) -> str:
    head = ["family", *(f"K = {seeds}" for seeds in SEEDS)]
    rows = []
    for name, result in calibration.of((*FAMILIES, *FOREIGN)).items():
        cases = [result.rates.rates(1, seeds) for seeds in SEEDS]
        rows.append([name, *(f"{percent(each.found)} / {percent(each.ok)}" for each in cases)])
    caption = prose(
        """LEAK / OK, in percent. A leak of exactly the budget is neither right nor wrong to call: INCONCLUSIVE is the
        answer to expect. On top of a start that settles it is called LEAK more often; where it begins late it has not
        yet grown by the budget on the whole run and is called OK. It counts as no error in any figure of this page."""
    )
    return f"{caption}\n\n{table(head, rows)}"


def _rivals_table(calibration: Calibration) -> str:
    names = [f"{name}, {'budget' if budgeted else 'zero'}" for name in RIVALS for budgeted in (False, True)]
    head = ["family", *(f"{what}, {budget}" for budget in BUDGETS for what in ("this verdict", "over seeds")), *names]
    rows = []
    for family, result in calibration.of((*FAMILIES, *FOREIGN)).items():
        rates, row = result.rates, [family]
        for budget in BUDGETS:
            for by_case in (rates.by_case, rates.over_seeds):
                none, three = (by_case[budget, size, SEQUENTIAL_FROM] for size in (0, 3))
                row.append(f"{percent(none.found)} / {percent(three.ok)}")
        for name in RIVALS:
            for budgeted in (False, True):
                none, three = (rates.rivals[name, budgeted, size] for size in (0, 3))
                row.append(f"{percent(none.leak)} / {percent(three.ok)}")
        rows.append(row)
    caption = prose(
        f"""False LEAK without a leak / false OK at 3 times the budget, in percent. This verdict, and the slopes over
        the seeds alone (harness.analysis.leaks.over_seeds), see {SEQUENTIAL_FROM} seeds, at both budgets. The others
        see one run, as they are used, a sample a minute: `zero` asks whether memory grows at all (LEAK, or OK),
        `budget` whether it grows by more than {BUDGET} GB/h, at 5 % (endpoints: by plain comparison). Least squares
        takes samples for independent; Hamed-Rao is Mann-Kendall with its variance corrected for autocorrelation."""
    )
    return f"{caption}\n\n{table(head, rows)}"


def _detectable_table(calibration: Calibration) -> str:
    head = ["family", *(f"K = {seeds}" for seeds in SEEDS)]
    rows = []
    for name, result in calibration.of(FAMILIES).items():
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
        head += [f"{SEQUENTIAL_FROM} to {most}: errors, {budget}" for budget in BUDGETS]
        head += ["OK without / LEAK at 3 budgets", "seeds used"]
    rows = []
    for name, result in calibration.of((*FAMILIES, *FOREIGN)).items():
        row = [name]
        for looks in result.sequential:
            pairs = [(looks.rates[budget, 0].found, looks.rates[budget, 3].ok) for budget in BUDGETS]
            row += [f"{percent(leak)} / {percent(ok)}" for leak, ok in pairs]
            row.append(f"{percent(looks.rates[BUDGET, 0].ok)} / {percent(looks.rates[BUDGET, 3].leak)}")
            row.append(f"{looks.seeds_used[0]:.1f} / {looks.seeds_used[3]:.1f}")
        rows.append(row)
    levels = "; ".join(
        f"{100 * leak_confidence(SEQUENTIAL_FROM, most):.1f} % at every look from {SEQUENTIAL_FROM} to {most}"
        for most in MAX_SEEDS
    )
    caption = prose(
        f"""A look after every added seed, each with its share of the error: {levels}. Errors are false LEAK without a
        leak / false OK at 3 times the budget, in percent; seeds used without a leak / at 3 times the budget."""
    )
    return f"{caption}\n\n{table(head, rows)}"


def _coverage_table(calibration: Calibration) -> str:
    names = dict.fromkeys(name for name, _ in calibration.coverage)
    rows = [[name, *(percent(calibration.coverage[name, seeds]) for seeds in SEEDS)] for name in names]
    caption = prose(
        f"""Share of {COVERAGE_SOAKS} simulated soaks whose 95 % interval of the reduction, a paired t interval on
        ln(fixed/old), holds the true one, in percent. Old and fixed of one seed scatter lognormally and are
        correlated by their market."""
    )
    return f"{caption}\n\n{table(['scatter of old and fixed', *(f'K = {seeds}' for seeds in SEEDS)], rows)}"


def by_name(families: Sequence[Family], results: Sequence[FamilyResult]) -> dict[str, FamilyResult]:
    """Results by the name of their family, in the order of the families."""
    return {family.name: result for family, result in zip(families, results, strict=True)}
