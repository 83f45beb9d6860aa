"""The rows of a sweep, its shards, and what its plan says."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.forecasts.forecast import Forecast
from harness.report.sweeps.plan_words import plan_lines
from harness.report.words.durations import about
from harness.soaks.run_rows import Row
from harness.sweeps.planned import PlannedSweep, rows_of
from harness.sweeps.sweep_file import Shard, SweepFile
from harness.sweeps.worlds import worlds_of
from tests.unit.sweeps.conftest import FEED, FIXES, Write


def keys(rows: tuple[Row, ...]) -> list[tuple[int, str, str]]:
    return [(row.job.seed, row.world.folder.name, row.job.config) for row in rows]


def test_every_seed_of_a_world_and_config_is_one_row_the_first_seed_of_all_first(write: Write) -> None:
    rows = keys(rows_of(worlds_of(write(FEED), "feed"), Path("there")))
    assert len(rows) == len(set(rows)) == 3 * 4 * 2
    assert rows[:3] == [(1, "1s-0_1", "old"), (1, "1s-0_1", "fixed"), (1, "1s-0_2", "old")]
    assert [seed for seed, _, _ in rows] == sorted(seed for seed, _, _ in rows)


@pytest.mark.parametrize("of", [1, 2, 5, 12])
def test_shards_part_the_table_and_never_what_is_compared(write: Write, of: int) -> None:
    worlds = worlds_of(write(FEED), "feed")
    whole = keys(rows_of(worlds, Path("there")))
    parts = [keys(rows_of(worlds, Path("there"), Shard(number, of))) for number in range(1, of + 1)]
    assert sorted(row for part in parts for row in part) == sorted(whole)
    groups = [{row[:2] for row in part} for part in parts]
    assert sum(map(len, groups)) == len(set().union(*groups))


def test_more_shards_than_parts_are_refused(write: Write) -> None:
    with pytest.raises(UsageError, match="--shard 1/3: the sweep comes apart into 2 parts at most"):
        rows_of(worlds_of(write(FIXES), "fixes"), Path("there"), Shard(1, 3))


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/2/3", "-1/2", ""])
def test_a_shard_is_i_of_n(text: str) -> None:
    with pytest.raises(UsageError, match=r"must be i/n"):
        Shard.parse(text)


def test_the_plan_says_worlds_configs_runs_memory_and_time(write: Write) -> None:
    scenario = write(FIXES)
    rows = rows_of(worlds_of(scenario, "fixes"), Path("there"))
    planned = PlannedSweep(scenario, "fixes", Path("there"), rows, 2)
    (what, costs) = plan_lines(
        planned, Forecast((30.0,) * 8, 120.0, 2, 1e9, 1e9, 3e9, 1e6, "a probe of 15 virtual minutes")
    )
    assert "8 runs: 1 world (world), 4 configs (old_off_off, old_off_on, old_on_off, old_on_on), 2 seeds" in what
    assert "scale 0.1, 5 virtual hours, 2 at once" in what
    assert costs == (
        "By a probe of 15 virtual minutes: about 2 minutes, about 4 minutes of one core, at most 3.00 GB of memory at "
        "the same time."
    )


def test_durations_are_said_as_roughly_as_they_are_known() -> None:
    assert [about(seconds) for seconds in (3, 64, 700, 9000)] == [
        "about 3 s",
        "about 60 s",
        "about 12 minutes",
        "about 2.5 hours",
    ]


def test_what_was_swept_is_written_and_read_again(tmp_path: Path) -> None:
    SweepFile("feed", Shard(2, 3)).write(tmp_path)
    assert SweepFile.read(tmp_path) == SweepFile("feed", Shard(2, 3))
    (tmp_path / "sweep.json").write_text('{"format": 1, "sweep": "feed"}')
    with pytest.raises(UsageError, match=r"sweep\.json: cannot be read"):
        SweepFile.read(tmp_path)
