"""What is said of anchor runs before they are run."""

from __future__ import annotations

from pathlib import Path

from harness.report.words.anchors import moving_configs, plan_words, soak_words
from harness.scenario import Scenario, load
from harness.scenario.overrides import with_options
from harness.soaks.anchor_plan import Plan
from harness.soaks.run_rows import OtherWorld, World
from harness.soaks.soak import Planned

GB = 1e9


def planned(scenario: Scenario, *, real_time: bool = False) -> Planned:
    world = World(scenario, Path("results"), real_time)
    return Planned(world, Path("results"), world.rows(), 2)


def test_a_soak_says_how_many_runs_how_much_memory_and_what_follows() -> None:
    words = soak_words(planned(load("50symbols")), 22.4 * GB)
    assert words.startswith("9 runs at scale 0.05, 2 at once, 1.6 GB each at most. Then anchor runs of old, fixed and ")
    assert "at most 4.5 minutes of an idle machine, in up to 22.4 GB of memory that is free." in words


def test_nothing_follows_where_nothing_moves_or_it_is_left_out() -> None:
    assert moving_configs(load("smoke")) == []
    assert soak_words(planned(load("smoke")), 22.4 * GB).endswith("0.8 GB each at most.")
    assert soak_words(planned(load("smoke_long")), 22.4 * GB).startswith("6 runs at scale 1, ")
    left_out = with_options(load("50symbols"), anchor_minutes=0, seeds=1, configs=["fixed"])
    assert "No anchor runs: what moves with the scale stays undecided." in soak_words(planned(left_out), GB)
    assert "1.0 GB each at most" in soak_words(planned(left_out), GB)


def test_a_plan_says_what_is_run_how_long_and_what_is_not() -> None:
    worlds = (OtherWorld("fixed", 1.0, 2.0834, (1,)), OtherWorld("old", 0.3, 5.0, (1, 2)))
    found = plan_words(Plan(worlds, {"huge": "huge needs 99 GB"}, 234.0, 15.1 * GB), 2)
    assert found == [
        "Anchor runs: fixed at scale 1 for 2.08 h; old at scale 0.3 for 5 h, 2 seeds: about 3.9 minutes of an idle "
        "machine, 2 at once, 15.1 GB of memory.",
        "No anchor runs of huge: huge needs 99 GB.",
    ]
    assert plan_words(Plan(), 2) == []
