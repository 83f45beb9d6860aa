"""Whatever a user hands in ends in an exit code of `soak`, or in one line and 2: never in a traceback.

Scenario files, recordings and result folders, each edited at random from one that is sound. A few examples each belong
to every run of the tests; ``ANY_INPUT_EXAMPLES=2000`` in the environment makes it so many.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
import tomllib
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.cli import main
from harness.worker.recorder import SAMPLE
from synthetic.events import Book, Candle, Delta, Reconnect, Trade
from synthetic.feed import RecordingError
from synthetic.recorded.market_file import Recording
from tests.unit.analysis.verdict.golden_recording import golden_copy
from tests.unit.conftest import SCENARIO

EXAMPLES = int(os.environ.get("ANY_INPUT_EXAMPLES", "0"))

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1, 2**31, 2**63, -(2**63), 10**30, 0.0, -0.5, 0.5, 1e-300, 1e300, "", "x", "old", "a.b:c"]),
    st.floats(),
    st.integers(),
    st.text(max_size=20),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def budget(few: int, *, costs: int = 1) -> settings:
    """So many examples in every run of the tests; with a large budget as many as it says, less by what one costs."""
    examples = max(few, EXAMPLES // costs)
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


def outcome_of(*arguments: str) -> tuple[int, str]:
    """The exit code of `soak` and what it wrote to standard error; warnings are told as on a user's terminal."""
    told = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(told), warnings.catch_warnings():
        warnings.simplefilter("default")
        code = main(arguments)
    return code, told.getvalue()


def refuse_all_else(code: int, told: str) -> None:
    """Fail where it is no outcome that a user may see."""
    assert "Traceback" not in told, told
    assert code in (0, 1, 2, 3, 4)
    if code == 2:
        assert told.startswith("soak: "), told
        assert len(told) < 10_000


def edited(table: Any, place: list[int], value: Any) -> None:
    """Put `value` somewhere in nested tables and lists, where `place` leads; in place of an empty string: take away."""
    where: Any = table
    for step in place:
        keys = list(where) if isinstance(where, dict) else list(range(len(where)))
        if not keys:
            return
        key = keys[step % len(keys)]
        inner = where[key]
        if step == place[-1] or not isinstance(inner, dict | list) or not inner:
            if value == "":
                del where[key]
            else:
                where[key] = value
            return
        where = inner


@budget(8)
@given(edits=st.lists(st.tuples(st.lists(st.integers(0, 30), min_size=1, max_size=4), VALUES), min_size=1, max_size=3))
def test_any_scenario_is_shown_or_refused(here: Path, edits: list[tuple[list[int], Any]]) -> None:
    table = tomllib.loads(SCENARIO)
    for place, value in edits:
        edited(table, place, value)
    try:
        text = tomli_w.dumps(table)
    except (TypeError, ValueError, AttributeError):
        return  # TOML has no such value
    (here / "any.toml").write_text(text, encoding="utf-8", errors="replace")
    refuse_all_else(*outcome_of("show", "any.toml"))


@budget(8)
@given(content=st.binary(max_size=2000), cut=st.integers(0, len(SCENARIO)))
def test_any_bytes_in_a_scenario_are_refused(here: Path, content: bytes, cut: int) -> None:
    (here / "any.toml").write_bytes(SCENARIO.encode()[:cut] + content + SCENARIO.encode()[cut:])
    refuse_all_else(*outcome_of("show", "any.toml"))


HEADER = "kind,symbol,timestamp_ms,sequence,side,price,quantity"
ROWS = """\
instrument,A,1000,,tick,0.5,
instrument,A,1000,,lot,,0.1
instrument,A,1000,,open,100,
snapshot,A,1000,1,bid,99.5,1
snapshot,A,1000,1,ask,100,1
delta,A,2000,2,bid,99,1
trade,A,3000,,buy,100,1
reconnect,A,3500,,halt,,
snapshot,A,4000,3,bid,99.5,1
snapshot,A,4000,3,ask,100,1
end,,61000,,,,""".splitlines()
CELLS = st.one_of(
    st.sampled_from(
        ["", "A", "B", "end", "bid", "nan", "inf", "-1", "0", "1e300", "1e-300", "9" * 30, '"', "1_0", " 1"]
    ),
    st.sampled_from([str(2**63 - 1), str(-(2**63)), "1" * 5000, "\x1b[31m", "\0", "\r", "99.75", "1e-17", "1e17"]),
    st.text(max_size=8),
    st.floats().map(str),
    st.integers().map(str),
)


def refuse_all_but_a_line(path: Path) -> None:
    """Read a recording to its end: it is read, or refused in one line that names the file."""
    try:
        recording = Recording(path)
        for _ in recording.stream(3600, (Book, Delta, Trade, Candle, Reconnect)):
            pass
        recording.feed_hash()
    except RecordingError as error:
        told = str(error)
        assert told.startswith(f"{path}: ")
        assert "\n" not in told
        assert len(told) < 2000


