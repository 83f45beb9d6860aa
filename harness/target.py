"""What a target may offer, what it is offered, and how one is loaded from ``module:factory``.

A target is any object with ``start()`` and ``stop()``. Of the feed it gets what it defines: ``on_book(book)``,
``on_delta(delta)``, ``on_trade(trade)``, ``on_candle(candle)``, and ``on_reconnect(reconnect)`` where a symbol begins
again after a halt or a lost connection: its next book, or delta, is a new snapshot (see :mod:`synthetic.events`).
Optional: ``counters()`` (a mapping of finite numbers), ``roots()`` (more to walk for owners, by name), ``rehearse()``
(do once what allocates on first use). Every method may be sync or async; :mod:`harness.worker.handlers` finds them. Its
loops are its own asyncio tasks. What is made of what it counts and emits: TELLS.
Before the run a throwaway instance is rehearsed in a folder of its own: built, started, fed a little, ``rehearse()``,
stopped.

The factory is called as ``factory(params, environment)``. Where its first parameter is annotated with a dataclass, a
scenario's configs are validated against that class, scaled by its markers (:mod:`harness.scaling`), and the factory
gets an instance; otherwise it gets the config's table as a plain ``dict``, unscaled, and ``environment.memory_scale``
to scale by. ``factory.honours_scale = False`` says that a target cannot run in a smaller world.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import os
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from harness.errors import UsageError
from harness.text import near


class TargetClock(Protocol):
    """The time of the world a target lives in."""

    def now_s(self) -> float:
        """Seconds since the start of the run, virtual or real."""


@dataclass(frozen=True, slots=True)
class Wire:
    """The exchange that a client of a `venue` connects to: its addresses, without a path or a slash at the end.

    ``delivered(kind, symbol, message="")`` is for the client's callbacks: it counts what came through, at this instant,
    as "book", "trade", "candle" or "ticker"; `symbol` as the client spells it; `message` only goes into a hash.
    """

    venue: str
    rest_url: str
    ws_url: str
    delivered: Callable[..., None]


@dataclass(frozen=True, slots=True)
class Environment:
    """What a target is offered by the world it runs in.

    `symbols` are the instruments in order of activity; `cycle_s` and `candle_s` are in seconds; `data_dir` is this
    run's own folder for what it writes; `emit(kind, **facts)` records an event with JSON-able facts, which has its own
    time in `t_s`: facts named `t_s`, `kind` or `facts` stand in the `facts` of the event;
    `past_candles(symbol, count)` gives the market's candles before the start, shape (count, 6): open time in ms, open,
    high, low, close, volume, oldest first.
    With an ``[exchange]`` in the scenario the feed goes over a wire: `exchange` says where, and no handler is called.
    """

    clock: TargetClock
    data_dir: Path
    memory_scale: float
    emit: Callable[..., None]
    symbols: tuple[str, ...]
    cycle_s: float
    candle_s: int
    past_candles: Callable[[str, int], NDArray[np.float64]]
    exchange: Wire | None = None


Factory = Callable[[Any, Environment], Any]

OTHER = "..."
"""In TELLS: any other name."""

TELLS: tuple[tuple[str, str, str, str], ...] = (
    (
        "counters()",
        "collected",
        "samples collected, over all restarts",
        "`samples.*`, losses as a share; with `persisted` and `lost` nothing may go missing, else the soak is invalid",
    ),
    (
        "counters()",
        "persisted",
        "samples that are safe: written, sent",
        "`samples.unaccounted`; what a failed run lost",
    ),
    (
        "counters()",
        "lost",
        "samples that it knows it lost",
        "`samples.lost`, `samples.lost_share`, losses in every report",
    ),
    ("counters()", "cleanups", "cleanups done", "the count where no event tells of one: 0 says that there were none"),
    (
        "counters()",
        "buffer_capacity_bytes",
        "what its buffers hold when full",
        "`buffers.capacity_mb` and its reduction",
    ),
    ("counters()", "buffered_bytes_peak", "the most they ever held", "`buffers.peak_mb` and its reduction"),
    ("counters()", "written_bytes", "bytes written to disk, over all restarts", "`disk.written_mb` and its reduction"),
    ("counters()", "write_cpu_s", "CPU seconds of writing them", "`disk.write_cpu_s` and its reduction"),
    ("counters()", "symbols", "how many of the market's symbols it takes", "`growth.per_symbol_mb`; else it is all"),
    ("counters()", "calls", "calls of the library that it is built on", "`growth.per_1000_calls_mb`"),
    ("counters()", "stop_collection_1", "what the first gc.collect() of stop() found", "`stop.first_collection`"),
    ("counters()", "stop_collection_2", "what the second found", "`stop.later_collections`"),
    ("counters()", "stop_collection_3", "what the third found", "`stop.later_collections`"),
    ("counters()", OTHER, "any finite number", "kept in run.json"),
    (
        'emit("cleanup")',
        "cleanup",
        "it has just freed what it could",
        "floors lie between them; `cleanup.*`, `sawtooth.*`, `growth.drop_share`, `cpu.per_cleanup_ms`; the pictures",
    ),
    (
        'emit("cleanup_skipped")',
        "cleanup_skipped",
        "a cleanup was due and not done",
        "`cleanup.interval_minutes`, `cleanup.frequency_ratio`",
    ),
    (
        'emit("collected", samples=N)',
        "collected",
        "samples collected so far",
        "what a killed run lost: it has no counters; `backlog.growth_share`",
    ),
    (
        'emit("flush", samples=N)',
        "flush",
        "samples made safe just now; of a `symbol`, where it names one",
        "what a killed run lost; `saves.*`, `backlog.growth_share`",
    ),
    ('emit("warning", text=...)', "warning", "one line for whoever reads the result", "printed with the soak"),
    ("emit(KIND, ...)", OTHER, "anything JSON can say", "kept in events.jsonl"),
)
"""What a target may tell of itself, all of it optional: how, by which name, what it says, and what it is used for.

