"""Only the package changes: what lies beside it is frozen, and what cannot be is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from harness.environments.pip import Chosen, PipError
from harness.errors import UsageError
from harness.histories import freezing
from harness.histories.candidate import Candidate
from harness.histories.freezing import Frozen, Skipped, differing, freeze, installed, with_its_own

RELEASES = [Candidate(f"1.{minor}", f"ticks==1.{minor}") for minor in range(4)]
FROZEN = Frozen("Ticks", "python", ("adapter",))


class Index:
    """In place of pip: every release needs `deltas`, which is at `newest` unless pinned; 1.0 needs an old one."""

    newest = "2.0"

    def __init__(self) -> None:
        self.missing: set[str] = set()
        self.yanked: set[str] = set()

    def resolve(
        self, _python: str, packages: Sequence[str], *, builds: bool = False, pins: Mapping[str, str] | None = None
    ) -> tuple[Chosen, ...]:
        asked = dict(package.split("==") if "==" in package else (package, "7") for package in packages)
        if "ticks" in asked and asked["ticks"] in self.missing:
            raise PipError(f"No matching distribution found for ticks=={asked['ticks']}")
        deltas = asked.setdefault("deltas", "1.0" if asked.get("ticks") == "1.0" else self.newest)
        if asked.get("ticks") == "1.0" and deltas != "1.0":
            raise PipError("ResolutionImpossible")
        return tuple(Chosen(name, one, name == "ticks" and one in self.yanked) for name, one in sorted(asked.items()))


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Index:
    index = Index()
    monkeypatch.setattr(freezing, "resolve", index.resolve)
    return index


def test_every_release_is_installed_beside_what_the_newest_needs(index: Index) -> None:
    frozen = freeze(RELEASES, FROZEN)
    assert frozen.versions == {"adapter": "7", "deltas": "2.0"}
    keys = installed(RELEASES[1], frozen).keys
    assert keys == {"packages": ["ticks==1.1", "adapter==7", "deltas==2.0"], "packages_alone": True}


def test_one_that_cannot_live_with_that_gets_its_own(index: Index) -> None:
    one = with_its_own(RELEASES[0], freeze(RELEASES, FROZEN))
    assert one.keys == {"packages": ["ticks==1.0", "adapter==7", "deltas==1.0"], "packages_alone": True}


def test_what_is_not_the_frozen_version_is_told(index: Index) -> None:
    frozen = freeze(RELEASES, FROZEN)
    assert with_its_own(RELEASES[0], frozen).differing == ("deltas 1.0 for 2.0",)
    assert with_its_own(RELEASES[1], frozen).differing == ()
    assert differing([("zlib-ng", "1.0")], {}) == ("zlib-ng 1.0",)


def test_what_was_yanked_or_cannot_be_had_is_skipped(index: Index) -> None:
    frozen = freeze(RELEASES, FROZEN)
    index.yanked, index.missing = {"1.1"}, {"1.2"}
    with pytest.raises(Skipped, match="was yanked"):
        with_its_own(RELEASES[1], frozen)
    with pytest.raises(Skipped, match=r"cannot be installed: No matching distribution found for ticks==1\.2"):
        with_its_own(RELEASES[2], frozen)


def test_the_newest_that_can_be_had_says_what_is_frozen(index: Index) -> None:
    index.missing = {"1.3"}
    assert freeze(RELEASES, FROZEN).versions == {"adapter": "7", "deltas": "2.0"}
    index.missing = {"1.1", "1.2", "1.3"}
    with pytest.raises(UsageError, match=r"none of its newest releases can be installed: pip: .* ticks==1\.3"):
        freeze(RELEASES, FROZEN)


def test_a_commit_needs_no_package_unless_some_are_asked_for_beside_it(index: Index) -> None:
    commits = [Candidate("abc", keys={"path": ".", "revision": "abc"})]
    alone = freeze(commits, Frozen("ticks", "python"))
    assert installed(commits[0], alone).keys == {"path": ".", "revision": "abc"}
    beside = freeze(commits, FROZEN)
    assert installed(commits[0], beside).keys["packages"] == ["adapter==7", "deltas==2.0"]
