"""Progress: exact lines in a log, a table on a terminal, failures only where it shall be quiet."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from harness.report.terminal.progress import Progress, RerunProgress
from harness.report.terminal.progress_table import clock, progress_table
from harness.soaks.supervisor import RunState

WAITING = RunState("old", 1, "waiting", total_s=18_550, memory_scale=0.1)
RUNNING = RunState("old", 1, "running", "load", 9005.0, 18_550, 20.0, 1_420_000_000, 2_500_000_000, memory_scale=0.1)
LATER = RunState("fixed", 2, "waiting", total_s=18_550, memory_scale=0.1)
COMPLETE = RunState(
    "old", 1, "complete", "settle", 18_550.0, 18_550, 40.0, 520_000_000, 2_500_000_000, memory_scale=0.1
)
DIED = RunState("fixed", 2, "died", "load", 8000.0, 18_550, 20.0, 5, 720_000_000, "killed by\nSIGKILL ü", 0.1)


class Watch:
    """A real clock that a test sets."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def told(*moments: tuple[float, list[RunState]], quiet: bool = False) -> list[str]:
    """The lines of a log after these states at these times."""
    file, watch = StringIO(), Watch()
    with Progress(Console(file=file, width=40), quiet=quiet, now_s=watch) as progress:
        for now_s, states in moments:
            watch.now_s = now_s
            progress(states)
    return file.getvalue().splitlines()


def test_a_log_has_a_line_a_minute_about_a_run_and_one_when_it_ends() -> None:
    assert told(
        (100.0, [WAITING, LATER]),
        (100.2, [RUNNING, LATER]),
        (159.9, [RUNNING, LATER]),
        (160.0, [RUNNING, LATER]),
        (219.9, [RUNNING, LATER]),
        (220.0, [RUNNING, DIED]),
        (220.2, [COMPLETE, DIED]),
        (290.0, [COMPLETE, DIED]),
    ) == [
        "old seed 1: load, 2:30:05 of 5:09:10, 14.2 GB, x450",
        "all: 0 of 2 done, about 60 s left",
        "fixed seed 2: died at 2:13:20, peak 7.2 GB, x400: killed by SIGKILL \\xfc "
        "(0 of 2 done, 1 not, about 20 s left)",
        "old seed 1: load, 2:30:05 of 5:09:10, 14.2 GB, x450",
        "all: 0 of 2 done, 1 not, about 20 s left",
        "old seed 1: complete at 5:09:10, peak 25.0 GB, x464 (1 of 2 done, 1 not)",
    ]


def test_no_run_has_more_than_a_line_a_minute_however_long_it_takes() -> None:
    watched = [(100.0 + second, [RUNNING, replace(RUNNING, seed=2)]) for second in range(3600)]
    lines = told(*watched)
    assert len(lines) == 3 * 59
    assert len([line for line in lines if line.startswith("old seed 2: load")]) == 59


def test_quiet_tells_failures_only() -> None:
    assert told((100.0, [RUNNING, LATER]), (120.0, [COMPLETE, DIED]), quiet=True) == [
        "fixed seed 2: died at 2:13:20, peak 7.2 GB, x400: killed by SIGKILL \\xfc"
    ]
    limit = RunState("old", 2, "limit", "load", 5000.0, 18_550, 20.0, 5, 3_200_000_000, memory_scale=0.1)
    assert told((100.0, [limit]), quiet=True) == []


def test_a_run_that_ended_before_it_was_seen_needs_no_numbers() -> None:
    failed = RunState("old", 1, "failed", reason="the target raised in start: KeyError('x')", memory_scale=0.1)
    assert told((100.0, [failed])) == [
        "old seed 1: failed at 0:00:00: the target raised in start: KeyError('x') (0 of 1 done, 1 not)"
    ]


def lines_of_table(states: list[RunState], *, width: int, height: int = 30) -> list[str]:
    file = StringIO()
    console = Console(file=file, width=width, force_terminal=True, color_system=None, legacy_windows=False)
    console.print(progress_table(states, width, height))
    return [line.rstrip() for line in file.getvalue().splitlines()]


def test_a_terminal_has_a_line_a_run_and_one_for_all() -> None:
    lines = [" ".join(line.split()) for line in lines_of_table([RUNNING, DIED, WAITING], width=100)]
    assert lines[0] == "run state phase virtual time GB"
    assert lines[1].startswith("old 1 running load 2:30:05 of 5:09:10 ━")
    assert lines[1].endswith("14.2 x450")
    assert lines[2].startswith("fixed 2 died 2:13:20 of 5:09:10")
    assert lines[2].endswith("peak 7.2 x400")
    assert lines[3].startswith("old 1 waiting 0:00:00 of 5:09:10")
    assert lines[4].startswith("all 1/3 done 1 running")


@pytest.mark.parametrize("width", [30, 48, 60, 70, 80, 92, 200])
def test_what_does_not_fit_a_terminal_is_left_out_and_nothing_is_cut(width: int) -> None:
    lines = lines_of_table([RUNNING, DIED], width=width)
    assert len(lines) == 5
    assert lines[4] == "about 20 s left"
    assert "old 1" in lines[1]
    assert "running" in lines[1]
    assert "14.2" in lines[1]
    assert ("2:30:05 of 5:09:10" in lines[1]) == (width >= 48)
    assert ("x450" in lines[1]) == (width >= 70)
    assert max(map(len, lines)) <= width
    assert "…" not in "".join(lines)


def test_a_low_terminal_shows_the_runs_that_run() -> None:
    states = [COMPLETE] * 20 + [RUNNING] * 2 + [WAITING] * 20
    lines = lines_of_table(states, width=100, height=12)
    assert [line.split()[2] for line in lines[1:3]] == ["running", "running"]
    assert lines[3].split()[:2] == ["all", "20/42"]
    assert lines[4:] == ["about 7 minutes left"]


def test_the_table_goes_away_and_the_failure_stays() -> None:
    file = StringIO()
    console = Console(file=file, width=100, height=30, force_terminal=True, color_system=None, legacy_windows=False)
    with Progress(console) as progress:
        progress([RUNNING, DIED])
        progress([COMPLETE, DIED])
    assert file.getvalue().count("killed by SIGKILL") == 1
    assert "old seed 1: started" not in file.getvalue()


def test_names_with_brackets_are_no_markup() -> None:
    (line,) = told((100.0, [RunState("[red]x[/nope]", 1, "complete")]))
    assert line == "[red]x[/nope] seed 1: complete at 0:00:00 (1 of 1 done)"
    assert "[red]x 1" in "".join(lines_of_table([RunState("[red]x", 1, "running")], width=100))


def test_hours_are_not_wrapped_at_a_day() -> None:
    assert clock(0) == "0:00:00"
    assert clock(100 * 3600 + 61.9) == "100:01:01"


def test_a_rerun_is_told_now_and_then_and_the_look_at_the_end_once() -> None:
    file, now = StringIO(), iter([0.0, 1.0, *(120.0 * step for step in range(1, 10))])
    progress = RerunProgress(Console(file=file, width=100), "memray", now_s=lambda: next(now))
    running = RunState("old", 1, "running", "load", 300.0, 900.0)
    for state in (running, running, replace(running, t_s=900.0), replace(running, t_s=900.0)):
        progress([state])
    progress([replace(running, state="complete", t_s=900.0)])
    assert file.getvalue().splitlines() == [
        "under memray: 0:05:00 of 0:15:00",
        "under memray: 0:15:00 of 0:15:00: looking at what is held",
        "under memray: 0:15:00 of 0:15:00: complete",
    ]
