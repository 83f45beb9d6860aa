"""The plan of anchor runs: as large and as long as memory and time allow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError
from harness.soaks.anchor_plan import PLAN_FILE, Need, Plan, plan, read_plan, write_plan
from harness.soaks.run_rows import OtherWorld

PERIOD_H = 500 / 3600


def need(config: str = "fixed", peak_gb: float = 7.1, **changes: Any) -> Need:
    facts = {"hours": 5.0, "least_hours": 1.0, "period_h": PERIOD_H, "least_scale": 0.04, **changes}
    return Need(config, peak_gb * 1e9, 120.0, **facts)


def planned(*needs: Need, room_gb: float = 22.4, minutes: float = 4.0, at_once: int = 2) -> Plan:
    return plan(
        needs,
        scale=0.1,
        seeds=(1, 2, 3),
        run_on_h=0.07,
        room_bytes=room_gb * 1e9,
        at_once=at_once,
        minutes=minutes,
    )


def scales(found: Plan, config: str) -> list[float]:
    return [world.scale for world in found.worlds if world.config == config]


def test_a_config_that_fits_is_run_at_full_scale() -> None:
    found = planned(need())
    assert scales(found, "fixed") == [1.0]
    assert found.unfit == {}
    assert found.memory_bytes == pytest.approx(7.1e9 * 1.03)


def test_it_runs_as_long_as_the_time_allows_in_whole_intervals_between_cleanups() -> None:
    short, longer, whole = (planned(need(), minutes=minutes).worlds[0] for minutes in (2.5, 6, 11))
    assert 1.0 <= short.hours < longer.hours < whole.hours == 5.0
    for world in (short, longer):
        assert (5.0 - world.hours) / PERIOD_H == pytest.approx(round((5.0 - world.hours) / PERIOD_H), abs=0.5)
    assert planned(need(), minutes=6).wall_s <= 360


def test_with_all_hours_seeds_are_added_up_to_those_of_the_soak() -> None:
    assert planned(need(), minutes=60).worlds == (OtherWorld("fixed", 1.0, 5.0, (1, 2, 3)),)


def test_one_that_does_not_fit_is_run_in_a_larger_and_in_a_smaller_world_than_the_soak() -> None:
    old = need("old", 25.0, least_hours=5.0)
    large, small = scales(planned(old), "old")
    assert small == 0.05
    assert 0.15 <= large <= 22.4 / 25 / 1.03
    assert scales(planned(old, minutes=30), "old")[0] == pytest.approx(0.86)
    assert scales(planned(old, room_gb=6.0, minutes=30), "old")[0] == pytest.approx(0.23)


def test_where_a_smaller_world_has_no_room_for_the_idle_process_one_between_is_run() -> None:
    large, between = scales(planned(need("old", 25.0, least_hours=5.0, least_scale=0.06)), "old")
    assert 0.1 < between < large


def test_full_scale_of_one_goes_before_a_larger_world_of_another() -> None:
    found = planned(need("old", 25.0, least_hours=5.0), need())
    assert scales(found, "fixed") == [1.0]
    assert len(scales(found, "old")) == 2
    assert found.wall_s <= 240


def test_what_fits_nowhere_says_which_memory_would_do() -> None:
    found = planned(need("old", 25.0), room_gb=3.5)
    assert found.worlds == ()
    assert found.unfit == {"old": "old needs 26.2 GB of free memory at scale 1, and 4.0 GB are free"}


def test_what_takes_too_long_says_how_long_and_leaves_the_others_theirs() -> None:
    found = planned(need("old", 25.0, least_hours=5.0, hours=500.0), need(least_hours=0.5), minutes=1.5)
    assert found.unfit.keys() == {"old"}
    assert "use --anchor-minutes" in found.unfit["old"]
    assert scales(found, "fixed") != []


def test_no_minutes_are_no_anchors() -> None:
    found = planned(need(), minutes=0)
    assert found.worlds == ()
    assert "--no-anchors" in found.unfit["fixed"]


def test_a_verdict_on_a_leak_takes_whole_hours_of_several_seeds_at_full_scale() -> None:
    leak = need(least_hours=5.0, seeds=3)
    assert planned(leak, minutes=25).worlds == (OtherWorld("fixed", 1.0, 5.0, (1, 2, 3)),)
    assert "--anchor-minutes" in planned(leak, minutes=4).unfit["fixed"]
    assert "GB of free memory" in planned(need(peak_gb=25.0, seeds=3), minutes=20).unfit["fixed"]


def test_runs_that_do_not_fit_side_by_side_wait_for_one_another() -> None:
    both = planned(need("a", 15.0), need("b", 15.0), room_gb=20, minutes=30)
    assert both.memory_bytes == pytest.approx(15e9 * 1.03)
    assert planned(need("a", 15.0), need("b", 15.0), room_gb=40, minutes=30).memory_bytes == pytest.approx(30e9 * 1.03)


def test_a_plan_is_kept_in_the_result(tmp_path: Path) -> None:
    found = planned(need(), need("old", 250.0)).without({"lost": "its small runs died"})
    write_plan(found, tmp_path)
    assert read_plan(tmp_path) == found
    assert found.unfit.keys() == {"old", "lost"}
    assert read_plan(tmp_path / "elsewhere") is None


@pytest.mark.parametrize("text", ["", "{}", '{"format": 9}', '{"format": 1, "worlds": [{}], "unfit": {}}'])
def test_a_damaged_plan_names_its_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "anchors").mkdir()
    (tmp_path / "anchors" / PLAN_FILE).write_text(text)
    with pytest.raises(UsageError, match=PLAN_FILE):
        read_plan(tmp_path)
