"""What a living process is called: its command line in a few words (`harness/command_line`), or its name."""

from __future__ import annotations

import psutil

from harness.command_line import short_command


def command_of(process: psutil.Process) -> str:
    """The command of a living process, as short as ``python -m writer``; that of a zombie is its name.

    Raises psutil.NoSuchProcess where it is gone, psutil.AccessDenied where it may not be looked at.
    """
    try:
        arguments = process.cmdline()
    except psutil.ZombieProcess:
        arguments = []
    return short_command(arguments) if any(arguments) else str(process.name())
