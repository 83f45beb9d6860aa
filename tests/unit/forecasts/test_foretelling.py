"""A soak foretold by its own first minutes: once, as early as they tell anything."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.forecasts import foretelling, recordings
from harness.forecasts.forecast import Forecast
from harness.forecasts.foretelling import MOST_TRIES, EarlyForecast, by_recordings
from harness.forecasts.run_cost import RunCost
from harness.soaks.run_rows import Row, World
from harness.soaks.supervisor import RunState
from harness.worker.loaded_code import contents
from tests.unit.forecasts.test_run_cost import COST, long_job

SEEN = RunState("old", 1, "running", t_s=930.0)


class Watched:
    """An early forecast of two runs, and what it told; `cost` is what is known of a run so far."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cost: RunCost | None) -> None:
        self.asked: list[Path] = []
        self.told: list[Forecast] = []
        self.observed: list[Any] = []
        world: Any = World(scenario=None, folder=tmp_path)  # type: ignore[arg-type]
        rows = [Row(world, replace(long_job(), config="old", seed=seed)) for seed in (1, 2)]
        monkeypatch.setattr(foretelling, "run_cost", lambda folder: self.asked.append(folder) or cost)
        self.early = EarlyForecast(rows, 2, self.observed.append, self.told.append)


def test_it_is_told_once_by_the_first_run_that_has_lived_long_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    watched = Watched(monkeypatch, tmp_path, replace(COST, hours=930 / 3600))
    for t_s in (0.0, 130.0, 930.0, 1000.0):
        watched.early([replace(SEEN, t_s=t_s), RunState("old", 2, "waiting")])
    (told,) = watched.told
    assert len(told.run_s) == 2
    assert told.source == "the first 15.5 virtual minutes of old seed 1"
    assert len(watched.asked) == 1
    assert len(watched.observed) == 4


def test_one_that_tells_nothing_is_not_asked_for_ever(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    watched = Watched(monkeypatch, tmp_path, None)
    for _ in range(2 * MOST_TRIES):
        watched.early([SEEN])
    assert watched.told == []
    assert len(watched.asked) == MOST_TRIES


def test_where_nothing_was_recorded_nothing_is_foretold(tmp_path: Path) -> None:
    assert by_recordings("nothing", [long_job()], tmp_path, 2) is None


def test_a_recording_of_other_code_is_none_of_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bot, run = tmp_path / "bot.py", tmp_path / "bot-build" / "20260101T000000Z-0000" / "runs" / "old" / "seed-1"
    bot.write_text("def build(params, environment): ...\n")
    run.mkdir(parents=True)
    (run.parents[2] / "manifest.json").write_text(json.dumps({"machine": recordings.this_machine()}))
    (run / "run.json").write_text(json.dumps({"code": {"state": {str(bot): contents(str(bot))}}}))
    monkeypatch.setattr(recordings, "run_cost", lambda _folder: COST)
    recordings._contents.cache_clear()
    assert recordings.recorded_costs("bot-build", tmp_path, factory=COST.factory) == [("old", COST)]
    bot.write_text("def build(params, environment): return None\n")
    recordings._contents.cache_clear()
    assert recordings.recorded_costs("bot-build", tmp_path, factory=COST.factory) == []
