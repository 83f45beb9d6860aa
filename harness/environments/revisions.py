"""A revision as a git worktree: of which repository, which commit, and which of its folders go first on the path."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.machinery
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.environments import cache
from harness.environments.cache import Say
from harness.environments.git import GitError, git, is_tracked, top_level
from harness.environments.import_roots import import_roots
from harness.environments.versions import PATH, REVISION, Version
from harness.errors import SoakError, UsageError
from harness.text import did_you_mean, dotted, shown, shown_path

_INSTRUMENT = ("harness", "synthetic")

_MOST_NAMES = 500


@dataclass(frozen=True)
class CheckedOut:
    """A commit as a folder: its import roots, the working tree that it is not, and words on it."""

    code: tuple[str, ...]
    not_from: str
    told: str


def resolved(config: str, version: Version, factory: str, scenario: Path) -> Version:
    """The version with the commit for its revision, and with the folder that it is of.

    Where no path says so that is the repository that holds the target of `factory`, else that of the `scenario`'s file,
    else that of the current folder. Raises UsageError where there is no such repository or revision.
    """
    if version.revision is None:
        return version
    folder = _folder(config, version, factory, scenario)
    commit = _commit(config, version.revision, folder)
    return replace(version, revision=commit, path=version.path or shown_path(folder))


def check_out(config: str, version: Version, say: Say) -> CheckedOut:
    """The worktree of a resolved version, made where there is none yet; says so before.

    Raises UsageError where git refuses, or where the worktree was changed since, SoakError where it cannot be written.
    """
    folder = Path(os.path.abspath(version.path or ""))
    top, commit = top_level(folder), str(version.revision)
    if top is None:
        raise UsageError(f"{dotted('configs', config, PATH)} = {shown(version.path)}: is in no git repository")
    repository = (top / git(top, "rev-parse", "--git-common-dir")).resolve()
    name = f"{top.name}-{hashlib.sha256(os.fsencode(repository)).hexdigest()[:8]}-{commit[:12]}"

    def make(partial: Path) -> dict[str, Any]:
        say(f"checks out {commit[:12]} of {top} as a git worktree, without hooks")
        try:
            git(top, "worktree", "add", "--detach", "--force", str(partial), commit)
        except GitError as error:
            if "unable to write" not in str(error):
                raise
            free = shutil.disk_usage(partial.parent).free / 1e6  # git does not say that a disk is full
            raise SoakError(f"{cache.final(partial)}: cannot be made: git: {error} ({free:.1f} MB are free)") from None
        except BaseException:  # git was killed, and the repository knows a worktree that is only begun
            _remove(top, partial)
            raise
        return {"commit": commit, "repository": str(repository), "what": f"{commit[:12]} of {top}"}

    try:
        worktree = cache.obtain("revisions", name, make, say=say).folder
        with contextlib.suppress(GitError):  # one older than 2.30, which has no such command, and goes without
            git(top, "worktree", "repair", str(worktree))  # it was renamed into place
        if git(worktree, "rev-parse", "HEAD") != commit or git(worktree, "status", "--porcelain", "-uno"):
            raise UsageError(f"{worktree}: was changed since it was checked out: `soak clean`, then again")
        about = git(worktree, "log", "-1", "--format=%h of %cs, %s", commit)
    except GitError as error:
        raise UsageError(f"{dotted('configs', config, REVISION)} = {shown(commit)}: git: {error}") from None
    return CheckedOut(
        code=_counterparts(worktree, top, folder), not_from=str(top), told=f"revision {about[:100]} ({top.name})"
    )


def forget(entry: cache.Entry) -> None:
    """Tell the repository of a worktree that it goes."""
    repository = Path(str(entry.about.get("repository", "")))
    if repository.is_dir():
        _remove(repository, entry.folder)


def _remove(repository: Path, worktree: Path) -> None:
    with contextlib.suppress(GitError):  # it does not know it any more
        git(repository, "worktree", "remove", "--force", "--force", str(worktree))


def _folder(config: str, version: Version, factory: str, scenario: Path) -> Path:
    """The folder in a working tree that the modules of a version are imported from."""
    if version.path is not None:
        folder = Path(os.path.abspath(version.path))
        if not folder.is_dir():
            raise UsageError(f"{dotted('configs', config, PATH)} = {shown(version.path)}: no such folder")
        if top_level(folder) is None:
            raise UsageError(
                f"{dotted('configs', config, PATH)} = {shown(version.path)}: with a revision it must be in a git "
                "repository, and is in none"
            )
        return folder
    here = Path.cwd()
    for candidate in _candidates(factory, scenario):
        if (top := top_level(candidate)) is not None:
            return here if here.is_relative_to(top) else candidate
    raise UsageError(
        f"{dotted('configs', config, REVISION)} = {shown(version.revision)}: neither the target nor the scenario lies "
        f'in a git repository: {PATH} = "..." beside it says which'
    )


def _candidates(factory: str, scenario: Path) -> Iterator[Path]:
    """Where the repository may be: around the target's module, where git knows it, the scenario's file, here."""
    name = factory.partition(":")[0].partition(".")[0]
    if name not in _INSTRUMENT:
        finder = importlib.machinery.PathFinder
        spec = importlib.util.find_spec(name) or finder.find_spec(name, [os.getcwd()])
        if spec is not None and spec.origin and is_tracked(Path(spec.origin)):
            file = Path(spec.origin)
            yield file.parent.parent if file.name == "__init__.py" else file.parent
    yield Path(os.path.abspath(scenario)).parent
    yield Path.cwd()


def _commit(config: str, revision: str, folder: Path) -> str:
    try:
        return git(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    except GitError:
        pass
    names = git(
        folder, "for-each-ref", f"--count={_MOST_NAMES}", "--format=%(refname:short)", "refs/heads", "refs/tags"
    )
    offer = did_you_mean(revision, names.split(), noun="its branches and tags")
    where = f"{dotted('configs', config, REVISION)} = {shown(revision)}"
    raise UsageError(f"{where}: no such revision in {top_level(folder)}; {offer[:300]}")


def _counterparts(worktree: Path, top: Path, folder: Path) -> tuple[str, ...]:
    """The folders of a worktree in place of those of the working tree `top` that modules would be imported from."""
    roots = [
        *import_roots(str(folder)),
        *import_roots(str(top)),
        *(entry for entry in sys.path if os.path.isabs(entry)),
    ]
    below = [Path(os.path.relpath(root, top)) for root in roots if Path(root).is_relative_to(top)]
    there = [worktree / path for path in dict.fromkeys(below)]
    return tuple(str(path) for path in there if path.is_dir())
