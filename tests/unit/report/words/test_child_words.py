"""What a target started, in words: what grows, what each command held, that its time is real."""

from __future__ import annotations

from types import SimpleNamespace

from harness.analysis.leaks.child_commands import Command, ConfigChildren
from harness.analysis.leaks.config_leaks import CHILDREN, TREE, ConfigLeak
from harness.analysis.leaks.leak_verdict import LeakVerdict
from harness.analysis.leaks.memory_limit import Limit
from harness.report.words.child_words import children_line, grows, real_time
from harness.report.words.leaking import child_lines, leak_lines, limit_lines
from tests.unit.analysis.verdict.literal_soak import make_scenario

WRITER = Command("python -m writer", 1, 0.44, 0.0763)
POOL = Command("python (multiprocessing)", 4, 1.2, None)
OLD = ConfigChildren("old", 7.9, 3912.4, (WRITER, POOL))
FIXED = ConfigChildren("fixed", 5.5, 4100.0, (POOL,))
GROWS = LeakVerdict("LEAK", 0.076, 0.075, 0.077, "whole", 0.07, None, 34, {1: 0.075, 2: 0.077}, "decided")


def test_what_grows_is_named_with_its_rate() -> None:
    assert grows(WRITER) == "python -m writer grows by 0.076 GB/h"
    assert grows(POOL) == "python (multiprocessing) (up to 4 at a time)"


def test_a_leak_of_children_names_the_command() -> None:
    leaks = (ConfigLeak("old", CHILDREN, 0.0375, GROWS, command=WRITER), ConfigLeak("old", TREE, 0.0375, GROWS))
    limit = Limit(32, 300.0, 290.0, 310.0, reached=False)
    scenario = make_scenario()
    told = SimpleNamespace(leaks=leaks, limits={"old": limit}, children=(OLD,))
    assert leak_lines(scenario, told, [])[0] == (
        "children of old: 0.076 [0.075, 0.077] GB/h (0.0375 allowed): python -m writer grows by 0.076 GB/h"
    )
    assert limit_lines(told)[0].startswith("old: RSS with children reaches the machine's limit of 32 GB")


def test_a_config_has_a_line_and_all_figures_one_warning() -> None:
    lines = child_lines(SimpleNamespace(children=(OLD, FIXED)))
    assert lines == [
        "old: python -m writer at most 0.44 GB, python (multiprocessing) (up to 4 at a time) at most 1.20 GB; "
        "with RSS at most 7.90 GB",
        "fixed: python (multiprocessing) (up to 4 at a time) at most 1.20 GB; with RSS at most 5.50 GB",
        "A child's time is real: what it did per virtual hour depends on the acceleration (x 3,912 to x 4,100).",
    ]
    assert child_lines(SimpleNamespace(children=())) == []
    assert real_time([OLD]).endswith("depends on the acceleration (x 3,912).")
    assert real_time([ConfigChildren("old", 7.9, None, ())]).endswith("depends on the acceleration.")


def test_of_many_commands_the_last_are_counted() -> None:
    many = tuple(Command(f"python {name}.py", 1, 0.1, 0.0) for name in "abcde")
    assert ", 2 more; with RSS" in children_line(ConfigChildren("old", 7.9, None, many))
