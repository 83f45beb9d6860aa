"""Which releases, wheels and commits there are, in order, and what is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.histories import published
from harness.histories.candidate import Candidate
from harness.histories.commits import of_repository
from harness.histories.published import of_index, of_wheels


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """An index with a few versions; whether pre-releases were asked for."""
    asked: list[bool] = []

    def versions(_interpreter: str, _name: str, *, builds: bool, early: bool) -> tuple[str, ...]:
        assert not builds
        asked.append(early)
        return ("1.10", "1.9.post1", "1.9", "1.2", "a-word-of-old", "1.0")

    monkeypatch.setattr(published, "published", versions)
    return asked


def names(candidates: list[Candidate]) -> list[str]:
    return [candidate.name for candidate in candidates]


def test_releases_are_in_the_order_of_their_versions(index: list[bool]) -> None:
    found = of_index("ticks", "1.2", None, interpreter="python", builds=False)
    assert names(found) == ["1.2", "1.9", "1.9.post1", "1.10"]
    assert found[-1].package == "ticks==1.10"
    assert found[2].config == "1_9_post1"
    assert names(of_index("ticks", "1.1", "1.9", interpreter="python", builds=False)) == ["1.2", "1.9"]
    assert index == [False, False]


def test_a_pre_release_as_an_end_lets_others_in(index: list[bool]) -> None:
    of_index("ticks", "1.2rc1", None, interpreter="python", builds=False)
    assert index == [True]


@pytest.mark.parametrize(("first", "last"), [("1.9", "1.2"), ("1.2", "1.2"), ("new", None)])
def test_ends_that_are_none_are_refused(index: list[bool], first: str, last: str | None) -> None:
    with pytest.raises(UsageError, match="--from"):
        of_index("ticks", first, last, interpreter="python", builds=False)


def test_wheels_of_a_folder_are_told_by_their_files(tmp_path: Path) -> None:
    for name in ("tick_store-1.10-py3-none-any", "tick_store-1.2-py3-none-any", "other-1.0-py3-none-any", "no"):
        (tmp_path / f"{name}.whl").touch()
    found = of_wheels(tmp_path, "Tick.Store", None, None)
    assert names(found) == ["1.2", "1.10"]
    assert found[0].package == str(tmp_path / "tick_store-1.2-py3-none-any.whl")
    (tmp_path / "tick_store-1.2-py2-none-any.whl").touch()
    with pytest.raises(UsageError, match=r"two wheels of tick_store 1\.2"):
        of_wheels(tmp_path, "tick_store", None, None)
    with pytest.raises(UsageError, match="has no wheel of ticks"):
        of_wheels(tmp_path, "ticks", None, None)


def test_commits_are_those_of_first_parents(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
        told = subprocess.run(["git", *identity, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True)
        return told.stdout.strip()

    git("init", "-q", "-b", "main", ".")
    for number in range(3):
        git("commit", "-q", "--allow-empty", "-m", str(number))
    git("checkout", "-q", "-b", "aside")
    git("commit", "-q", "--allow-empty", "-m", "aside")
    git("checkout", "-q", "main")
    git("merge", "-q", "--no-ff", "-m", "merge", "aside")
    found = of_repository(tmp_path, "HEAD~2", "main")
    assert names(found) == git("rev-list", "--first-parent", "--reverse", "--abbrev-commit", "HEAD~3..main").split()
    assert found[0].keys == {"path": str(tmp_path), "revision": found[0].name}
    for first, last, refused in (("main", "HEAD~2", "not older"), ("nothing", "main", "no such commit")):
        with pytest.raises(UsageError, match=refused):
            of_repository(tmp_path, first, last)
