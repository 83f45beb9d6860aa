"""Asking a process of its own: the question on one of its file descriptors, the answer on another."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harness.guarding.guarded import Guarded
from harness.text import how_it_ended

ENDING_S: Final = 5.0
"""Real seconds that the end of a process may take that was given up."""


@dataclass(frozen=True)
class Answer:
    """What a process answered, as far as it came, and what it printed beside that.

    `done`: it ended by itself in time, as `ended` says in words and `returncode` as `subprocess` has it.
    """

    text: str
    printed: str
    done: bool
    returncode: int

    @property
    def ended(self) -> str:
        """How it ended, in words."""
        return how_it_ended(self.returncode)


def ask(command: Sequence[str], question: str, *, env: Mapping[str, str], patience_s: float) -> Answer:
    """Start `command` with two file descriptors as its last arguments: to read `question` from, and to answer to.

    It and all that it started are gone when this returns, after `patience_s` real seconds at most.
    """
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as channel, tempfile.TemporaryFile() as printed:
        asked.write(question.encode())
        asked.seek(0)
        descriptors = [asked.fileno(), channel.fileno()]
        process = Guarded([*command, *map(str, descriptors)], output=printed, env=env, pass_fds=descriptors)
        try:
            done = process.wait(patience_s)
        finally:
            process.end_now(ENDING_S)
        channel.seek(0)
        printed.seek(0)
        return Answer(
            text=channel.read().decode(),
            printed=printed.read().decode(errors="replace"),
            done=done,
            returncode=process.returncode or 0,
        )