@budget(40)
@given(edits=st.lists(st.tuples(st.integers(0, 10), st.integers(0, 6), CELLS), min_size=1, max_size=4), data=st.data())
def test_any_recording_is_read_or_refused(edits: list[tuple[int, int, str]], data: st.DataObject) -> None:
    rows = [row.split(",") for row in ROWS]
    for row, column, cell in edits:
        rows[row][column] = cell
    lines = [HEADER, *(",".join(row) for row in rows)]
    if data.draw(st.booleans()):
        lines = data.draw(st.permutations(lines))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "any.csv")
        path.write_bytes("\n".join(lines).encode("utf-8", errors="surrogatepass"))
        refuse_all_but_a_line(path)


@budget(25)
@given(content=st.binary(max_size=3000), suffix=st.sampled_from(["csv", "parquet"]), headed=st.booleans())
def test_any_bytes_as_a_recording_are_refused(content: bytes, suffix: str, headed: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"any.{suffix}")
        path.write_bytes((HEADER.encode() + b"\n" if headed and suffix == "csv" else b"") + content)
        refuse_all_but_a_line(path)


RUN = "runs/old/seed-1"
JSON_FILES = ("manifest.json", f"{RUN}/run.json")
ANY_FILES = (
    *("scenario.toml", "manifest.json", "anchors.json", "controls/control.json"),
    *(f"{RUN}/{name}" for name in ("run.json", "samples.parquet", "samples.bin", "events.jsonl", "owners.jsonl")),
    *(f"{RUN}/{name}" for name in ("owners.parquet", "children.jsonl", "children.parquet", "job.json", "notes.jsonl")),
)


def explained(result: Path) -> tuple[int, str]:
    return outcome_of("explain", str(result), "--results", str(result.parent))


@budget(4, costs=10)
@given(name=st.sampled_from(JSON_FILES), place=st.lists(st.integers(0, 30), min_size=1, max_size=3), value=VALUES)
def test_any_edited_json_of_a_result_is_read_or_refused(name: str, place: list[int], value: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        result = golden_copy(Path(folder))
        table = json.loads((result / name).read_text())
        edited(table, place, value)
        (result / name).write_text(json.dumps(table))
        refuse_all_else(*explained(result))


@budget(4, costs=10)
@given(name=st.sampled_from(ANY_FILES), content=st.binary(max_size=2000), kept=st.booleans())
def test_any_bytes_in_a_result_are_read_or_refused(name: str, content: bytes, kept: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        result = golden_copy(Path(folder))
        file = result / name
        file.parent.mkdir(exist_ok=True)
        before = file.read_bytes() if kept and file.exists() else b""
        file.write_bytes(before[: len(before) // 2] + content + before[len(before) // 2 :])
        refuse_all_else(*explained(result))


@budget(3, costs=10)
@given(
    column=st.sampled_from(SAMPLE.names or ()),
    rows=st.lists(st.integers(0, 50), min_size=1, max_size=4),
    value=st.one_of(st.floats(), st.sampled_from([np.nan, np.inf, -1.0, 0.0, 1e18, -1e18])),
)
def test_any_samples_of_a_result_are_read_or_refused(column: str, rows: list[int], value: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        result = golden_copy(Path(folder))
        file = result / RUN / "samples.parquet"
        samples = pd.read_parquet(file)
        if column not in samples:
            samples[column] = 0.0
        kind = object if column == "phase" else np.float64
        cells = samples[column].to_numpy(dtype=kind, na_value=np.nan).copy()
        cells[[row % len(cells) for row in rows]] = str(value) if column == "phase" else value
        samples[column] = cells
        samples.to_parquet(file)
        refuse_all_else(*explained(result))


@pytest.mark.parametrize("name", ["verdict.json", "memory.png"])
def test_a_result_that_cannot_be_written_is_one_line(tmp_path: Path, name: str) -> None:
    result = golden_copy(tmp_path)
    (result / name).mkdir()
    code, told = outcome_of("report", str(result))
    assert code == 3
    assert told == f"soak: {result}: Is a directory: nothing that was recorded is lost\n"


@pytest.mark.parametrize("name", ["seed-x", "seed-01"])
def test_a_folder_that_names_no_seed_is_one_line(tmp_path: Path, name: str) -> None:
    result = golden_copy(tmp_path)
    (result / "runs" / "old" / name).mkdir()
    code, told = outcome_of("report", str(result))
    assert code == 2
    assert told.startswith(f"soak: {result / 'runs' / 'old' / name}: not of the form ")
    assert told.count("\n") == 1


def test_json_without_end_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = golden_copy(tmp_path) / "manifest.json"
    os.truncate(file, 10**12)
    code, told = explained(file.parent)
    assert code == 2
    assert told == f"soak: {file}: cannot be read: it has 1,000,000,000,000 bytes, at most 64,000,000 are written\n"


def test_a_manifest_without_a_scenario_leaves_the_name_of_the_scenario(tmp_path: Path) -> None:
    result = golden_copy(tmp_path)
    manifest = json.loads((result / "manifest.json").read_text())
    for change in ({"scenario": None}, {}):
        kept = {name: value for name, value in manifest.items() if name != "scenario"}
        (result / "manifest.json").write_text(json.dumps(kept | change))
        refuse_all_else(*explained(result))
