"""Which files a pattern names: never one outside of the run's data folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.on_disk.patterns import CountedFile, matching, refusal_of, there


@pytest.mark.parametrize("pattern", ["features/**/*.parquet", "*.csv", "a.db#trades", "**/*", "a.?sv", "f/x.npy"])
def test_a_pattern_inside_the_folder_may_be_used(pattern: str) -> None:
    assert refusal_of(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("/etc/*.csv", "inside the run's data folder"),
        ("a/../../*.csv", "inside the run's data folder"),
        ("", "must be a pattern"),
        ("features/x.h5", "must end as a file that is read"),
        ("features/**.csv", "a whole part"),
        ("a.csv#trades", "#table is for SQLite"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(pattern: str, why: str) -> None:
    assert why in (refusal_of(pattern) or "")


def test_links_out_of_the_folder_and_pipes_are_left_out(tmp_path: Path) -> None:
    inside = tmp_path / "data"
    (inside / "deep" / "er").mkdir(parents=True)
    (tmp_path / "secret.csv").write_text("1\n", encoding="utf-8")
    (inside / "link.csv").symlink_to(tmp_path / "secret.csv")
    os.mkfifo(inside / "pipe.csv")
    (inside / "deep" / "er" / "a.csv").write_text("1\n", encoding="utf-8")
    assert matching(inside, "**/*.csv") == [CountedFile("deep/er/a.csv")]
    assert matching(inside, "*.csv") == []
    assert there(inside) == ["link.csv", "pipe.csv", "deep/er/a.csv"]
