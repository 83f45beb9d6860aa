"""What goes wrong in a target and nobody sees: counted where it passes by, without being in the way of it.

| what | where it is counted |
|---|---|
| log records | in the factory that makes them, whichever the target sets; no logger or handler is touched |
| records of loguru | where its patcher is called, whichever the target configures; only what some handler takes |
| exceptions that reach the loop | before its handler is called, whoever set that |
| warnings, exceptions in a thread | where Python is about to call its hook, whichever that is; not what it records |
| exceptions that cannot be raised | in the hook of Python, before that of the target |

A `sys.unraisablehook` that the target sets is found at the next sample; until then it is called and nothing counted.
What its processes log is counted where they were forked, and not where they run another program.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import CodeType, ModuleType, TracebackType
from typing import Any

from harness.worker.failures import DESTROYED, FOREIGN
from harness.worker.trouble_table import KINDS, TroubleTable

_DEBUG, _INFO, _WARNING, _ERROR, _CRITICAL, _LOOP, _THREAD, _UNRAISABLE, _WARNED, _LOST, _PENDING = range(len(KINDS))

_OF_WARNINGS = "py.warnings"
"""The logger that warnings go to with logging.captureWarnings: they are counted as warnings."""

_OF_ASYNCIO = "asyncio"
"""The logger in which a loop's default handler says what reached it: that was counted when it did."""


