"""What passes by is counted, and nothing of it is changed: handlers, factories and hooks are the target's to set."""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import sys
import threading
import tracemalloc
import warnings
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest

from harness.clock import VirtualClock
from harness.worker.failures import watch_tasks
from harness.worker.trouble import TroubleWatch
from harness.worker.trouble_table import TroubleTable


class Watched:
    """A watch that is in place, and what it counted."""

    def __init__(self) -> None:
        self.table = TroubleTable()
        self.stopping = False
        self.instants = map(float, itertools.count())
        self.watch = TroubleWatch(self.table, lambda: next(self.instants), lambda: self.stopping)

    @property
    def totals(self) -> dict[str, int]:
        """What there is any of."""
        return {kind: count for kind, count in self.table.content()["totals"].items() if count}

    @property
    def firsts(self) -> list[str]:
        told = self.table.content()["firsts"]
        return [": ".join(filter(None, (first["name"], first["first"], first["place"]))) for first in told]


@pytest.fixture
def watched() -> Iterator[Watched]:
    watched = Watched()
    watched.watch.install()
    yield watched
    watched.watch.restore()
    assert logging.getLogRecordFactory() is logging.LogRecord


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    logger = logging.getLogger("bot.exchange")
    logger.addHandler(logging.NullHandler())
    logger.setLevel(logging.INFO)
    logger.propagate = False
    yield logger
    logger.handlers.clear()
    logger.filters.clear()
    logger.setLevel(logging.NOTSET)
    logger.propagate = True


def test_errors_that_a_null_handler_swallows_are_counted_with_the_first_and_its_place(
    watched: Watched, logger: logging.Logger
) -> None:
    for number in range(155):
        try:
            raise ConnectionError("refused")
        except ConnectionError:
            logger.exception("fetch %d failed", number)
    logger.info("connected")
    logger.debug("nobody asks for this")
    assert watched.totals == {"error": 155, "info": 1}
    error = next(first for first in watched.firsts if "fetch" in first)
    assert error.startswith("bot.exchange: fetch 0 failed: ConnectionError: refused: test_trouble.py:")
    assert error.endswith("in test_errors_that_a_null_handler_swallows_are_counted_with_the_first_and_its_place")


def test_the_root_logger_has_no_handler_and_basic_config_does_what_it_does() -> None:
    root = logging.getLogger()
    before, root.handlers = root.handlers, []
    watched = Watched()
    watched.watch.install()
    try:
        assert root.handlers == []
        logging.basicConfig(stream=StringIO(), level=logging.WARNING)
        assert len(root.handlers) == 1
    finally:
        watched.watch.restore()
        root.handlers = before


