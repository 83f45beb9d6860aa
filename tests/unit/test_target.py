from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.errors import UsageError
from harness.target import OTHER, TELLS, Environment, build, honours_scale, load_factory, parameters_type
from synthetic.events import Book, Candle, Delta, Reconnect, Trade

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Parameters:
    depth: int = 3


def typed(params: Parameters, environment: Environment) -> tuple[Any, Environment]:
    return params, environment


def free(params: dict[str, Any], environment: Environment) -> tuple[Any, Environment]:
    return params, environment


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(
        clock=None,  # type: ignore[arg-type]
        data_dir=tmp_path,
        memory_scale=1.0,
        emit=print,
        symbols=("BTCUSDT",),
        cycle_s=5.0,
        candle_s=60,
        past_candles=lambda symbol, count: np.empty((count, 6)),
    )


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("dummy_target", 'not of the form "module:factory"'),
        (":build", 'not of the form "module:factory"'),
        ("dummy_target:", 'not of the form "module:factory"'),
        ("no_such_module:build", "ModuleNotFoundError"),
        ("broken_target:build", "RuntimeError: no such exchange"),
        ("dummy_target:biuld", 'has no callable "biuld"; did you mean build?'),
        ("dummy_target:NOT_CALLABLE", 'has no callable "NOT_CALLABLE"; it has '),
    ],
)
def test_a_factory_that_cannot_be_loaded_is_one_clear_line(reference: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_factory(reference)
    assert str(caught.value).startswith(f'target.factory = "{reference}": ')
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("here")
def test_a_factory_is_loaded_by_its_name() -> None:
    factory = load_factory("dummy_target:build")
    kind = parameters_type(factory)
    assert kind is not None
    assert kind.__name__ == "Parameters"


def test_only_a_dataclass_annotation_makes_parameters() -> None:
    assert parameters_type(typed) is Parameters
    assert parameters_type(free) is None
    assert parameters_type(lambda params, environment: None) is None
    assert parameters_type(lambda: None) is None  # type: ignore[arg-type, misc]
    assert parameters_type(dict) is None  # type: ignore[arg-type]


def test_a_factory_honours_the_scale_unless_it_says_otherwise() -> None:
    def unscalable(params: dict[str, Any], environment: Environment) -> None: ...

    assert honours_scale(unscalable)
    unscalable.honours_scale = False  # type: ignore[attr-defined]
    assert not honours_scale(unscalable)


class Lived:
    """What a factory made, with the two methods that every target has."""

    def __init__(self, made: Any) -> None:
        self.made = made

    def start(self) -> None: ...

    def stop(self) -> None: ...


def lived(factory: Any) -> Any:
    @functools.wraps(factory)
    def make(params: Any, environment: Environment) -> Lived:
        return Lived(factory(params, environment))

    return make


def test_a_target_gets_its_parameters_in_the_form_it_asks_for(environment: Environment) -> None:
    given = {"depth": 7}
    assert build(lived(typed), given, environment).made == (Parameters(depth=7), environment)
    table, _ = build(lived(free), given, environment).made
    assert table == given
    assert table is not given


@pytest.mark.parametrize("missing", ["start", "stop"])
def test_a_target_without_start_or_stop_is_refused(environment: Environment, missing: str) -> None:
    parts = {name: lambda self: None for name in ("start", "stop") if name != missing}
    target = type("Collector", (), parts)
    with pytest.raises(UsageError, match=rf"is a Collector without {missing}\(\)"):
        build(lambda params, environment: target(), {}, environment)


def test_the_table_of_what_a_target_may_tell_stands_in_the_docs() -> None:
    page = (ROOT / "docs" / "targets.md").read_text(encoding="utf-8").partition("## What it tells")[2]
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{how}` | {'others' if name == OTHER else f'`{name}`'} | {says} | {use} |" for how, name, says, use in TELLS
    ]


def test_a_factory_that_is_misspelt_comes_with_the_one_that_is_meant_and_the_file_that_was_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "spelt_bot.py").write_text("from fractions import Fraction as buld\nclass Bot: ...\nbuild = Bot\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UsageError, match=r'\(.*spelt_bot.py\) has no callable "biuld"; did you mean build\?$'):
        load_factory("spelt_bot:biuld")
    (tmp_path / "fractions.py").write_text("def build(params, environment): ...\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"fractions\.py is another, hidden by it: .*; rename fractions\.py$"):
        load_factory("fractions:build")


@pytest.mark.parametrize("event", [Book, Delta, Trade, Candle, Reconnect])
def test_what_each_event_holds_stands_in_the_docs(event: Any) -> None:
    page = (ROOT / "docs" / "targets.md").read_text(encoding="utf-8")
    name = event.__name__
    row = next(
        line for line in page.splitlines() if line.startswith(f"| `on_{name.lower()}({name.lower()})` | {name}:")
    )
    fields = re.sub(r"\(.*?\)", "", row.split(" | ")[2])  # what a field may be stands in brackets
    assert re.findall(r"`(\w+)`", fields) == list(event._fields)


def test_every_counter_and_event_that_is_read_stands_in_the_table() -> None:
    told = {(how.startswith("counters"), name) for how, name, _, _ in TELLS}
    read: set[tuple[bool, str]] = set()
    for file in [*(ROOT / "harness" / "analysis").rglob("*.py"), *(ROOT / "harness" / "report").rglob("*.py")]:
        code = file.read_text(encoding="utf-8")
        read |= {(True, name) for name in re.findall(r"\bcounter\(\"(\w+)\"\)", code)}
        read |= {(False, name) for name in re.findall(r"event_times\(\"(\w+)\"\)", code)}
        read |= {(False, name) for name in re.findall(r"\[\"kind\"\] == \"(\w+)\"", code)}
        read |= {(False, name) for name in re.findall(r"_samples\(run, \"(\w+)\"\)", code)}
    assert {(True, "cleanups"), (False, "cleanup"), (False, "flush")} <= read
    assert read - {(False, "limit")} <= told  # that one is the harness's own
