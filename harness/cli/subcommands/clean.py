"""Remove what soaks made to be used again: worktrees of revisions, environments of packages.

Only what this program made is removed, below the user's cache; what a soak uses at the time stays. With --dry-run it is
listed with its size, and stays. Results are not touched.
"""

from __future__ import annotations

import argparse


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="only list what is there, with its size")


def run(arguments: argparse.Namespace) -> int:
    """Remove it, and say what and how much."""
    from harness.environments import cache, revisions
    from harness.errors import SoakError
    from harness.report.terminal.console import open_console, whole_line
    from harness.text import shown_path

    console = open_console()
    freed_bytes = 0
    there = cache.entries()
    for entry in there:
        size_bytes = entry.size_bytes
        try:
            gone = arguments.dry_run or cache.remove(entry, revisions.forget)
        except OSError as error:
            raise SoakError(f"{entry.folder}: cannot be removed: {error.strerror or error}") from error
        outcome = "" if gone else ", kept: a soak uses it"
        whole_line(console, f"{size_bytes / 1e6:.1f} MB: {entry.about.get('what', entry.folder.name)}{outcome}")
        freed_bytes += size_bytes if gone else 0
    if not there:
        whole_line(console, f"Nothing to remove: {shown_path(cache.root())} holds nothing that soaks made.")
    elif arguments.dry_run:
        whole_line(
            console, f"{freed_bytes / 1e6:.1f} MB in {shown_path(cache.root())}; without --dry-run it is removed."
        )
    else:
        whole_line(console, f"Removed {freed_bytes / 1e6:.1f} MB from {shown_path(cache.root())}.")
    return 0
