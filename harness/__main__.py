"""The program `soak`, also as ``python -m harness``.

With ``-m`` the current folder comes first on the path: a file there that is called like an option of some library would
be executed. It goes, unless the harness itself was found there.

Until the command takes Ctrl-C, which is after its imports, it ends the process in silence, as it would one in C.
The built-in half of `signal` does it: `signal` itself takes milliseconds to import, and Ctrl-C then shows a traceback.
"""

import _signal  # type: ignore[import-not-found] # built in; typeshed leaves it out
import os
import sys


def leave_current_folder() -> None:
    """Take the current folder off the path where ``-m`` has put it there in vain."""
    first = sys.path[0] if sys.path and not sys.flags.safe_path else None
    if first is not None and os.path.abspath(first) != os.path.dirname(os.path.dirname(os.path.abspath(__file__))):
        del sys.path[0]


def main() -> int:
    """Run the command line of this process; its exit code."""
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:  # ignored, it stays ignored
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    from harness.cli import main as soak  # noqa: PLC0415 - it imports what Ctrl-C may interrupt

    return soak()


if __name__ == "__main__":
    leave_current_folder()
    sys.exit(main())
