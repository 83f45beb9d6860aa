"""What ends a run before its time, and what it comes to: a status and a reason for all that a target raises."""

from __future__ import annotations

import asyncio
import importlib
import os
import site
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from harness import clock, worker
from harness.clock import ClockStalled
from harness.errors import UsageError
from harness.worker import recorder
from synthetic.feed import RecordingError

FOREIGN = (
    *(os.path.join(folder, "") for folder in (
        *worker.__path__, *clock.__path__, *asyncio.__path__, *importlib.__path__,
        *site.getsitepackages(), site.getusersitepackages(),
    )),
    "<frozen importlib",
)  # fmt: skip
"""What the paths of files begin with that are no target's: the harness around it, libraries, the import system."""

_ASYNCIO = tuple(os.path.join(folder, "") for folder in asyncio.__path__)

_AROUND = (*(os.path.join(folder, "") for folder in (*worker.__path__, *clock.__path__)), *_ASYNCIO)
"""The same of what may lie between a task and whoever asked for it."""

_OWN = tuple(
    os.path.join(os.path.dirname(folder), room, "")
    for folder in worker.__path__
    for room in ("worker", "clock", "deep")
)
"""Rooms whose code the loop calls beside that of the target."""


class RunEnded(Exception):
    """The run ends here, in good order: at the machine's memory limit, or because it cannot be judged."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Interrupted(KeyboardInterrupt):
    """The supervisor asked this process to end (SIGTERM or SIGINT)."""


@dataclass(frozen=True)
class Ending:
    """How a run ended. `traces` are tracebacks and stacks, by their key in run.json."""

    status: str
    reason: str | None = None
    traces: Mapping[str, str] = field(default_factory=dict)


class Unending(KeyboardInterrupt):
    """A task of the target goes on after it was cancelled: the process ends without it."""


def describe(error: BaseException) -> str:
    """One line: the error's type and text, and the innermost line of code outside the harness and the libraries."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith(FOREIGN)] or list(frames)
    where = f" ({Path(own[-1].filename).name}:{own[-1].lineno} in {own[-1].name})" if own else ""
    text = str(error) or "no message"
    return f"{type(error).__name__}: {text}{where}"


def ending_of(error: BaseException, doing: str, folder: Path) -> Ending:
    """What an exception that reached the run's own code comes to; `doing` says in words what was going on.

    All that a target raises fails its run, where nothing of the target caught it.
    """
    if isinstance(error, RunEnded):
        return Ending(error.status, error.reason)
    if isinstance(error, Interrupted):
        return Ending("interrupted", ASKED_TO_END)
    traces = {"traceback": "".join(traceback.format_exception(error))}
    if isinstance(error, ClockStalled):
        return Ending("failed", str(error), {**traces, "stack": error.stack})
    if isinstance(error, UsageError | RecordingError):
        reason = str(error)
    elif isinstance(error, OSError) and error.errno is not None and _is_recorders(error):
        reason = f"the recording could not be written: {error.strerror} ({folder})"
    else:
        reason = f"the target raised {doing}: {describe(error)}"
    return Ending("failed", reason, traces)


def _is_recorders(error: BaseException) -> bool:
    """Whether the recorder itself raised the error, not the target whose code may have called it."""
    return _files(error)[-1:] == [recorder.__file__]


def _files(error: BaseException) -> list[str]:
    """The files of an error's traceback, outermost first. No source is read: a run may go on after this."""
    return [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]


ASKED_TO_END = "asked to end, by Ctrl-C or SIGTERM"
"""Why a run was interrupted."""

DESTROYED = "Task was destroyed but it is pending!"
"""What asyncio tells the handler of a loop of a task that is collected before it is done (asyncio/tasks.py)."""

UNSEEN_S = 60.0
"""Seconds that a dead task of start() has to be asked for its result before its death ends the run."""


class WatchedTask(asyncio.Task[Any]):
    """A task that knows whether anybody ever waited for it, and the code that made it.

    await, gather, wait and groups all add a callback. Slots spare each task a ``__dict__``.
    """

    __slots__ = ("made_in", "waited_for")
    made_in: CodeType | None
    waited_for: bool

    def add_done_callback(self, fn: Callable[[Any], object], /, **options: Any) -> None:
        self.waited_for = True
        super().add_done_callback(fn, **options)

    def set_name(self, value: object, /) -> None:
        if value is not None:  # Python 3.13 calls so every task that has no name, where there is a task factory
            super().set_name(value)


WatchedTask.__name__ = WatchedTask.__qualname__ = "Task"  # what asyncio says of it, and its repr, are as they would be


def watch_tasks(
    loop: asyncio.AbstractEventLoop,
    fail: Callable[[BaseException], None],
    *,
    starting: Callable[[], bool],
    stopped: Callable[[], bool],
) -> None:
    """Call `fail` when a task that start() made dies before stop() and nobody waits for it, or the harness's own code.

    Until that task is destroyed asyncio says nothing: a collector whose main loop died would soak for hours as a flat
    line. Whatever asyncio reports and goes on after (a callback that raises, a dead task, one destroyed before it is
    done) fails nothing else: it is counted (:mod:`harness.worker.trouble`), and its handler is called.
    """
    handle = loop.call_exception_handler

    def make(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        task = WatchedTask(coroutine, loop=loop, **options)
        task.made_in = _maker(sys._getframe(1))
        if starting():
            task.add_done_callback(finished)
        task.waited_for = False  # by others
        return task

    def finished(task: asyncio.Task[Any]) -> None:
        died = not task.cancelled() and getattr(task, "_exception", None) is not None
        if died and not stopped() and not getattr(task, "waited_for", True):
            loop.call_later(UNSEEN_S, unless_retrieved, task)

    def unless_retrieved(task: asyncio.Task[Any]) -> None:
        # the flag that asyncio keeps for its own "exception was never retrieved"
        if getattr(task, "_log_traceback", True):
            error = task.exception()
            assert error is not None
            fail(error)

    def on_error(context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is not None and _is_own(error):
            fail(error)
        else:
            handle(context)

    loop.set_task_factory(make)
    loop.call_exception_handler = on_error  # type: ignore[method-assign]


def _is_own(error: BaseException) -> bool:
    """Whether the loop met an error that no code of the target may survive: a stall, the recorder's, the harness's."""
    if isinstance(error, ClockStalled | RunEnded) or (isinstance(error, OSError) and _is_recorders(error)):
        return True
    called = next((file for file in _files(error) if not file.startswith(_ASYNCIO)), "")
    return called.startswith(_OWN)


def _maker(frame: FrameType | None) -> CodeType | None:
    """The code that asked for a task: the first on the stack that is not asyncio's or the harness's around it."""
    while frame is not None and frame.f_code.co_filename.startswith(_AROUND):
        frame = frame.f_back
    return None if frame is None else frame.f_code
