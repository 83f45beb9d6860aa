"""The leaks as they are printed, at several widths."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from types import SimpleNamespace

import pytest
from rich.console import Console

from harness.analysis.leaks.child_commands import Command, ConfigChildren
from harness.analysis.leaks.config_leaks import CHILDREN, LIVE, OPEN_FILES, RSS, TASKS, ConfigLeak
from harness.analysis.leaks.leak_verdict import LeakVerdict
from harness.analysis.leaks.memory_limit import Limit
from harness.analysis.leaks.shape import Sawtooth, Shape
from harness.report.terminal.leak_table import print_leaks, shape_words
from harness.report.words.amounts import level

TEETH = Sawtooth(period_h=500 / 3600, amplitude=2.0, drop=2.1, crests=(6, 8), troughs=(4, 5), count=34)


def verdict_of(outcome: str, slope: float | None, **facts) -> LeakVerdict:
    known = {"part": "whole", "minimum_detectable": 0.07, "hours_needed": None, "floors": 34, "seed_slopes": {}}
    low, high = (None, None) if slope is None else (slope - 0.01, slope + 0.01)
    return LeakVerdict(outcome, slope, low, high, **{**known, "reason": "decided by the whole run", **facts})


LEAKS = (
    ConfigLeak("old", RSS, 0.0375, verdict_of("INCONCLUSIVE", None, hours_needed=9.722, reason="2 floors between")),
    ConfigLeak("old", LIVE, 0.0375, verdict_of("INCONCLUSIVE", None, hours_needed=9.722, reason="2 floors between")),
    ConfigLeak("old", TASKS, 0.41, verdict_of("LEAK", 6.0)),
    ConfigLeak("fixed", RSS, 0.0375, verdict_of("LEAK", 1.3), fragmentation=True),
    ConfigLeak("fixed", LIVE, 0.0375, verdict_of("OK", 0.001)),
    ConfigLeak("fixed", TASKS, 0.41, verdict_of("OK", 0.0, minimum_detectable=1.24)),
    ConfigLeak("fixed", OPEN_FILES, 0.41, verdict_of("OK", 0.0, minimum_detectable=1.24)),
)


def printed(leaks=LEAKS, width: int = 100, children=(), **limits: Limit) -> str:
    shapes = {("fixed", "rss"): Shape("sawtooth", 6.5, teeth=TEETH), ("fixed", "live"): Shape("settled", 0.0)}
    file = StringIO()
    verdict = SimpleNamespace(
        leaks=leaks,
        limits=limits,
        memory_scale=1.0,
        children=children,
        shape=lambda leak: shapes.get((leak.config, leak.measure.name)),
    )
    print_leaks(Console(file=file, width=width), verdict)
    return file.getvalue()


def words(text: str) -> str:
    return " ".join(text.split())


def test_bytes_have_a_line_each_with_their_shape() -> None:
    lines = [words(line) for line in printed().splitlines()]
    assert lines[1] == "Leaks: growth of the floors against the budget of 0.0375 GB/h"
    (row,) = [place for place, line in enumerate(lines) if line.startswith("fixed RSS")]
    assert lines[row].startswith("fixed RSS LEAK, 1.300 [1.290, 1.310] - sawtooth, 500 s, drops 2.10")
    assert lines[row + 1].startswith("fragmentation")
    assert "fixed live bytes OK 0.001 [-0.009, 0.011] 0.070 settled" in lines
    assert "old live bytes INCONCLUSIVE - - -" in lines


def test_what_is_open_says_why_once_and_which_hours_would_do() -> None:
    said = words(printed())
    assert said.count("2 floors between") == 1
    assert "- old RSS, old live bytes: 2 floors between; 9.8 hours would do" in said
    assert "- fixed: RSS climbs and live bytes do not" in said


def test_counts_that_grow_are_told_and_the_others_in_one_sentence() -> None:
    said = words(printed())
    assert "- old, tasks: LEAK, 6.00 [5.99, 6.01] an hour [95 %] against 0.41 an hour" in said
    assert "- tasks, open files: OK everywhere else; 1.24 an hour would have been found." in said
    assert "OK everywhere; 1.24" in words(printed(LEAKS[-2:]))


def test_who_leaks_is_told_when_the_limit_comes() -> None:
    will, has = Limit(32.0, 19.0, 18.83, 19.17, reached=False), Limit(32.0, 3.2, 3.1, 3.3, reached=True)
    said = words(printed(fixed=will, old=has))
    assert "- fixed: RSS reaches the machine's limit of 32 GB between 18.8 and 19.2 hours after the start." in said
    assert "- old: RSS reached the machine's limit of 32 GB after 3.20 hours (3.10 to 3.30)." in said
    assert "limit" not in words(printed())


def test_the_level_is_the_one_that_was_used() -> None:
    text = printed([replace(leak, verdict=replace(leak.verdict, confidence=0.98128)) for leak in LEAKS])
    assert "GB/h [98.1 %]" in text
    assert "95 %" not in text
    assert level(0.95) == "95 %"


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_nothing_is_cut_at_any_width(width: int) -> None:
    text = printed(width=width)
    assert max(map(len, text.splitlines())) <= width
    for word in ("fragmentation", "1.300 [1.290, 1.310]", "sawtooth,", "2.10", "0.070", "9.8 hours"):
        assert word in words(text), word


def test_nothing_recorded_is_nothing_printed() -> None:
    assert printed(()) == ""


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (None, "-"),
        (Shape("noisy", 0.0), "noisy"),
        (Shape("linear", 6.5), "linear, +6.50 GB"),
        (Shape("plateau", 1.2, at_h=1.5), "plateau, +1.20 GB by 1.5 h"),
        (Shape("late onset", 1.2, at_h=3.0), "late onset, +1.20 GB from 3.0 h"),
        (Shape("step", -1.0, at_h=2.0), "step, -1.00 GB at 2.0 h"),
    ],
)
def test_shapes_in_words(shape, said: str) -> None:
    assert shape_words(shape) == said


def test_processes_that_were_started_are_told_by_command() -> None:
    writer = Command("python -m writer", 1, 0.44, 0.0763)
    leaking = replace(LEAKS[0], measure=CHILDREN, verdict=replace(LEAKS[0].verdict, outcome="LEAK"), command=writer)
    said = " ".join(printed((leaking,), children=(ConfigChildren("old", 7.9, 600.0, (writer,)),)).split())
    assert "- children of old: python -m writer grows by 0.076 GB/h." in said
    assert "- children of old: python -m writer at most 0.44 GB; with RSS at most 7.90 GB" in said
    assert said.count("A child's time is real") == 1
