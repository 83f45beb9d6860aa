"""The scenarios of a sweep, and what is refused before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.scenario import load, to_toml
from harness.sweeps.asked import asked_for
from harness.sweeps.worlds import worlds_of
from tests.unit.sweeps.conftest import FEED, FIXES, Write


def refusal(write: Write, text: str, name: str = "fixes") -> str:
    with pytest.raises(UsageError) as caught:
        worlds_of(write(text), name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_combination_of_fixes_is_a_config_of_one_world(write: Write) -> None:
    worlds = worlds_of(write(FIXES), "fixes")
    (world,) = worlds.values()
    assert {name: table["max_samples"] for name, table in world.configs.items()} == {
        "old_off_off": 2000,
        "old_off_on": 2000,
        "old_on_off": 500,
        "old_on_on": 500,
    }
    assert world.claims == ()
    assert dict(world.sweeps) == {}


def test_worlds_differ_in_their_keys_and_keep_configs_and_claims(write: Write) -> None:
    worlds = worlds_of(write(FEED), "feed")
    told = {name: (world.time.cycle_s, world.memory.scale, world.seeds) for name, world in worlds.items()}
    assert told == {"1s-0_1": (1, 0.1, 3), "1s-0_2": (1, 0.2, 3), "5s-0_1": (5, 0.1, 3), "5s-0_2": (5, 0.2, 3)}
    assert [claim.name for claim in worlds["1s-0_1"].claims] == ["peak reduction", "old peak"]


def test_a_scenario_with_sweeps_is_written_and_read_again(write: Write, here: Path) -> None:
    scenario = write(FIXES + FEED)
    (here / "again.toml").write_text(to_toml(scenario))
    assert load("again.toml", import_target=False).sweeps == scenario.sweeps


def test_a_scenario_without_sweeps_is_written_without_a_table_of_them(write: Write) -> None:
    assert "sweeps" not in to_toml(write(""))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            ('"configs.max_samples" = 500', '"configs.max_sample" = 500'),
            'sweeps.fixes.axes.fix_1.on = ["configs.max_sample"]: every level of an axis sets the same keys: '
            "configs.max_sample is in one of off and on only",
        ),
        (
            ("configs.max_samples", "time.max_samples"),
            'sweeps.fixes.axes.fix_1.off."time.max_samples" = 2000: unknown key',
        ),
        (
            ("configs.max_samples", "configs.old.max_samples"),
            'sweeps.fixes.axes.fix_1.off."configs.old.max_samples" = 2000: must be configs.PARAMETER',
        ),
        (
            ("configs.cleanup_interval_cycles", "configs.max_samples"),
            'sweeps.fixes.axes.fix_2 = "configs.max_samples": axis fix_1 sets it already',
        ),
        (
            ('configs = ["old"]', 'configs = ["odl"]'),
            'sweeps.fixes.configs = ["odl"]: no config "odl"; did you mean old?',
        ),
        (('configs = ["old"]', 'desing = "full"'), "sweeps.fixes.desing: unknown key; did you mean design?"),
        (('configs = ["old"]', 'design = "half"'), 'sweeps.fixes.design = "half": must be "full" or "one_at_a_time"'),
    ],
)
def test_a_wrong_table_is_refused_by_every_reader_of_the_file(write: Write, change: tuple[str, str], told: str) -> None:
    assert f"mine.toml: {told}" in refusal(write, FIXES.replace(*change))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("max_samples", "max_sampels", "sweeps.fixes.axes.fix_1.off: configs.max_sampels: unknown"),
        ("= 500", '= "many"', 'sweeps.fixes.axes.fix_1.on: configs.max_samples = "many": must be a whole number'),
    ],
)
def test_a_parameter_that_the_target_refuses_names_the_axis_and_the_level(
    write: Write, old: str, new: str, told: str
) -> None:
    assert f"mine.toml: {told}" in refusal(write, FIXES.replace(old, new))


def test_a_world_that_no_file_could_describe_names_the_axis_and_the_level(write: Write) -> None:
    told = refusal(write, FEED.replace("5.0", "9999.0"), "feed")
    assert "mine.toml: sweeps.feed.axes.cycle.5s: time.cycle_s = 9999.0: must be at most 3600" in told


def test_an_axis_of_the_command_line_is_one_of_values_as_toml_reads_them(write: Write) -> None:
    scenario, name = asked_for(write(""), None, over=["time.cycle_s=1,5.5"], scale=0.2, configs=["fixed"])
    worlds = worlds_of(scenario, name)
    assert {key: (world.time.cycle_s, world.memory.scale) for key, world in worlds.items()} == {
        "1": (1, 0.2),
        "5_5": (5.5, 0.2),
    }
    assert [list(world.configs) for world in worlds.values()] == [["fixed"], ["fixed"]]


@pytest.mark.parametrize(
    ("over", "told"),
    [
        ("time.cycle_s", "--over time.cycle_s: must be KEY=A,B"),
        ("time.cycle_s=1", "--over time.cycle_s=1: must be KEY=A,B"),
        ("time.cycle_s=1,1", "--over time.cycle_s=1,1: has two levels of one name"),
        ("time.cycl_s=1,5", "unknown key; did you mean time.cycle_s?"),
    ],
)
def test_an_axis_of_the_command_line_that_is_wrong_is_refused(write: Write, over: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        asked_for(write(FEED), None, over=[over])
    assert told in str(caught.value)


def test_a_sweep_is_named_and_declared_once(write: Write) -> None:
    scenario = write(FEED)
    for arguments, told in (
        ({"name": None}, "which sweep?"),
        ({"name": "feeds"}, "did you mean feed?"),
        ({"name": "feed", "over": ["time.hours=1,2"]}, "declares the sweep feed"),
        ({"name": "feed", "seeds": 0}, "--seeds 0: must be at least 1"),
    ):
        with pytest.raises(UsageError) as caught:
            asked_for(scenario, **arguments)  # type: ignore[arg-type]
        assert told in str(caught.value)