class TroubleWatch:
    """Counts into `table`; `now_s` is the time of the run, `stopping` whether stop() has been called."""

    def __init__(self, table: TroubleTable, now_s: Callable[[], float], stopping: Callable[[], bool]) -> None:
        self._table = table
        self._now_s = now_s
        self._stopping = stopping
        self._factory = logging.getLogRecordFactory()
        self._loguru: type | None = None
        self._handling = 0  # the thread in which a loop's handler is called
        self._hook = _Hook(sys, "unraisablehook", self._on_unraisable)
        self._undo: list[Callable[[], None]] = []

    def install(self) -> None:
        """From now on count what passes by."""
        set_factory, get_factory = logging.setLogRecordFactory, logging.getLogRecordFactory
        self._factory = get_factory()
        set_factory(self._make_record)
        # The target sees its own factory only: one that it chains to another one would otherwise be counted twice.
        logging.setLogRecordFactory = self._set_factory
        logging.getLogRecordFactory = self._get_factory

        def undo() -> None:
            logging.setLogRecordFactory, logging.getLogRecordFactory = set_factory, get_factory
            set_factory(self._factory)

        self._undo.append(undo)
        self._put(threading, "_make_invoke_excepthook", self._counting_threads)
        self._put(warnings, "_showwarnmsg", self._counting_warnings)
        self.renew()

    def _put(self, module: ModuleType, name: str, counting: Callable[[Any], Any]) -> None:
        """Put what `counting` makes of a function of Python's own in its place. It calls the hook that is set then."""
        own = getattr(module, name)
        setattr(module, name, counting(own))
        self._undo.append(lambda: setattr(module, name, own))

    def renew(self) -> None:
        """Go before what the target put into place since."""
        self._hook.renew()
        if self._loguru is None and "loguru" in sys.modules:
            self._watch_loguru()

    def restore(self) -> None:
        """Leave everything as it was found."""
        self._hook.restore()
        while self._undo:
            self._undo.pop()()

    def watch_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Count what reaches the handler of a loop, whoever sets one."""
        handle = loop.call_exception_handler

        def counted(context: dict[str, Any]) -> None:
            self._on_loop(context)
            self._handling = threading.get_ident()
            try:
                handle(context)
            finally:
                self._handling = 0

        loop.call_exception_handler = counted  # type: ignore[method-assign]

    def left_pending(self, task: asyncio.Task[Any]) -> None:
        """Count a task that is not done though stop() has returned, or that was destroyed."""
        kind = _PENDING if self._stopping() else _LOST
        coroutine = getattr(task.get_coro(), "__qualname__", None) or task.get_name()
        made_in: CodeType | None = getattr(task, "made_in", None)
        slot = self._table.count(kind, hash((kind, coroutine, made_in)))
        if slot >= 0:
            named = "" if task.get_name().startswith("Task-") else f' "{task.get_name()}"'
            self._tell(slot, kind, f"{coroutine}{named}", "" if made_in is None else place_of_code(made_in))

    # -- what is counted -----------------------------------------------------------------------------------------------

    def _set_factory(self, factory: Callable[..., logging.LogRecord]) -> None:
        self._factory = factory

    def _get_factory(self) -> Callable[..., logging.LogRecord]:
        return self._factory

    def _make_record(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._factory(*args, **kwargs)
        with contextlib.suppress(Exception):  # a record may be of any form, and the target must not pay for that
            self._on_record(record)
        return record

    def _on_record(self, record: logging.LogRecord) -> None:
        if not record.name or record.name == _OF_WARNINGS or (self._loguru is not None and _asked_by_loguru()):
            return
        if record.name == _OF_ASYNCIO and self._handling == threading.get_ident():
            return
        kind = _kind_of_level(record.levelno)
        slot = self._count_logged(kind, record.name, record.pathname, record.lineno)
        if slot >= 0:
            place = f"{Path(record.pathname).name}:{record.lineno} in {record.funcName}"
            error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
            self._tell(slot, kind, _with_error(_message(record), error), place, record.name)

    def _on_loguru(self, record: Mapping[str, Any]) -> None:
        kind = _kind_of_level(record["level"].no)
        name, path = record["name"] or "", record["file"].path
        slot = self._count_logged(kind, name, path, record["line"])
        if slot >= 0:
            place = f"{Path(path).name}:{record['line']} in {record['function']}"
            raised = record["exception"]
            self._tell(slot, kind, _with_error(record["message"], raised and raised.value), place, name)

    def _count_logged(self, kind: int, name: str, path: str, line: int) -> int:
        """Below WARNING there is one place a logger, else one a line of code."""
        return self._table.count(kind, hash((kind, name) if kind < _WARNING else (kind, name, path, line)))

    def _on_loop(self, context: Mapping[str, Any]) -> None:
        task = context.get("task")
        if context.get("message") == DESTROYED and isinstance(task, asyncio.Task):
            self.left_pending(task)
        else:
            self._raised(_LOOP, context.get("exception"), str(context.get("message") or "error of the event loop"))

    def _counting_threads(self, make: Callable[[], Callable[[Any], None]]) -> Callable[[], Callable[[Any], None]]:
        """What makes for each thread the function that tells the hook of its exception; `make` makes Python's own."""

        def make_counting() -> Callable[[Any], None]:
            tell = make()

            def counting(thread: Any) -> None:
                with contextlib.suppress(Exception):
                    self._on_thread(sys.exc_info()[1], thread)
                tell(thread)

            return counting

        return make_counting

    def _on_thread(self, error: BaseException | None, thread: threading.Thread) -> None:
        if not isinstance(error, SystemExit):  # which ends a thread in good order
            self._raised(_THREAD, error, f"in thread {thread.name}")

    def _on_unraisable(self, told: Any) -> None:
        # the object itself is not kept, nor asked what it is called: it is being destroyed
        owner = getattr(told.object, "__qualname__", None) or type(told.object).__qualname__
        self._raised(
            _UNRAISABLE, told.exc_value or told.exc_type(), f"{told.err_msg or 'Exception ignored in'} {owner}"
        )

    def _raised(self, kind: int, error: BaseException | None, what: str) -> None:
        place = "" if error is None else place_of(error.__traceback__)
        slot = self._table.count(kind, hash((kind, type(error), place, what if error is None else "")))
        if slot >= 0:
            self._tell(slot, kind, _with_error(what, error), place)

    def _counting_warnings(self, show: Callable[[Any], None]) -> Callable[[Any], None]:
        """What Python calls to show a warning; `show` is its own."""
        shown_by: Any = getattr(warnings, "_showwarnmsg_impl", None)

        def counting(told: Any) -> None:
            if getattr(warnings, "_showwarnmsg_impl", None) is shown_by:  # else they are recorded: the program looks
                with contextlib.suppress(Exception):
                    self._on_warning(told)
            show(told)

        return counting

    def _on_warning(self, told: Any) -> None:
        slot = self._table.count(_WARNED, hash((told.category, told.filename, told.lineno)))
        if slot >= 0:
            place = f"{Path(told.filename).name}:{told.lineno}"
            self._tell(slot, _WARNED, f"{told.category.__name__}: {told.message}", place)

    def _tell(self, slot: int, kind: int, first: str, place: str, name: str = "") -> None:
        facts = {"name": name[:100], "place": place[:200], "t_s": round(self._now_s(), 3), "first": first}
        self._table.tell(slot, kind, facts)

    # -- loguru --------------------------------------------------------------------------------------------------------

    def _watch_loguru(self) -> None:
        """Count where loguru calls its patcher: a handler of ours would be among those that the target removes."""
        core = getattr(getattr(sys.modules["loguru"], "logger", None), "_core", None)
        if core is None or "patcher" not in vars(core):  # only half imported, or another version
            return
        kind = self._loguru = type(core)

        def patch(record: Any) -> None:
            own = vars(core)["patcher"]
            with contextlib.suppress(Exception):  # as with records of logging
                if not _asked_by_logging():
                    self._on_loguru(record)
            if own:
                own(record)

        def configure(core: Any, own: Any) -> None:
            vars(core)["patcher"] = own

        kind.patcher = property(lambda _: patch, configure)

        def undo() -> None:
            del kind.patcher
            self._loguru = None

        self._undo.append(undo)


