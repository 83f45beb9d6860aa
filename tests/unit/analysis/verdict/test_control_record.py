"""control.json: written, read again, refused where it is damaged, and what it takes from a soak."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.verdict.control_record import CONTROL_FILE, Check, ControlRecord, read_controls, write_controls
from harness.errors import UsageError

HOLDS = Check("nothing kept", "range of RSS", "0.06%", "at most 1%", True)
MISSED = [
    Check("injected leak", "verdict on RSS", "OK, 0.01 [0.00, 0.02] GB/h: " + "no leak " * 30, "LEAK", False),
    Check("injected leak", "rate of live bytes", "not known", "0.2 GB/h ± 5%", False),
    Check("injected leak", "owner that grows fastest", "a.b", "retained[*]", False),
]
LATE = Check("real time", "slope of RSS against virtual time", "+4.10%", "± 3%", False)


def record(*checks: Check, short: bool = True) -> ControlRecord:
    return ControlRecord("smoke", 0.05, short, 0.2, checks)


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """The result whose controls are written, some of the table's keys replaced; None takes one out."""

    def write(made: ControlRecord, **changes: Any) -> Path:
        folder = tmp_path / "controls"
        folder.mkdir(exist_ok=True)
        file = write_controls(made, folder)
        table = {**json.loads(file.read_text(encoding="utf-8")), **changes}
        file.write_text(json.dumps({key: value for key, value in table.items() if value is not None}))
        return tmp_path

    return write


@pytest.mark.parametrize("made", [record(HOLDS), record(HOLDS, *MISSED, LATE, short=False)])
def test_what_is_written_is_read(written, made: ControlRecord) -> None:
    result = written(made)
    assert read_controls(result) == made
    assert [path.name for path in (result / "controls").iterdir()] == [CONTROL_FILE]


def test_a_result_without_controls_has_none(tmp_path: Path) -> None:
    assert read_controls(tmp_path) is None


def test_controls_that_were_never_judged_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "controls" / "clean").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"controls/control.json: cannot be read: .*No such file"):
        read_controls(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"checks": []},
        {"checks": None},
        {"checks": [{**dataclasses.asdict(HOLDS), "passed": "yes"}]},
        {"checks": [{"control": "real time"}]},
        {"short": "true"},
        {"memory_scale": "small"},
        {"injected_gb_per_hour": []},
    ],
)
def test_a_damaged_record_is_one_clear_error(written, changes: dict[str, Any]) -> None:
    result = written(record(HOLDS), **changes)
    with pytest.raises(UsageError, match=r"controls/control\.json: is "):
        read_controls(result)


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1'])
def test_what_is_no_record_at_all_is_one_clear_error(written, text: str) -> None:
    result = written(record(HOLDS))
    (result / "controls" / CONTROL_FILE).write_text(text)
    with pytest.raises(UsageError, match=r"controls/control\.json"):
        read_controls(result)


def test_a_status_that_was_edited_changes_nothing(written) -> None:
    found = read_controls(written(record(LATE), status="met"))
    assert found is not None
    assert (found.held, found.status) == (False, "invalid")


def test_every_control_that_failed_is_one_short_reason() -> None:
    made = record(HOLDS, *MISSED, LATE)
    assert made.failed == ("injected leak", "real time")
    leak, clock = made.reasons()
    assert leak.startswith("the controls do not hold: injected leak (verdict on RSS: OK, 0.01 [0.00, 0.02] GB/h: ")
    assert leak.endswith(" ... where LEAK was due; 2 more checks failed)")
    assert len(leak) < 220
    assert clock == (
        "the controls do not hold: real time (slope of RSS against virtual time: +4.10% where ± 3% was due)"
    )


def test_controls_that_hold_are_one_line() -> None:
    assert record(HOLDS, HOLDS).reasons() == ()
    assert record(HOLDS, HOLDS).summary == "Controls held: 2 of 2 checks (short)"
    assert record(HOLDS, LATE, short=False).summary == "Controls held: 1 of 2 checks (long)"
