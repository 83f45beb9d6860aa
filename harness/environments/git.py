"""Asking git of a user's repository: without its hooks, and without what the caller's environment says of another."""

from __future__ import annotations

import os
from pathlib import Path

from harness.environments.commands import carry_out, last_line
from harness.errors import UsageError

PATIENCE_S = 600.0
"""Real seconds that a checkout may take."""


class GitError(Exception):
    """Git refused; the message is its own last line, after the first that is about a file."""


def git(folder: Path, *arguments: str) -> str:
    """What git prints, run in `folder`; hooks are off, and it asks for no password.

    Raises GitError where it refuses, UsageError where there is no git or it does not end.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false", *arguments]
    try:
        env = {**inherited, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        told = carry_out(command, env=env, folder=folder, patience_s=PATIENCE_S)
    except FileNotFoundError:
        raise UsageError("a revision needs git, and there is none on the PATH: install it") from None
    except TimeoutError:
        raise UsageError(f"git {arguments[0]} in {folder} is not done after {PATIENCE_S:g} s") from None
    if told.returncode:
        about_files = [line for line in told.stderr.splitlines() if line.startswith("error: ")][:1]
        lines = dict.fromkeys([*about_files, last_line(told)])
        raise GitError("; ".join(line.removeprefix("error: ").removeprefix("fatal: ") for line in lines))
    return told.stdout.strip()


def top_level(folder: Path) -> Path | None:
    """The working tree that a folder lies in; None where it lies in none."""
    try:
        return Path(git(folder, "rev-parse", "--show-toplevel"))
    except (GitError, OSError):
        return None


def is_tracked(file: Path) -> bool:
    """Whether a repository has this file among those that it knows."""
    try:
        git(file.parent, "ls-files", "--error-unmatch", "--", str(file))
    except (GitError, OSError):
        return False
    return True