@pytest.mark.parametrize("chained", [True, False])
def test_a_factory_that_the_target_sets_is_called_and_each_record_is_counted_once(
    watched: Watched, logger: logging.Logger, chained: bool
) -> None:
    before, made = logging.getLogRecordFactory(), []
    assert before is logging.LogRecord

    def factory(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = before(*args, **kwargs) if chained else logging.LogRecord(*args, **kwargs)
        made.append(record)
        return record

    logging.setLogRecordFactory(factory)
    assert logging.getLogRecordFactory() is factory
    logger.error("no answer")
    logging.setLogRecordFactory(before)
    logger.error("none again")
    assert len(made) == 1
    assert watched.totals == {"error": 2}


def test_a_record_that_cannot_be_told_harms_nobody(watched: Watched, logger: logging.Logger) -> None:
    class Mute:
        def __str__(self) -> str:
            raise ValueError("no words")

    logger.addFilter(lambda _: False)  # no handler asks for its words
    logger.error("of %s", Mute())
    logging.makeLogRecord({"msg": "from elsewhere"})
    assert watched.totals == {"error": 1}
    assert watched.firsts[0].startswith("bot.exchange: of %s (its arguments do not fit): test_trouble.py:")


def test_what_logs_while_it_is_told_is_counted_as_well(watched: Watched, logger: logging.Logger) -> None:
    class Talks:
        def __str__(self) -> str:
            logger.warning("asked what it is called")
            return "talks"

    logger.addFilter(lambda _: False)
    logger.error("of %s", Talks())
    assert watched.totals == {"error": 1, "warning": 1}


class Dies:
    def __del__(self) -> None:
        raise ValueError("in a destructor")


def test_exceptions_in_threads_and_destructors_are_counted_before_the_targets_own_hooks(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def lose() -> None:
        raise KeyError("lost")

    def hook(told: Any) -> None:
        seen.append(told.exc_type.__name__)

    monkeypatch.setattr(threading, "excepthook", hook)
    monkeypatch.setattr(sys, "unraisablehook", lambda told: seen.append(type(told.exc_value).__name__))
    for work in (lose, lambda: sys.exit(1)):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    watched.watch.renew()
    Dies()
    assert threading.excepthook is hook
    assert seen == ["KeyError", "SystemExit", "ValueError"]
    assert watched.totals == {"thread": 1, "unraisable": 1}
    assert any("in a destructor: test_trouble.py:" in first for first in watched.firsts)


def test_a_hook_of_the_targets_may_call_the_one_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda _: told.append("Python's own"))
    watched = Watched()
    watched.watch.install()
    before = sys.unraisablehook

    def hook(unraisable: Any) -> None:
        told.append("the target's")
        before(unraisable)

    sys.unraisablehook = hook
    watched.watch.renew()
    Dies()
    watched.watch.restore()
    assert told == ["the target's", "Python's own"]
    assert watched.totals == {"unraisable": 1}
    assert sys.unraisablehook is hook


def test_a_warning_is_counted_whoever_shows_it_and_not_where_the_program_records_it(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(warnings, "showwarning", lambda message, *_, **__: shown.append(str(message)))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("an old interface", stacklevel=1)
    assert shown == ["an old interface"]
    with warnings.catch_warnings(record=True) as recorded:
        warnings.simplefilter("always")
        warnings.warn("another", stacklevel=1)
    assert len(recorded) == 1
    assert watched.totals == {"warned": 1}
    assert watched.firsts[0].startswith("UserWarning: an old interface: test_trouble.py:")


def test_warnings_that_go_to_a_logger_are_counted_once(watched: Watched, logger: logging.Logger) -> None:
    caught = logging.getLogger("py.warnings")
    caught.addHandler(logging.NullHandler())
    logging.captureWarnings(True)
    try:
        watched.watch.renew()
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("an old interface", stacklevel=1)
    finally:
        logging.captureWarnings(False)
        caught.handlers.clear()
    assert watched.totals == {"warned": 1}


def test_what_reaches_the_loop_is_counted_whoever_handles_it(watched: Watched) -> None:
    failed: list[BaseException] = []
    handled: list[str] = []

    async def program() -> None:
        loop = asyncio.get_running_loop()
        watched.watch.watch_loop(loop)
        follow_tasks(loop, failed)
        loop.set_exception_handler(lambda _, context: handled.append(context["message"]))
        loop.call_later(1, lambda: {}[1])
        await asyncio.sleep(2)

    VirtualClock(start_ms=0).run(program())
    assert failed == []
    assert len(handled) == 1
    assert watched.totals == {"loop": 1}
    assert "KeyError: 1: test_trouble.py:" in watched.firsts[0]


def follow_tasks(loop: asyncio.AbstractEventLoop, failed: list[BaseException]) -> None:
    watch_tasks(loop, failed.append, starting=lambda: True, stopped=lambda: False)


def test_what_the_default_handler_of_the_loop_logs_is_counted_once(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    failed: list[BaseException] = []

    async def die() -> None:
        raise ConnectionError("gone")

    async def program() -> None:
        loop = asyncio.get_running_loop()
        watched.watch.watch_loop(loop)
        follow_tasks(loop, failed)
        loop.call_later(1, lambda: {}[1])
        task = asyncio.create_task(die())
        task.add_done_callback(lambda _: None)
        del task
        await asyncio.sleep(2)
        logging.getLogger("asyncio").error("of the target's own")

    VirtualClock(start_ms=0).run(program())
    assert failed == []
    assert len(caplog.records) == 3
    assert watched.totals == {"loop": 2, "error": 1}
    assert watched.firsts[0].startswith("Task exception was never retrieved: ConnectionError: gone: test_trouble.py:")


def test_a_task_destroyed_before_it_is_done_is_a_finding_with_its_name_and_who_created_it(watched: Watched) -> None:
    failed: list[BaseException] = []

    async def pump() -> None:
        await asyncio.Future()

    async def forget(name: str | None) -> None:
        task = asyncio.create_task(pump(), name=name)
        await asyncio.sleep(1)
        del task
        gc.collect()

    async def program() -> None:
        loop = asyncio.get_running_loop()
        watched.watch.watch_loop(loop)
        follow_tasks(loop, failed)
        await forget(None)
        watched.stopping = True
        await forget("feed")
        await forget("feed")

    VirtualClock(start_ms=0).run(program())
    assert failed == []
    assert watched.totals == {"lost": 1, "pending": 2}
    lost, pending = watched.firsts
    name = "test_a_task_destroyed_before_it_is_done_is_a_finding_with_its_name_and_who_created_it.<locals>"
    assert lost.startswith(f"{name}.pump: {name}.forget, test_trouble.py:")
    assert pending.startswith(f'{name}.pump "feed": {name}.forget, test_trouble.py:')


def test_a_task_remembers_who_made_it_without_memory_of_its_own() -> None:
    async def program() -> int:
        follow_tasks(asyncio.get_running_loop(), [])
        task = asyncio.create_task(asyncio.sleep(1))
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        tasks = [asyncio.create_task(asyncio.sleep(1)) for _ in range(100)]
        made = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        assert {one.made_in for one in (task, *tasks)} >= {program.__code__}  # type: ignore[attr-defined]
        assert not any("__dict__" in vars(type(one)) for one in tasks)
        for one in (task, *tasks):
            await one
        return made // 100

    assert VirtualClock(start_ms=0).run(program()) < 1500


def loguru_of(watched: Watched) -> Any:
    loguru = pytest.importorskip("loguru")
    watched.watch.renew()
    return loguru.logger


def test_records_of_loguru_are_counted_whatever_the_target_removes_or_patches(watched: Watched) -> None:
    logger = loguru_of(watched)
    logger.remove()
    out, patched = StringIO(), []
    logger.add(out, level="INFO", format="{file}:{function} {message}")
    logger.configure(patcher=lambda record: patched.append(record["message"]))
    try:
        logger.opt(depth=0).error("order {} refused", 7)
        try:
            raise ConnectionError("gone")
        except ConnectionError:
            logger.exception("no answer")
        logger.debug("nobody asks for this")
    finally:
        logger.configure(patcher=None)
        logger.remove()
    assert patched == ["order 7 refused", "no answer"]
    assert watched.totals == {"error": 2}
    assert out.getvalue().startswith(
        "test_trouble.py:test_records_of_loguru_are_counted_whatever_the_target_removes_or_patches order 7 refused"
    )
    assert any("no answer: ConnectionError: gone: test_trouble.py:" in first for first in watched.firsts)


def test_a_record_that_goes_from_logging_to_loguru_or_back_is_counted_once(
    watched: Watched, logger: logging.Logger
) -> None:
    loguru = loguru_of(watched)

    class Intercept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            loguru.opt(depth=6).log(record.levelname, record.getMessage())

    loguru.remove()
    number = loguru.add(StringIO())
    intercept = Intercept()
    logger.addHandler(intercept)
    logger.error("to loguru")
    logger.removeHandler(intercept)
    loguru.remove(number)
    assert watched.totals == {"error": 1}
    number = loguru.add(logging.StreamHandler(StringIO()), format="{message}")
    loguru.error("to a handler of logging")
    loguru.remove(number)
    assert watched.totals == {"error": 2}
