"""``python -m harness``: the command ``soak`` without its script.

With ``-m`` the current folder comes first on the path: a file there that is called like an option of some library would
be executed. It goes, unless the harness itself was found there.
"""

import os
import sys


def leave_current_folder() -> None:
    """Take the current folder off the path where ``-m`` has put it there in vain."""
    first = sys.path[0] if sys.path and not sys.flags.safe_path else None
    if first is not None and os.path.abspath(first) != os.path.dirname(os.path.dirname(os.path.abspath(__file__))):
        del sys.path[0]


if __name__ == "__main__":
    leave_current_folder()

    from harness.cli import main

    sys.exit(main())