Counters are asked for once, after stop(), and however else the run ends; events are written down as they come. What is
not told is shown as "not told", and a metric that needs it is not applicable. docs/targets.md is the same table.
"""


def load_factory(reference: str) -> Factory:
    """The factory behind ``module:factory``.

    Raises UsageError where the reference has another form, the module cannot be imported, or the name is not callable.
    """
    module_name, colon, attribute = reference.partition(":")
    if not (module_name and colon and attribute):
        raise UsageError(f'target.factory = "{reference}": not of the form "module:factory"')
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # whatever a user's module raises on import is the user's to read
        cause = f"{type(error).__name__}: {error}{_mended(error, module_name)}"
        raise UsageError(
            f'target.factory = "{reference}": module "{module_name}" cannot be imported: {cause}'
        ) from error
    factory = getattr(module, attribute, None)
    if not callable(factory):
        file = getattr(module, "__file__", None)
        loaded = f'module "{module_name}"' + (f" ({file})" if isinstance(file, str) else "")
        raise UsageError(
            f'target.factory = "{reference}": {loaded} has no callable "{attribute}"{_offered(module, attribute)}'
            f"{_hidden(module_name, file)}"
        )
    return typing.cast(Factory, factory)


def _offered(module: ModuleType, missed: str) -> str:
    """What a module has in place of a factory that it lacks, after a semicolon: what is meant, or what is its own."""
    names = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
    own = sorted(name for name in names if getattr(vars(module)[name], "__module__", None) == module.__name__)
    if candidates := near(missed, own) or near(missed, names):
        return f"; did you mean {' or '.join(candidates)}?"
    return f"; it has {', '.join(own)}" if own else ""


def _hidden(module_name: str, loaded: object) -> str:
    """That the current folder has another module of that name, which was not loaded, after a semicolon."""
    here = os.path.join(os.getcwd(), *module_name.split("."))
    for file in (f"{here}.py", os.path.join(here, "__init__.py")):
        if isinstance(loaded, str) and os.path.isfile(file) and not os.path.samefile(file, loaded):
            name = os.path.relpath(file)
            return f"; {name} is another, hidden by it: what is installed, or Python's own, comes first; rename {name}"
    return ""


def _mended(error: Exception, module_name: str) -> str:
    """What to do about a module that cannot be imported, after a semicolon; empty where the error says it."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        if f"{module_name}.".startswith(f"{error.name}."):
            return "; start soak in the folder that has it, or install it"
        there = f"; install {error.name} for the Python that runs soak, or start soak in the folder that has it"
        return f"{there}; where it only reaches outside, add it to target.stand_ins"
    if isinstance(error, FileNotFoundError):
        return "; paths begin at the folder that soak is started in"
    return ""


def parameters_type(factory: Factory) -> type[Any] | None:
    """The dataclass that annotates the factory's first parameter, or None where configs are free tables."""
    try:
        hints = typing.get_type_hints(factory, include_extras=True)
        first = next(iter(inspect.signature(factory).parameters))
    except (TypeError, ValueError, NameError, StopIteration):
        return None
    hint = hints.get(first)
    return hint if isinstance(hint, type) and dataclasses.is_dataclass(hint) else None


def honours_scale(factory: Factory) -> bool:
    """Whether the target can live in a world smaller than full scale (True unless the factory says otherwise)."""
    return bool(getattr(factory, "honours_scale", True))


def build(
    factory: Factory,
    params: Mapping[str, Any],
    environment: Environment,
    *,
    table: Callable[[Mapping[str, Any]], dict[str, Any]] = dict,
) -> Any:
    """A target made by its factory, with `params` in the form that the factory takes: its dataclass, or a `table`."""
    kind = parameters_type(factory)
    target = factory(table(params) if kind is None else kind(**params), environment)
    for method in ("start", "stop"):
        if not callable(getattr(target, method, None)):
            raise UsageError(f"the target of {factory!r} is a {type(target).__name__} without {method}()")
    return target
