"""Paths that are too long: what is left of them, and that they can still be told apart."""

from __future__ import annotations

import pytest

from harness.report.words.owner_paths import DOTS, broken, shortened, tail, told_apart

PATH = "feature_pipeline.pipelines[*]._cache[*]"


def test_what_fits_is_left_alone() -> None:
    assert tail(PATH, len(PATH)) == PATH
    assert shortened(PATH, len(PATH)) == PATH
    assert broken(PATH, len(PATH)) == [PATH]


@pytest.mark.parametrize("width", range(3, len(PATH)))
def test_the_end_of_a_path_that_is_too_long_is_kept(width: int) -> None:
    short = tail(PATH, width)
    assert len(short) <= width
    assert short[0] == DOTS
    assert PATH.endswith(short[1:])


@pytest.mark.parametrize(
    ("width", "short"),
    [(38, "pipelines[*]._cache[*]"), (23, "pipelines[*]._cache[*]"), (22, "_cache[*]"), (9, "cache[*]")],
)
def test_an_end_begins_at_a_part_where_one_fits(width: int, short: str) -> None:
    assert tail(PATH, width) == DOTS + short


def test_a_local_of_a_task_is_a_part() -> None:
    assert tail("<task Collector._pump>.<local seen>[*]", 20) == f"{DOTS}<local seen>[*]"


@pytest.mark.parametrize("width", range(8, len(PATH)))
def test_a_shortened_name_fits_and_keeps_both_ends(width: int) -> None:
    short = shortened(PATH, width)
    assert len(short) <= width
    head, end = short.split(DOTS)
    assert head
    assert PATH.startswith(head)
    assert PATH.endswith(end)


@pytest.mark.parametrize("width", [12, 20, 24, 30, 38])
def test_two_lines_break_before_a_part(width: int) -> None:
    lines = broken(PATH, width)
    assert len(lines) == 2
    assert all(len(line) <= width for line in lines)
    assert PATH.startswith(lines[0])
    assert PATH.endswith(lines[1].split(DOTS)[-1])


def test_a_name_of_several_words_breaks_at_a_space() -> None:
    assert broken("list of tuple in extractors[*].births", 20) == ["list of tuple in", "extractors[*].births"]


@pytest.mark.parametrize("width", [14, 20, 30])
def test_paths_that_differ_in_the_middle_are_told_apart(width: int) -> None:
    paths = [f"module.component_{number}.with.many.parts[*].in_a_long_path[*]" for number in range(8, 13)]
    short = told_apart(paths, width)
    assert len({*short}) == len(paths)
    assert all(len(name) <= width for name in short)


def test_names_that_differ_by_their_ends_or_are_the_same_are_left_alone() -> None:
    assert told_apart(["a", "b"], 30) == ["a", "b"]
    assert told_apart(["pipelines[*].first[*]", "pipelines[*].second[*]"], 11) == [
        f"{DOTS}first[*]",
        f"{DOTS}second[*]",
    ]
    assert told_apart(["pipelines[*].first[*]"] * 2, 11) == [f"{DOTS}first[*]"] * 2
