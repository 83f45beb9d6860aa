"""What a user did wrong, or what the machine refused: errors that are printed as one line.

::

    SoakError              exit code 3: the soak could not be carried out or is invalid
    └── UsageError         exit code 2: wrong usage, a wrong scenario, a wrong file

They are caught in exactly one place, ``harness.cli.main``. Everything else is a bug and shows its traceback.
"""

from __future__ import annotations

from harness import exit_codes


class SoakError(Exception):
    """The soak could not be carried out; the message is one sentence a user can act on."""

    exit_code = exit_codes.NO_EVIDENCE


class UsageError(SoakError):
    """The user asked for something wrong; the message names the file, the key, the value and what is allowed."""

    exit_code = exit_codes.WRONG_USAGE
