"""The share of a sweep in which a claim holds, beside that claim of a soak."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from harness.analysis.sweeps.claim_shares import claim_shares
from harness.report.sweeps.beside_claims import share_words, sweep_note
from harness.scenario import Scenario
from harness.sweeps.planned import PlannedSweep, begin, create
from tests.unit.sweeps.conftest import FEED, FIXES, Write

SOAKED = Path("results", "mine", "20261126T015548Z-c9f8")
PLACES = ("met", "exceeded", "missed", "unknown")


def record(scenario: Scenario, sweep: str, places: tuple[str, ...] = PLACES) -> Path:
    """A sweep's result with a claim's place at each of its points."""
    only = scenario.model_copy(update={"sweeps": {sweep: scenario.sweeps[sweep]}})
    folder = create(Path("results"), scenario, sweep)
    begin(PlannedSweep(only, sweep, folder, (), at_once=1))
    pd.DataFrame({"claim": scenario.claims[0].name, "place": places}).to_parquet(folder / "claims.parquet")
    return folder


def test_what_a_sweep_beside_a_result_says_of_a_claim(write: Write) -> None:
    scenario = write(FEED)
    assert claim_shares(SOAKED, scenario) is None
    folder = record(scenario, "feed")
    shares = claim_shares(SOAKED, scenario)
    assert shares is not None
    assert share_words(shares, scenario.claims[0].name) == "2 of 3"
    assert share_words(shares, "another claim") == "-"
    assert sweep_note(shares) == f"holds in: points of the sweep feed whose mean is in the band ({folder})"


def test_a_claim_that_the_sweep_judged_by_another_band_is_not_told_of(write: Write) -> None:
    scenario = write(FEED)
    record(scenario, "feed")
    claim = scenario.claims[0]
    other = scenario.model_copy(update={"claims": (claim.model_copy(update={"expected": (1.0, 2.0)}),)})
    assert claim_shares(SOAKED, other) is None


@pytest.mark.parametrize("spoil", ["configs", "no table", "damaged table", "damaged sweep.json"])
def test_what_is_no_map_of_worlds_or_cannot_be_read_is_not_there(write: Write, spoil: str) -> None:
    scenario = write(FIXES if spoil == "configs" else FEED)
    folder = record(scenario, "fixes" if spoil == "configs" else "feed")
    if spoil == "no table":
        (folder / "claims.parquet").unlink()
    elif spoil.startswith("damaged"):
        (folder / {"damaged table": "claims.parquet", "damaged sweep.json": "sweep.json"}[spoil]).write_bytes(b"{")
    assert claim_shares(SOAKED, scenario) is None