class _Hook:
    """A function in a module that Python calls: counted before the target's own, whichever that is by now."""

    def __init__(self, module: ModuleType, name: str, count: Callable[..., None]) -> None:
        self._module = module
        self._name = name
        self._count = count
        self._original = self._own = getattr(module, name)
        self._within = 0

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        this = threading.get_ident()
        if self._within == this:  # the target's hook calls the one that was there before it
            self._original(*args, **kwargs)
            return
        self._within = this
        try:
            with contextlib.suppress(Exception):  # what is told of may be of any form
                self._count(*args, **kwargs)
            self._own(*args, **kwargs)
        finally:
            self._within = 0

    def renew(self) -> None:
        """Go before what is there now."""
        now = getattr(self._module, self._name)
        if now is not self:
            self._own = now
            setattr(self._module, self._name, self)

    def restore(self) -> None:
        """Leave what the target set, or what was there before."""
        if getattr(self._module, self._name) is self:
            setattr(self._module, self._name, self._own)


def place_of(traceback: TracebackType | None) -> str:
    """The innermost line of code outside the harness and the libraries: ``bot.py:12 in run``. No source is read."""
    own = last = ""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        last = f"{Path(code.co_filename).name}:{traceback.tb_lineno} in {code.co_name}"
        if not code.co_filename.startswith(FOREIGN):
            own = last
        traceback = traceback.tb_next
    return own or last


def place_of_code(code: CodeType) -> str:
    """A function as a place: ``Bot.start, bot.py:12``."""
    return f"{code.co_qualname}, {Path(code.co_filename).name}:{code.co_firstlineno}"


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - it calls the target's code
        return f"{record.msg} (its arguments do not fit)" if isinstance(record.msg, str) else "no message"


def _with_error(text: str, error: BaseException | None) -> str:
    return text if error is None else f"{text}: {type(error).__name__}: {error}"


def _kind_of_level(level: int) -> int:
    return min(max(level // 10 - 1, _DEBUG), _CRITICAL)


def _asked_by_logging() -> bool:
    """Whether a handler of logging hands on to loguru what was counted when its record was made."""
    frame, handing_on = sys._getframe(2), logging.Logger.callHandlers.__code__
    for _ in range(8):
        if frame.f_code is handing_on:
            return True
        if frame.f_back is None:
            break
        frame = frame.f_back
    return False


def _asked_by_loguru() -> bool:
    """Whether a sink of loguru makes a record of logging of what was counted when loguru made its own."""
    frame = sys._getframe(3)  # _on_record, _make_record, Logger.makeRecord, its caller
    caller = frame.f_back
    return caller is not None and str(caller.f_globals.get("__name__", "")).startswith("loguru")
