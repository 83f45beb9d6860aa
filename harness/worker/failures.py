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

_AROUND = tuple(os.path.join(folder, "") for folder in (*worker.__path__, *clock.__path__, *asyncio.__path__))
"""The same of what may lie between a task and whoever asked for it."""


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
        return Ending("interrupted", "asked to end")
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
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and frames[-1].filename == recorder.__file__


DESTROYED = "Task was destroyed but it is pending!"
"""What asyncio tells the handler of a loop of a task that is collected before it is done (asyncio/tasks.py)."""

UNSEEN_S = 60.0
"""Seconds that a dead task has to be asked for its result before its death ends the run."""


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


def watch_tasks(loop: asyncio.AbstractEventLoop, fail: Callable[[BaseException], None]) -> None:
    """Call `fail` when a task dies with an exception that nobody waits for, or a callback raises.

    A task that is destroyed before it is done fails nothing: it is what stop() forgot, and counted as that
    (:mod:`harness.worker.trouble`).

    asyncio itself reports such a task only when it is destroyed; a collector whose main loop died silently would soak
    for hours as a flat line.
    """

    def make(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        task = WatchedTask(coroutine, loop=loop, **options)
        task.made_in = _maker(sys._getframe(1))
        task.add_done_callback(finished)
        task.waited_for = False  # by others
        return task

    def finished(task: asyncio.Task[Any]) -> None:
        died = not task.cancelled() and getattr(task, "_exception", None) is not None
        if died and not getattr(task, "waited_for", True):
            loop.call_later(UNSEEN_S, unless_retrieved, task)

    def unless_retrieved(task: asyncio.Task[Any]) -> None:
        # the flag that asyncio keeps for its own "exception was never retrieved"
        if getattr(task, "_log_traceback", True):
            error = task.exception()
            assert error is not None
            fail(error)

    def on_error(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if context.get("message") == DESTROYED:
            return
        fail(error if error is not None else RuntimeError(context.get("message", "unknown error of the event loop")))

    loop.set_task_factory(make)
    loop.set_exception_handler(on_error)


def _maker(frame: FrameType | None) -> CodeType | None:
    """The code that asked for a task: the first on the stack that is not asyncio's or the harness's around it."""
    while frame is not None and frame.f_code.co_filename.startswith(_AROUND):
        frame = frame.f_back
    return None if frame is None else frame.f_code
