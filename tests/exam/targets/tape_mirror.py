"""A process mirrors the tape."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

MIRROR = """\
import sys

for line in sys.stdin:
    last = line
"""


class TapeMirror:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.script = Path(environment.data_dir) / "mirror_tape.py"

    def start(self) -> None:
        self.script.write_text(MIRROR)
        self.child = subprocess.Popen([sys.executable, str(self.script)], stdin=subprocess.PIPE, text=True)

    def on_book(self, book: Any) -> None:
        print(book.symbol, book.bids[0, 0], file=self.child.stdin, flush=True)

    def stop(self) -> None:
        pass


build = TapeMirror
