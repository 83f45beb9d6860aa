"""A target that outlives being dropped is told with the paths that hold it."""

from __future__ import annotations

from harness.analysis.metrics.waterfall import waterfall
from harness.report.words.release import stop_sentences
from harness.report.words.still_alive import alive_configs

HOLDER = "mine.Registry.instances[*].<closure on_message>.__self__.exchange.clients[*].parent.collector"


def lines(runs) -> list[str]:
    return [line for line in stop_sentences(waterfall("old", runs)) if "alive" in line]


def test_the_path_stands_whole_where_dropping_every_reference_stands(make_run, make_scenario) -> None:
    runs = [make_run("old", seed, still_alive=[HOLDER], outlived_drop=True).under(make_scenario()) for seed in (1, 2)]
    first, second, *_ = stop_sentences(waterfall("old", runs))
    assert "dropping every reference" in first
    assert second == f"The target was still alive after every reference to it was dropped: held by {HOLDER}."
    (said,) = alive_configs(runs)
    assert said == f"The target of old was still alive after every reference to it was dropped: held by {HOLDER}."


def test_paths_of_some_runs_say_of_how_many(make_run, make_scenario) -> None:
    runs = [
        make_run("old", 1, still_alive=["mine.SEEN[*]", "<task pump>.self"], outlived_drop=True),
        make_run("old", 2, still_alive=["mine.SEEN[*]"], outlived_drop=True),
        make_run("old", 3, still_alive=[], outlived_drop=False),
    ]
    (line,) = lines([run.under(make_scenario()) for run in runs])
    assert line.endswith("held by mine.SEEN[*] (in 2 of 3 runs), <task pump>.self (in 1 of 3 runs).")


def test_one_that_went_later_is_told_too(make_run, make_scenario) -> None:
    run = make_run("old", still_alive=[], outlived_drop=True).under(make_scenario())
    assert lines([run])[0].endswith("held by something that ended in the minutes after.")


def test_of_one_that_is_gone_and_of_an_older_recording_nothing_is_said(make_run, make_scenario) -> None:
    for facts in ({"still_alive": [], "outlived_drop": False}, {}, {"still_alive": "?"}):
        run = make_run("old", **facts).under(make_scenario())
        assert lines([run]) == []
        assert alive_configs([run]) == []
