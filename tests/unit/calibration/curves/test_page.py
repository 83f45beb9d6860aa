"""The published page: what its cells mean, and that the method quotes the page as it is."""

from __future__ import annotations

from pathlib import Path

from harness.calibration.__main__ import EVERY_FAMILY
from harness.calibration.curves.detection import BUDGET, BUDGETS, SEEDS, SIZES, FamilyRates, Rates, Sequential
from harness.calibration.curves.families import FAMILIES, FOREIGN, HARDER
from harness.calibration.curves.loads import CASES, LOAD_FAMILIES, LoadRates
from harness.calibration.curves.page import (
    LOAD_HOURS,
    LOAD_SEEDS,
    Calibration,
    FamilyResult,
    exceptions,
    load_table,
    page,
    summary_table,
)
from harness.calibration.curves.rivals import RIVALS

DOCS = Path(__file__).parents[4] / "docs"


def result(*, false_leak: float = 0.005, hours: float | None = 5.0) -> FamilyResult:
    sizes = {
        0: Rates(false_leak, 0.0, 0.95),
        1: Rates(0.02, 0.0, 0.03),
        3: Rates(0.9, 0.0, 0.0025),
        10: Rates(0.97, 0.01, 0.005),
    }
    cases = {(budget, size, seeds): sizes[size] for budget in BUDGETS for size in SIZES for seeds in SEEDS}
    rivals = {
        (name, budgeted, size): Rates(0.4, 0.0, 0.6) for name in RIVALS for budgeted in (False, True) for size in (0, 3)
    }
    added = {(budget, size): sizes[size] for budget in BUDGETS for size in (0, 1, 3)}
    looks = tuple(Sequential(3, most, added, {0: 3.25, 3: 4.0}) for most in (6, 10))
    rates = FamilyRates(cases, cases, rivals)
    return FamilyResult(rates, {1: None, 3: hours}, looks, dict.fromkeys(SEEDS, (2.5, 0.91)))


def beside_load() -> LoadRates:
    outcomes = (Rates(0.01, 0.0, 0.8), Rates(0.9, 0.0, 0.002), Rates(0.85, 0.0, 0.0), Rates(1.0, 0.0, 0.0))
    rates = {(*case, seeds): outcome for case, outcome in zip(CASES, outcomes, strict=True) for seeds in LOAD_SEEDS}
    return LoadRates(rates, rates, dict.fromkeys(LOAD_SEEDS, 0.1))


def calibration(one: FamilyResult) -> Calibration:
    return Calibration(
        seed=1,
        series=300,
        families={family.name: one for family in EVERY_FAMILY[:-1]},
        one_leaking=one.rates,
        loads={(family.name, hours): beside_load() for family in LOAD_FAMILIES for hours in LOAD_HOURS},
        coverage={("scatter", seeds): 0.95 for seeds in SEEDS},
        command="make calibrate",
    )


def row(table: str, name: str) -> list[str]:
    line = next(line for line in table.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_summary_has_the_worst_errors_and_the_mean_and_the_worst_of_what_is_decided() -> None:
    cells = row(summary_table(calibration(result())), "3")
    assert cells == ["3", "0.5", "0.5", "0.5", "0.5", "95 [95]", "90 [90]", "97 [97]"]


def test_errors_above_a_percent_are_listed_by_family_and_budget() -> None:
    assert exceptions(calibration(result())).endswith("- none")
    text = exceptions(calibration(result(false_leak=0.02)))
    assert f"- wander, budget {BUDGET}: false LEAK 2 (K = 1), 2 (K = 2), 2 (K = 3), 2 (K = 5), 2 (K = 10)" in text
    assert "false OK" not in text


def test_what_is_not_decided_in_the_nightly_says_which_hours_would_do() -> None:
    def decided(hours: float | None) -> list[str]:
        return row(page(calibration(result(hours=hours))).split("## Decided")[1], "wander")

    assert decided(7.0)[-2:] == ["over 20", "7"]
    assert decided(None)[-1] == "over 20"
    assert decided(5.0)[1] == "95 / 90 / 97"


def test_the_page_has_every_family_in_every_table() -> None:
    text = page(calibration(result()))
    for families, tables in ((FAMILIES, 6), (FOREIGN, 5), (HARDER, 2)):
        for family in families:
            assert text.count(f"| {family.name} |") == tables, family.name
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in lines)
    assert "seed 1" in text


def test_a_row_with_a_load_has_errors_and_decisions() -> None:
    assert row(load_table(calibration(result())), LOAD_FAMILIES[0].name)[1] == "1, 0.2; 80/90/85/100"


def test_the_method_quotes_what_was_measured() -> None:
    measured = (DOCS / "reference" / "calibration.md").read_text(encoding="utf-8")
    for heading, lines in (("In short", 2 * len(SEEDS) + 1), ("Growth that follows the load", 2 + len(LOAD_FAMILIES))):
        rows = measured.split(f"## {heading}")[1].split("## ")[0].strip().splitlines()
        table = [line for line in rows if line.startswith("|")]
        assert len(table) == lines
        assert "\n".join(table) in (DOCS / "METHOD.md").read_text(encoding="utf-8")
