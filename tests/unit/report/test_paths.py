"""Paths that are too long: what is left of them, and that they can still be told apart."""

from __future__ import annotations

import pytest

from harness.report.paths import broken, shortened, told_apart

PATH = "feature_pipeline.pipelines[*]._cache[*]"


def test_what_fits_is_left_alone() -> None:
    assert shortened(PATH, len(PATH)) == PATH
    assert broken(PATH, len(PATH)) == [PATH]


@pytest.mark.parametrize("width", range(8, len(PATH)))
def test_a_shortened_path_fits_and_keeps_both_ends(width: int) -> None:
    short = shortened(PATH, width)
    assert len(short) <= width
    head, tail = short.split("...")
    assert head
    assert PATH.startswith(head)
    assert PATH.endswith(tail)


def test_the_part_that_holds_the_memory_is_kept_whole() -> None:
    assert shortened(PATH, 30) == "feature_pipeli...[*]._cache[*]"


@pytest.mark.parametrize("width", [12, 20, 24, 30, 38])
def test_two_lines_break_before_a_part(width: int) -> None:
    lines = broken(PATH, width)
    assert len(lines) == 2
    assert all(len(line) <= width for line in lines)
    assert PATH.startswith(lines[0])
    assert PATH.endswith(lines[1].split("...")[-1])


def test_a_name_of_several_words_breaks_at_a_space() -> None:
    assert broken("list of tuple in extractors[*].births", 20) == ["list of tuple in", "extractors[*].births"]


def test_paths_that_differ_in_the_middle_are_told_apart() -> None:
    paths = [f"module.component_{number}.with.many.parts[*].in_a_long_path[*]" for number in range(8, 13)]
    short = told_apart(paths, 30)
    assert len({*short}) == len(paths)
    assert all(len(name) <= 30 for name in short)
    assert told_apart(["a", "b"], 30) == ["a", "b"]
