"""The commits of a git repository between two of them, the oldest first."""

from __future__ import annotations

from pathlib import Path

from harness.environments.git import GitError, git, top_level
from harness.environments.versions import PATH, REVISION
from harness.errors import UsageError
from harness.histories.candidate import Candidate
from harness.text import shown_path


def of_repository(folder: Path, first: str, last: str) -> list[Candidate]:
    """The commits from `first` to `last`, both with them, by their first parents: what a branch went through.

    Raises UsageError where the folder lies in no repository, or an end is no commit before the other.
    """
    if not folder.is_dir() or top_level(folder) is None:
        raise UsageError(f"--commits {shown_path(folder)}: is in no git repository")
    low, high = _commit(folder, first, "--from"), _commit(folder, last, "--to")
    listed = git(folder, "rev-list", "--first-parent", "--reverse", "--abbrev-commit", f"{low}..{high}").split()
    try:
        git(folder, "merge-base", "--is-ancestor", low, high)
    except GitError:
        listed = []
    if not listed:
        raise UsageError(f"--from {first} --to {last}: the first is not older than the last in {shown_path(folder)}")
    names = [git(folder, "rev-parse", "--short", low), *listed]
    return [Candidate(name, keys={PATH: str(folder), REVISION: name}) for name in names]


def _commit(folder: Path, revision: str, option: str) -> str:
    refused = UsageError(f"{option} {revision}: no such commit in {shown_path(folder)}")
    if revision.startswith(("-", "^")):
        raise refused
    try:
        return git(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    except GitError:
        raise refused from None
