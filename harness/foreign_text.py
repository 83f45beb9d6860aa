"""Text of others on its way to a terminal or a log: all of it is seen, nothing in it is obeyed.

Titles, claims, exceptions, last words, names of files and threads are written by somebody else. What a terminal would
obey in them (escape sequences, carriage returns), what turns the order of characters around, and what no reader would
see is shown as Python would write it: ``\\x1b[2J``, ``\\u202e``. Workflow commands, which services that run tests obey
where a log has them, get a backslash that makes them text: ``\\::error::``, ``#\\#[group]``. Only what
`say_command` writes is obeyed.
"""

from __future__ import annotations

import io
import os
import re
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TextIO

UNUSUAL: Final = re.compile(r"[^ -~\n\t]")
"""What `as_seen` looks at more closely: all but plain ASCII and the breaks of lines."""

_COMMAND: Final = re.compile(r"##(?=[A-Za-z]*\[)")  # in GitHub Actions, Azure Pipelines, TeamCity: anywhere on a line
_LINE_COMMAND: Final = re.compile(r"((?:[^\S\n]|\x1b\[[0-9;]*m)*):(?=:|\Z)")  # in GitHub Actions: first on a line
_BLANK: Final = re.compile(r"(?:\s|\x1b\[[0-9;]*m)*")


def as_seen(character: str) -> str:
    """Return a character, or how Python writes it where it has no picture of its own."""
    seen = character.isprintable() or character in "\n\t" or unicodedata.category(character) == "Zs"
    return character if seen else character.encode("unicode_escape", "backslashreplace").decode("ascii")


def visible(text: str) -> str:
    """Return `text` with all that a terminal would obey, and all that nobody would see, written out; lines stay."""
    return UNUSUAL.sub(lambda match: as_seen(match[0]), text)


def on_one_line(text: str) -> str:
    """Return `text` as `visible` shows it, with the breaks of its lines written out too."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


class DisarmingStream(io.TextIOBase):
    """A stream before `stream`, on which no line is a workflow command and, where it is all `foreign`, all is visible.

    What is not all foreign is written by rich, whose own escapes have to pass; its console sees to the rest. A stream
    that cannot be written any more, since its disk is full, ends nothing: it has `failed`, and the rest is not shown.
    """

    def __init__(self, stream: TextIO, *, foreign: bool) -> None:
        super().__init__()
        self._stream = stream
        self._foreign = foreign
        self._line_begins = True
        self.failed: OSError | None = None

    def write(self, text: str) -> int:
        """Write `text`, disarmed. Returns its length, as any stream does."""
        shown = _COMMAND.sub("#\\\\#", visible(text) if self._foreign else text)
        lines = shown.split("\n")
        for place, line in enumerate(lines):
            if (place or self._line_begins) and (command := _LINE_COMMAND.match(line)):
                lines[place] = f"{command[1]}\\{line[command.end(1) :]}"
        if text:
            begun = len(lines) > 1 or self._line_begins
            self._line_begins = begun and _BLANK.fullmatch(lines[-1]) is not None
        with self._failing():
            self._stream.write("\n".join(lines))
        return len(text)

    def write_command(self, command: str) -> None:
        """Write a workflow command of our own on a line of its own, as it is: the service is to obey it."""
        begun = "" if self._line_begins else "\n"
        self._line_begins = True
        with self._failing():
            self._stream.write(f"{begun}{command}\n")

    def flush(self) -> None:
        """Flush what lies behind."""
        with self._failing():
            self._stream.flush()

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:  # its reader has gone: nobody waits for the rest
            raise
        except OSError as error:
            self.failed = self.failed or error
            to_nowhere(self._stream)  # or it fails once more at exit

    def isatty(self) -> bool:
        """Return whether escapes are obeyed there: never where all is foreign, so that nobody writes any."""
        return not self._foreign and self._stream.isatty()

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the descriptor. Raises UnsupportedOperation where escapes would be written for it but not obeyed."""
        return super().fileno() if self._foreign else self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the stream behind."""
        return self._stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        """What becomes of characters that the encoding does not have."""
        return self._stream.errors


def say_command(command: str) -> None:
    """Write a workflow command of our own, which holds text of others only as the service wants it escaped."""
    if isinstance(sys.stdout, DisarmingStream):
        sys.stdout.write_command(command)
    else:
        print(command)


def to_nowhere(stream: TextIO) -> None:
    """What is written to the descriptor of `stream` from here on is dropped."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


@contextmanager
def disarmed_streams() -> Iterator[None]:
    """Let standard output and errors pass through here inside; characters that they cannot show are written out."""
    former = sys.stdout, sys.stderr
    for stream in former:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.stdout = DisarmingStream(former[0], foreign=False)
    sys.stderr = DisarmingStream(former[1], foreign=True)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = former
