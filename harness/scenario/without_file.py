"""A scenario without a file: what is run of a target that is only named, as ``module:factory``, and as a file of it.

There is one text of it, with its reasons as comments: `soak run module:factory` runs what it says, and `soak init`
writes it.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import tomli_w

from harness.errors import UsageError
from harness.foreign_text import on_one_line
from harness.scenario.contents import Scenario
from harness.scenario.files import Revise, as_written, checked
from harness.scenario.settings import HOURS_MOST
from harness.text import name_without_file, number

CONFIG: Final = "target"
"""The one config of such a scenario."""

HOURS: Final = 5.0
SYMBOLS: Final = 50
LIMIT_GB: Final = 4.0
IDLE_GB: Final = 0.1

WARMUP_SHARE: Final = 0.2
WARMUP_HOURS: Final = 1 / 6
"""Of a run so much is warm-up: the share, at most the hours."""

DAYS_TO_LIMIT: Final = 30
"""A leak that reaches the limit later than that is nobody's concern: programs are restarted for an upgrade before."""

_RUN_ON_S: Final = 37.0  # no multiple of what programs do every so many seconds

_MEASURES: Final = {
    "RSS does not leak": "leak.rss",
    "live bytes do not leak": "leak.live",
    "mappings do not leak": "leak.mappings",
    "children do not leak": "leak.children",
    "tasks do not leak": "leak.tasks",
    "threads do not leak": "leak.threads",
    "open files do not leak": "leak.open_files",
}


@dataclass(frozen=True)
class Wanted:
    """What is asked of a scenario without a file.

    `params` are those of the config. `why_hours` stands beside the hours. `idle_gb` is what the target's process takes
    before it is fed, where that was seen; `seen` are sentences for the head of the file.
    """

    factory: str
    hours: float = HOURS
    symbols: int = SYMBOLS
    params: Mapping[str, Any] = field(default_factory=dict)
    idle_gb: float = IDLE_GB
    seen: Sequence[str] = ()
    why_hours: str = "of virtual time: five pass in a minute or so"

    @property
    def name(self) -> str:
        """How it is called where there is no file."""
        return name_without_file(self.factory)


def without_file(wanted: Wanted, *, revised: Revise = as_written, import_target: bool = True) -> Scenario:
    """The scenario of a target that is only named, its config completed by what the target takes, where it is imported.

    Raises UsageError where the target cannot be described, or a value is not allowed.
    """
    if not 0 < wanted.hours <= HOURS_MOST:
        raise UsageError(f"--hours {wanted.hours:g}: must be above 0 and at most {HOURS_MOST:g}")
    table = tomllib.loads(text_of(wanted))
    path = Path(wanted.factory)
    return checked(table, wanted.factory, name=wanted.name, path=path, import_target=import_target, revised=revised)


def budget_of(idle_gb: float = IDLE_GB) -> float:
    """The growth in GB per hour that takes a program from `idle_gb` to the limit in DAYS_TO_LIMIT."""
    return float(f"{(LIMIT_GB - min(idle_gb, LIMIT_GB / 2)) / (DAYS_TO_LIMIT * 24):.2g}")


def parameter(written: str) -> tuple[str, Any]:
    """A parameter as the command line has it, ``key=value``: a value of TOML, else text. Raises UsageError."""
    key, equals, value = written.partition("=")
    if not equals or not key.strip():
        raise UsageError(f"--set {written}: not of the form key=value")
    try:
        return key.strip(), tomllib.loads(f"value = {value.strip()}")["value"]
    except ValueError:
        return key.strip(), value.strip()


def text_of(wanted: Wanted) -> str:
    """The scenario as a commented TOML file."""
    hours = wanted.hours
    warmup_minutes = round(60 * min(WARMUP_HOURS, hours * WARMUP_SHARE), 4)
    loaded_s = hours * 3600 - warmup_minutes * 60
    budget = budget_of(wanted.idle_gb)
    lines = [
        f"# Does {wanted.factory} hold more and more memory? `soak show FILE` says what would run.",
        *(f"# {on_one_line(sentence)}" for sentence in wanted.seen),
        "",
        _line("title", _quoted(f"{wanted.factory}: {number(hours)} h, {wanted.symbols} symbols")),
        _line("seeds", 3, "runs, each with a market of its own: a leak must show in more than one"),
        "",
        "[market]",
        _line("symbols", wanted.symbols, "as many as your program takes"),
        _line("depth", 50, "levels a side"),
        _line("books_per_second", 5, "of each symbol, in the mean"),
        "",
        "[time]",
        _line("hours", hours, wanted.why_hours),
        _line("cycle_s", min(5.0, loaded_s), "told to the target; its own timers are its own affair"),
        _line("warmup_minutes", warmup_minutes, "not judged: caches and histories fill up"),
        _line("run_on_s", _RUN_ON_S, "the feed goes on, so that stop() does not fall on what is done every hour"),
        _line("sample_every_s", max(min(5.0, max(1.0, hours), loaded_s / 10), hours / 100, 0.001)),
        _line("settle_minutes", 1),
        _line("anatomy_every_minutes", max(min(30.0, round(hours * 6, 4)), 0.01), "how often owners are looked for"),
        "",
        "[memory]",
        "# No baseline_gb: a run starts at what its process takes, so its size is the real one, and the scale 1.",
        _line("scale", 1),
        _line("limit_gb", LIMIT_GB, "what the machine has for it: a run that reaches it is over"),
        _line("leak_budget_gb_per_hour", budget, f"from the start to the limit in {DAYS_TO_LIMIT} days"),
        "",
        "[target]",
        _line("factory", _quoted(wanted.factory), "found from the folder that soak is started in"),
        "",
        "# Parameters of the factory. Another [configs.NAME] is run beside this one and compared with it.",
        tomli_w.dumps({"configs": {CONFIG: dict(wanted.params)}}),
    ]
    return "\n".join(lines) + _claims()


def _line(key: str, value: float | str, why: str = "") -> str:
    """A line of a TOML file with its reason; text is quoted already."""
    written = f"{key} = {value if isinstance(value, str) else number(value)}"
    return f"{written:<36}# {why}" if why else written


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _claims() -> str:
    leaks = "".join(
        _claim(name, metric, '["open", 1.0]', "lower", "at most one budget of growth")
        for name, metric in _MEASURES.items()
    )
    lost = _claim("no row is lost", "samples.lost", "[0.0, 0.0]", "neither", "collected = persisted + reported lost")
    return leaks + lost.replace('better = "neither"', 'tolerance = 0.0\nbetter = "neither"')


def _claim(name: str, metric: str, expected: str, better: str, source: str) -> str:
    return f"""
[[claims]]
name = "{name}"
metric = "{metric}"
configs = ["{CONFIG}"]
expected = {expected}
better = "{better}"
kind = "prediction"
source = "{source}"
"""
