"""The page of a sweep: every claim at every point in words, what each switch brings, and holes that are told."""

from __future__ import annotations

import re
import shutil

from harness.analysis.sweeps.claim_map import claim_maps
from harness.analysis.sweeps.recorded_sweep import RecordedSweep
from harness.report.page.heat_maps import claims_by_point, claims_over_two_axes, shares_of_switches
from harness.report.page.sweep_page import sweep_page
from harness.report.sweeps.findings import sweep_sentence
from harness.text import joined
from tests.unit.report.swept import ONE_AT_A_TIME, SWITCHES, TWO_AXES


def test_switches_stand_with_what_each_brings(recorded) -> None:
    sweep = RecordedSweep(recorded(SWITCHES, "fixes"))
    text = sweep_page(sweep, claim_maps(sweep))
    assert "Starting from old" in text
    assert "Fix 2 brings 100 %" in text
    assert text.count('<table class="bars"') == 1
    assert re.search(r'<td class="brings-5">\s*100.%\s*</td>', text)
    assert "+ Fix 1" in text
    assert "Fix 1 + Fix 2" in text
    assert shares_of_switches([]) is None


def test_two_axes_are_a_map_for_each_claim(recorded) -> None:
    sweep = RecordedSweep(recorded(TWO_AXES, "feed"))
    maps = claim_maps(sweep)
    found = {one.title.partition(" (")[0]: one for one in claims_over_two_axes(sweep, maps)}
    assert found.keys() == {one.claim.name for one in maps if one.told}
    for one in maps:
        if one.told:
            rows = found[one.claim.name].rows
            assert [name for name, _ in rows] == ["1", "5"]
            words = [cell.word for _, cells in rows for cell in cells]
            assert words == [at.place for at in one.at]
    assert {cell.classes for _, cells in found["peak reduction"].rows for cell in cells} <= {
        f"{place}{pale}" for place in ("met", "exceeded", "missed") for pale in ("", " undecided")
    }


def test_what_a_sweep_found_stands_at_the_top(recorded) -> None:
    sweep = RecordedSweep(recorded(SWITCHES, "fixes"))
    sentence = sweep_sentence(sweep, claim_maps(sweep))
    assert sentence.startswith("Peak: ")
    assert "Fix 2 brings 100 %" in sentence
    assert '<p class="sentence">Peak: ' in sweep_page(sweep, claim_maps(sweep))


def test_claims_are_counted_by_where_they_hold(recorded) -> None:
    sweep = RecordedSweep(recorded(TWO_AXES, "feed"))
    maps = claim_maps(sweep)
    told = [one for one in maps if one.share is not None and not one.moves]
    names = [one.claim.name for one in told if one.share == 0]
    counts = f"{len(told) - len(names)} hold at every point that tells of them and {len(names)} at none"
    assert sweep_sentence(sweep, maps) == f"Of {len(told)} claims over 4 points, {counts} ({joined(names)})."
    text = sweep_page(sweep, maps)
    assert f"{len(told)} that end alike at every point" in text


def test_axes_moved_one_at_a_time_are_columns(recorded) -> None:
    sweep = RecordedSweep(recorded(ONE_AT_A_TIME, "feed"))
    by_point = claims_by_point(sweep, claim_maps(sweep))
    assert by_point is not None
    assert by_point.heads == ("as it is", "Cycle 5", "Depth 20")
    text = sweep_page(sweep, claim_maps(sweep))
    assert "Along Cycle" in text
    assert claims_by_point(sweep, ()) is None


def test_a_hole_is_told_before_anything_else(recorded) -> None:
    folder = recorded(ONE_AT_A_TIME, "feed")
    shutil.rmtree(next(folder.glob("worlds/*/runs/old/seed-1")))
    sweep = RecordedSweep(folder)
    text = sweep_page(sweep, claim_maps(sweep))
    assert '<p class="status incomplete">INCOMPLETE</p>' in text
    assert "5 of 6 runs are whole. Holes: 1 not recorded." in text
    assert "<td>missing</td>" in text
