"""What `soak explain --deep` prints of a rerun, by its text."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

from rich.console import Console

from harness.deep.cycles import TypeCount
from harness.deep.findings import GrownType, InCycles, OwnedFrom
from harness.deep.rerun import Allocations
from harness.deep.sites import Site
from harness.report.terminal.allocations import cycle_sentences, print_allocations, site_name

KEPT, MADE = Site("mine.py", 7, "Target.keep", True), Site("lib/books.py", 3, "", False)
NO_CYCLES = InCycles(True, 0, 5, 500, (), ())
FOUND = Allocations(
    hours=0.25,
    limited=False,
    owners=(OwnedFrom("kept[*]", 1e5, 9e6, ((KEPT, 0.94), (None, 0.06)), ((MADE, 0.7), (KEPT, 0.29), (None, 0.01))),),
    growing=((KEPT, 1_200_000), (MADE, 1_000)),
    cycles=NO_CYCLES,
    held=(),
    held_bytes=0,
    flame=None,
)


def printed(found: Allocations) -> str:
    file = StringIO()
    print_allocations(Console(file=file, width=100), "old", 2, found)
    return file.getvalue()


def test_the_lines_behind_an_owner_with_their_shares() -> None:
    text = printed(FOUND)
    assert "old seed 2, rerun for 0.25 virtual hours\n" in text
    assert "kept[*]: from 0.1 to 9.0 MB\n" in text
    assert "  allocated at mine.py:7 (Target.keep): 94 % of kept[*], with what hangs on it\n" in text
    assert "  6 % of it: before the feed began" in text
    assert "    70 %  lib/books.py:3 *\n" in text
    assert "    29 %  mine.py:7 (Target.keep)\n" in text
    assert "memray" not in text


def test_lines_that_grow_but_those_of_no_weight() -> None:
    (line,) = [line for line in printed(FOUND).splitlines() if line.endswith("1.2")]
    assert line.split() == ["mine.py:7", "(Target.keep)", "1.2"]
    assert not [line for line in printed(FOUND).splitlines() if line.startswith("lib/books.py")]
    assert "from half of the feed to its end): none of 0.05 MB or more" in printed(replace(FOUND, growing=()))
    assert "memory that was not traced" not in printed(replace(FOUND, growing=()))


def test_the_flame_graph_is_named_with_the_lines_that_hold_most(tmp_path: Path) -> None:
    text = printed(replace(FOUND, held=((KEPT, 5_000_000),), held_bytes=6_000_000, flame=tmp_path / "flamegraph.html"))
    assert f"Flame graph of what was held: {tmp_path}/flamegraph.html\n" in text
    assert "most of 6.0 MB at the end of the feed (memray)" in text
    assert [line.split()[-1] for line in text.splitlines() if line.startswith("mine.py:7")] == ["1.2", "5.0"]


def test_where_nothing_is_held_or_the_limit_came_it_is_said() -> None:
    text = printed(replace(FOUND, owners=(), limited=True, hours=0.1))
    assert "rerun for 0.1 virtual hours, ended early for want of memory" in text
    assert "No owner grows noticeably in the rerun." in text
    assert "memory that was not traced" not in text
    assert "memory that was not traced" in printed(replace(FOUND, owners=(), growing=((KEPT, 60_000),)))


def test_cycles_in_words() -> None:
    assert cycle_sentences(NO_CYCLES) == ["Reference cycles: 5 objects waited for a collection, nothing of note."]
    types = (TypeCount("Node", 1000, 2_900_000), TypeCount("dict", 1000, 100_000))
    many = InCycles(False, 4, 2000, 3_000_000, types, ((KEPT, 0.99),))
    assert cycle_sentences(many) == [
        "Python's collector is off in this target: cycles are never freed.",
        "gc.garbage holds 4 objects that no collection frees.",
        "Reference cycles: only a collection frees 2,000 objects, 3.0 MB with their plain values: Node (1,000), "
        "dict (1,000); allocated at mine.py:7 (Target.keep): 99 %.",
    ]


def test_a_file_is_named_from_here_or_from_where_libraries_lie(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert site_name(Site(str(tmp_path / "a/mine.py"), 1, "f", True)) == "a/mine.py:1 (f)"
    assert site_name(Site("/v/lib/site-packages/numpy/x.py", 2, "", False)) == "numpy/x.py:2 *"


def test_types_are_told_where_they_were_counted() -> None:
    types = (GrownType("mine.Node", 5400, 2_600_000, (("elsewhere.SEEN[*]", 1.0),)),)
    file = StringIO()
    print_allocations(Console(file=file, width=100), "old", 2, replace(FOUND, types=types), counted=True)
    assert "  mine.Node: 5,400 more, 2.6 MB\n    100 % held by elsewhere.SEEN[*]\n" in file.getvalue()
    assert "types that grow" not in printed(FOUND)
