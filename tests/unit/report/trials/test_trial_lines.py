"""What a trial showed, in words: from literal facts of runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from harness.analysis.runs import Run
from harness.forecasts.forecast import Forecast
from harness.report.trials.forecast_words import amount, forecast_line
from harness.report.trials.trial_lines import trial_lines
from harness.target import TELLS
from harness.trials.advice import next_step
from harness.trials.carrying_out import Trial
from harness.trials.seen import Seen
from tests.unit.forecasts.test_run_cost import COST
from tests.unit.worker.test_recorder import job

WATCHED: dict[str, Any] = {
    "takes": ["on_book"],
    "offers": ["counters"],
    "before": {"threads": ["MainThread"], "open_files": ["/dev/null"]},
    "standing": {
        "tasks": ["Bot.loop", "JudgedRun._run"],
        "timers": ["WatchedRun._hurry"],
        "threads": ["MainThread", "bg"],
        "open_files": ["/dev/null", "/tmp/a.csv", "socket:[12]"],
    },
    "reached": {"written": {"/tmp/out.txt": 3}, "connected": {"127.0.0.1:80": 1}},
    "real_time": {"calls": {"time.perf_counter": {"bot.py:12": 30}}, "uvloop": False},
    "wrote": {"files": 2, "bytes": 1500, "names": ["a.csv", "b.csv"]},
}


def trial(
    facts: dict[str, Any],
    events: tuple[dict[str, Any], ...] = (),
    status: str = "complete",
    children: pd.DataFrame | None = None,
) -> Trial:
    samples = pd.DataFrame({"t_s": [0.0, 60.0], "phase": ["start", "load"], "delivered_books": [0, 1200]})
    columns = {"wall_s": 0.0, "cpu_s": 0.0, "rss_bytes": 5e7, "live_bytes": 1e7}
    run = Run("target", 1, status, 1.0, samples.assign(**columns), events, {"trial": WATCHED, **facts})
    return Trial(job(), run if children is None else replace(run, children=children), None, 18_000.0)


def told(one: Trial) -> dict[str, str]:
    """All sentences of a subject."""
    lines: dict[str, str] = {}
    for subject, sentence in trial_lines(one, Seen.of(one, TELLS)):
        lines[subject] = f"{lines[subject]} {sentence}" if subject in lines else sentence
    return lines


def test_what_it_takes_and_does_is_told_without_what_the_soak_does_itself() -> None:
    lines = told(trial({}))
    assert lines["takes"] == "on_book: 1,200 books."
    assert lines["did"].startswith(
        "1 task (Bot.loop), no timer, 1 thread (bg), 1 open file (/tmp/a.csv), 1 socket, no process."
    )
    assert "it connects to 127.0.0.1:80." in lines["did"]


def test_counters_that_are_lacking_come_with_the_line_to_add() -> None:
    assert "def counters(self): return" in told(trial({}))["lacks"]
    lines = told(trial({"counters": {"colected": 5, "persisted": 4}}))
    assert lines["tells"] == "understood: counters() persisted. kept as it is: colected (did you mean collected?)."
    assert "counters() lacks collected and lost." in lines["lacks"]


def test_a_target_that_tells_all_lacks_nothing() -> None:
    counters = {"collected": 5, "persisted": 3, "lost": 1}
    lines = told(trial({"counters": counters}, ({"t_s": 1.0, "kind": "cleanup"},)))
    assert "lacks" not in lines
    assert "event cleanup" in lines["tells"]
    assert "5 collected, 3 persisted, 1 lost: 1 are unaccounted for." in lines["wrote"]


def test_real_time_is_told_with_its_place() -> None:
    sleeps = {"t_s": 1.0, "kind": "warning", "text": "bot.py:9: time.sleep(1) really sleeps, and time stands still"}
    lines = told(trial({}, (sleeps,)))
    assert "bot.py:9: time.sleep(1) really sleeps" in lines["time"]
    assert "time.perf_counter is real" in lines["time"]
    assert "bot.py:12 (30 times)" in lines["time"]
    assert "threads of its own (bg)" in lines["time"]
    quiet = {**WATCHED, "real_time": {"calls": {}, "uvloop": False}, "standing": {}}
    assert told(trial({"trial": quiet}))["time"] == "virtual throughout."


def test_what_is_written_elsewhere_is_told_apart() -> None:
    wrote = told(trial({}))["wrote"]
    assert "2 files in environment.data_dir, 2 kB: a.csv, b.csv." in wrote
    assert "outside of environment.data_dir, where runs share it: /tmp/out.txt." in wrote


def test_a_stop_that_forgets_and_one_that_does_not() -> None:
    stop = {step: {"rss_bytes": 5e7} for step in ("before", "after_stop")}
    left = {"stop": stop, "outlives": {"threads": ["bg"], "timers": ["WatchedRun._hurry"]}, "still_alive": ["bot.BOT"]}
    lines = told(trial(left))
    assert lines["stop()"].startswith("leaves 1 thread (bg).")
    assert "held by bot.BOT." in lines["stop()"]
    assert told(trial({"stop": stop}))["stop()"].startswith("ends it:")
    pending = {"totals": {"pending": 2}, "firsts": []}  # collected once they were dropped: nothing is left of them
    assert told(trial({"stop": stop, "trouble": pending}))["stop()"] == "2 tasks left pending by stop()."


def test_what_ends_with_the_loop_is_not_left_by_stop_and_what_has_no_name_is_told_as_what_it_is() -> None:
    stop = {step: {"rss_bytes": 5e7} for step in ("before", "after_stop")}
    left = {"threads": ["asyncio_0"], "open_files": ["pipe:[76]", "pipe:[77]"]}
    assert told(trial({"stop": stop, "outlives": left}))["stop()"] == "leaves 2 open files (2 x a pipe)."
    assert told(trial({"stop": stop, "outlives": {"threads": ["asyncio_0"]}}))["stop()"].startswith("ends it:")


def test_what_its_processes_hold_is_told_and_that_time_waits_for_threads_beside_them() -> None:
    held = {"t_s": [10.0, 60.0], "wall_s": 1.0, "command": "python writer.py", "count": 1, "rss_bytes": 0}
    children = pd.DataFrame({**held, "pss_bytes": [9_000_000, 33_000_000], "phase": "load"})
    lines = told(trial({"idle_rss_bytes": 4e7, "peak_rss_bytes": 5e7}, children=children))
    assert "1 process (python writer.py)" in lines["did"]
    assert lines["memory"].endswith("beside it python writer.py: 9 MB at first, 33 MB at the most.")
    assert "threads" not in lines["time"]
    assert "threads of its own (bg) are in real time" in told(trial({}))["time"]


def test_a_soak_that_would_end_at_the_limit_is_told_so() -> None:
    one = trial({"idle_rss_bytes": 4e7, "peak_rss_bytes": 5e7})
    job_ = replace(one.job, memory_scale=0.1, limit_bytes=400_000_000)
    cost = replace(COST, hours=0.1, peak_bytes=8e8, grown_bytes_per_hour=6.4e9)
    memory = told(replace(one, job=job_, cost=cost))["memory"]
    assert "it grew by 6.4 GB an hour: at that pace a run ends at its limit of 4.0 GB, after about 36 minutes" in memory
    slow = replace(cost, grown_bytes_per_hour=6.4e8)
    assert "limit" not in told(replace(one, job=job_, cost=slow))["memory"]


def test_of_one_that_did_not_begin_nothing_is_guessed() -> None:
    lines = told(trial({"trial": {}}, status="failed"))
    assert not {"takes", "did", "tells", "lacks", "time", "wrote", "stop()"} & lines.keys()


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("the target raised in its factory: ModuleNotFoundError: No module named 'ccxt.pro'", "install ccxt.pro for"),
        ("Bot.on_book() takes 1 positional argument but 2 were given", "a handler takes one event"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'a.json'", "paths begin at the folder"),
        ("virtual time stood still at 0 s for 8 s of real time: ... at bot.py:3, in loop", "await something"),
        ("virtual time stood still at 400 s: it was at /x/harness/probes/allocators/statistics.py:1, in trim", "fewer"),
        ("virtual time stood still at 0 s: it was at clock/patches.py:89, in _sleep", "time.sleep really sleeps"),
        ("killed by the supervisor: no sample for 24 s", "blocks"),
        ("start() of the target did not return within 3600 s", "have to return"),
        ("KeyError: 'x'", "mend that"),
    ],
)
def test_a_failure_comes_with_the_next_thing_to_do(reason: str, advice: str) -> None:
    assert advice in next_step(trial({"reason": reason}, status="failed"))


def test_a_forecast_is_one_line() -> None:
    one = Forecast((30.0, 30.0, 30.0), 62.0, 2, 5e7, 2.5e9, 5e9, 3.4e6, "a probe of 2 virtual minutes")
    assert forecast_line(one) == (
        "Forecast: 3 runs, 2 at once: about 60 s in all; about 2 minutes of one core, about 30 s a run; 50 MB of "
        "memory a run as it was last seen, 2.5 GB if it goes on growing as it did; 3 MB of disk. By a probe of 2 "
        "virtual minutes."
    )
    sure = forecast_line(replace(one, run_s=(30.0,), high_bytes=5e7))
    assert "1 run, 1 at once" in sure
    assert "50 MB of memory a run;" in sure
    assert [amount(size) for size in (900, 2e6, 1.23e9)] == ["1 kB", "2 MB", "1.2 GB"]
