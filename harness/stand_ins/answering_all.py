"""STAND_IN: an object that answers everything, sync and async, and keeps nothing of what it is asked.

`unittest.mock` records its calls, which is a leak of its own in a soak. This is one object for everything: each
attribute, call, item, `await`, ``with`` and operator gives itself again, iterations are empty, numbers are 0, sizes 0,
comparisons False. What is set on it is dropped.

- It is a class, so that it can be subclassed, annotated with, and caught: ``class Bot(telegram.Bot)``, ``except
  ccxt.RequestTimeout``. A subclass behaves as written; what it does not define is answered.
- Names that end in Error, Exception or Warning are an exception class that nothing raises.
- Called with one function or class and nothing else, it gives that back: as a decorator it must not swallow what it
  decorates.
- An `await` takes no time, but gives way to others. Of a loop that awaits without end, such as one that receives
  messages, every hundredth `await` within a millisecond takes a second: time would stand still.
"""

from __future__ import annotations

import asyncio
import types
from abc import ABCMeta
from array import array
from collections.abc import Callable, Generator
from typing import Any

AT_ONCE = 100
"""Awaits within one millisecond of the loop's time before one takes PAUSE_S."""

PAUSE_S = 1.0

_EXCEPTIONS = ("Error", "Exception", "Warning")

_LATEST = array("q", (-1, 0))
"""The millisecond of the last await, and how many there were in it: in place, since what survives pins memory."""


class StandInError(Exception):
    """The exception classes of a stand-in: all of them this one, raised by nothing."""


async def _give_way() -> None:
    """Let others run; for a second where nothing but such awaits happened for a while."""
    now_ms = int(asyncio.get_running_loop().time() * 1000)
    last_ms, awaits = _LATEST
    _LATEST[:] = array("q", (now_ms, awaits + 1 if now_ms == last_ms else 1))
    if _LATEST[1] < AT_ONCE:
        await asyncio.sleep(0)
    else:
        _LATEST[1] = 0
        await asyncio.sleep(PAUSE_S)


def _awaited(*_: Any) -> Generator[Any, None, Any]:
    yield from _give_way().__await__()
    return STAND_IN


async def _entered(*_: Any) -> Any:
    await _give_way()
    return STAND_IN


async def _left(*_: Any) -> None:
    await _give_way()


async def _nothing_to_come(*_: Any) -> Any:
    await _give_way()
    raise StopAsyncIteration


def _itself(*_: Any, **__: Any) -> Any:
    return STAND_IN


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _none_left(*_: Any) -> Any:
    raise StopIteration(STAND_IN)  # of a task that runs a stand-in, its result


def _same(*itself: Any) -> Any:
    return itself[0] if itself else STAND_IN


def _sent(*arguments: Any) -> Any:
    """``send(None)`` is what a task says to its coroutine; all else was meant for whom it stands in for."""
    return _none_left() if arguments[-1:] == (None,) else STAND_IN


def _thrown(*arguments: Any) -> Any:
    """A task that is cancelled before it began throws what it is to raise."""
    if isinstance(arguments[-1], BaseException):
        raise arguments[-1]
    return STAND_IN


def _attribute(_: Any, name: str) -> Any:
    """An attribute that is not there; special names are not, or numpy and copy would take it for what it is not."""
    if name.startswith("__") and name.endswith("__"):
        raise AttributeError(name)
    return StandInError if name.endswith(_EXCEPTIONS) else STAND_IN


_OPERATORS = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "xor", "lshift", "rshift")

_ANSWERS: dict[str, Callable[..., Any]] = {
    "__getattr__": _attribute,
    "__getitem__": _itself,
    "__setitem__": _nothing,
    "__delitem__": _nothing,
    "__await__": _awaited,
    "__aenter__": _entered,
    "__aexit__": _left,
    "__aiter__": _same,
    "__anext__": _nothing_to_come,
    "__enter__": _itself,
    "__exit__": _nothing,
    "__iter__": lambda _: iter(()),
    "__next__": _none_left,
    "__contains__": lambda _, __: False,
    "__len__": lambda _: 0,
    "__bool__": lambda _: True,
    "__int__": lambda _: 0,
    "__float__": lambda _: 0.0,
    "__index__": lambda _: 0,
    "__lt__": lambda _, __: False,
    "__le__": lambda _, __: False,
    "__gt__": lambda _, __: False,
    "__ge__": lambda _, __: False,
    "__neg__": _itself,
    "__abs__": _itself,
    **{f"__{prefix}{name}__": _itself for name in _OPERATORS for prefix in ("", "r", "i")},
}
"""How it answers what Python looks up on the type, of the stand-in itself and of instances of its subclasses alike."""

_ANSWERS |= {"send": _sent, "throw": _thrown, "close": _itself}  # with these three it can be made a task


class _AnswersAll(ABCMeta):
    """The type of the stand-in, and of what subclasses it; abstract, so that it goes with other abstract bases."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is not STAND_IN:
            return super().__call__(*args, **kwargs)
        decorated = len(args) == 1 and not kwargs and isinstance(args[0], types.FunctionType | type)
        return args[0] if decorated else STAND_IN

    def __setattr__(cls, name: str, value: Any) -> None:
        if cls is not STAND_IN or name.startswith("_abc_"):
            super().__setattr__(name, value)

    def __delattr__(cls, name: str) -> None:
        if cls is not STAND_IN:
            super().__delattr__(name)

    def __repr__(cls) -> str:
        return "<a stand-in>" if cls is STAND_IN else super().__repr__()


for _name, _answer in _ANSWERS.items():
    setattr(_AnswersAll, _name, _answer)


def _accept_all(self: Any, *_: Any, **__: Any) -> None:
    """What a subclass hands up to it is dropped."""


STAND_IN: Any = None
"""The object. It has no state, and there is one of it."""

STAND_IN = _AnswersAll("StandIn", (Exception,), {**_ANSWERS, "__init__": _accept_all, "__doc__": "A stand-in."})
