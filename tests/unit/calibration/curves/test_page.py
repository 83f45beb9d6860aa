"""The published page: what its cells mean, and that the method quotes the page as it is."""

from __future__ import annotations

from pathlib import Path

from harness.calibration.curves.detection import SEEDS, Cell, FamilyRates, Rates, Sequential
from harness.calibration.curves.families import FAMILIES, HARDER
from harness.calibration.curves.page import Calibration, FamilyResult, main_table, page
from harness.calibration.curves.rivals import RIVALS

DOCS = Path(__file__).parents[4] / "docs"


def result(*, decided: float, hours: float | None) -> FamilyResult:
    sizes = {0: Rates(0.01, decided - 0.01), 1: Rates(0.02, 0.03), 3: Rates(0.9, 0.0), 6: Rates(0.97, 0.005)}
    cells = tuple(Cell("", size, seeds, rates) for size, rates in sizes.items() for seeds in SEEDS)
    rivals = {
        (name, budgeted, size): Rates(0.4, 0.6) for name in RIVALS for budgeted in (False, True) for size in (0, 3)
    }
    plain = {(size, seeds): Rates(0.7, 0.1) for size in (0, 3) for seeds in SEEDS}
    looks = tuple(Sequential("", 3, most, sizes, {0: 3.25, 3: 4.0}) for most in (6, 10))
    return FamilyResult(FamilyRates(cells, rivals, plain), hours, looks, dict.fromkeys(SEEDS, (2.5, 0.91)))


def calibration(one: FamilyResult) -> Calibration:
    return Calibration(
        seed=1,
        series=300,
        families={family.name: one for family in FAMILIES},
        harder={family.name: one for family in HARDER},
        coverage={("scatter", seeds): 0.95 for seeds in SEEDS},
        command="make calibrate",
    )


def row(table: str, name: str) -> list[str]:
    line = next(line for line in table.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_row_says_errors_decisions_and_hours() -> None:
    cells = row(main_table(calibration(result(decided=0.95, hours=5.0))), "wander")
    assert cells == ["wander", "1", "1", "1", "0.5", "0.5", "0.5", "95 / 90", "95 / 90", "95 / 90", "5"]


def test_what_is_not_decided_in_the_nightly_says_which_hours_would_do() -> None:
    assert row(main_table(calibration(result(decided=0.8, hours=7.0))), "wander")[-1] == "7"
    assert row(main_table(calibration(result(decided=0.8, hours=None))), "wander")[-1] == "over 20"


def test_the_page_has_every_family_in_every_table() -> None:
    text = page(calibration(result(decided=0.95, hours=5.0)))
    for family in FAMILIES:
        assert text.count(f"| {family.name} |") == 5
    for family in HARDER:
        assert text.count(f"| {family.name} |") == 1
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in tables)
    assert "seed 1" in text


def test_the_method_quotes_the_table_that_was_measured() -> None:
    measured = (DOCS / "reference" / "calibration.md").read_text(encoding="utf-8")
    rows = measured.split("## Leak verdict")[1].split("## ")[0].strip().splitlines()
    table = "\n".join(line for line in rows if line.startswith("|"))
    assert table.count("\n") == len(FAMILIES) + 1
    assert table in (DOCS / "METHOD.md").read_text(encoding="utf-8")
