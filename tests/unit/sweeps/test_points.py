"""Which settings of the axes are run, and how worlds and configs are called."""

from __future__ import annotations

from harness.scenario.sweep_settings import SweepSettings
from harness.sweeps.points import ONLY_WORLD, Points, level_words

BUFFERS = {"off": {"configs.max_samples": 2000}, "on": {"configs.max_samples": 500}}
CLEANUPS = {"off": {"configs.cleanup": 1000}, "on": {"configs.cleanup": 100}}
CYCLE = {"1s": {"time.cycle_s": 1.0}, "5s": {"time.cycle_s": 5.0}, "9s": {"time.cycle_s": 9.0}}


def points(design: str, bases: tuple[str, ...] = ("old",), **axes: object) -> Points:
    return Points(SweepSettings.model_validate({"design": design, "axes": axes}), bases)


def test_a_full_design_has_every_combination_and_names_configs_by_their_levels() -> None:
    found = points("full", fix_1=BUFFERS, fix_2=CLEANUPS)
    assert [found.config_of(point, "old") for point in found] == [
        "old_off_off",
        "old_off_on",
        "old_on_off",
        "old_on_on",
    ]
    assert {found.world_of(point) for point in found} == {ONLY_WORLD}
    assert found.values(found[1], configs=True) == {"max_samples": 2000, "cleanup": 100}


def test_one_axis_at_a_time_moves_away_from_the_first_levels() -> None:
    found = points("one_at_a_time", fix_1=BUFFERS, cycle=CYCLE)
    assert [tuple(level for _, level in point.levels) for point in found] == [
        ("off", "1s"),
        ("on", "1s"),
        ("off", "5s"),
        ("off", "9s"),
    ]
    assert {world: len(inside) for world, inside in found.by_world().items()} == {"1s": 2, "5s": 1, "9s": 1}


def test_axes_outside_of_configs_make_worlds_and_leave_the_names_of_configs() -> None:
    found = points("full", ("old", "fixed"), cycle=CYCLE)
    assert [found.world_of(point) for point in found] == ["1s", "5s", "9s"]
    assert found.config_of(found[2], "fixed") == "fixed"
    assert found.values(found[2], configs=False) == {"time.cycle_s": 9.0}


def test_configs_are_numbered_where_levels_would_make_names_that_are_too_long() -> None:
    long = {f"{'very_' * 7}{end}": {"configs.cleanup": number} for number, end in enumerate("ab")}
    found = points("full", fix_1=BUFFERS, fix_2=long)
    assert [found.config_of(point, "old") for point in found] == ["old_1", "old_2", "old_3", "old_4"]


def test_a_level_of_one_number_is_said_by_it() -> None:
    assert level_words("5_1", {"market.books_per_second": 5.1}) == "5.1"
    assert level_words("every_cycle", {"configs.a": 1, "configs.b": 2}) == "every cycle"
