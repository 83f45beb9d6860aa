"""The file of repetitions: what is written is read, a torn line does not count, and nothing is mixed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.calibration.repeated.records import Origin, append, begun, read
from harness.errors import UsageError
from tests.unit.calibration.repeated.by_hand import ORIGIN, repetition


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("repetitions.jsonl")


def test_what_is_written_is_read(file: Path) -> None:
    origin = replace(ORIGIN, leak=3.0, leaking=("fixed",), options=("--hours 1",))
    written = (repetition(1), repetition(2, "missed", slope=None), repetition(3, "invalid"))
    for one in written:
        append(file, origin, one)
    recorded = read(file)
    assert recorded.repetitions == written == begun(file, origin)
    assert (recorded.origin, recorded.origin.options) == (origin, ("--hours 1",))
    assert [one.outcome for one in recorded.repetitions] == ["met", "red", "red"]


def test_seeds_of_repetitions_have_nothing_in_common() -> None:
    seeds = [ORIGIN.seed_of(number) + added for number in range(1, 101) for added in range(ORIGIN.spacing)]
    assert seeds == list(range(1001, 1601))


def test_a_line_that_was_not_written_to_its_end_is_written_again(file: Path) -> None:
    append(file, ORIGIN, repetition(1))
    append(file, ORIGIN, repetition(2))
    whole = file.read_bytes()
    file.write_bytes(whole[:-10])
    assert begun(file, ORIGIN) == (repetition(1),)
    append(file, ORIGIN, repetition(2))
    assert file.read_bytes() == whole


def test_a_file_without_a_whole_line_holds_nothing(file: Path) -> None:
    assert begun(file, ORIGIN) == ()
    file.write_bytes(b'{"format": 1')
    assert begun(file, ORIGIN) == ()
    with pytest.raises(UsageError, match=r"repetitions\.jsonl: holds no repetition"):
        read(file)
    append(file, ORIGIN, repetition(1))
    assert begun(file, ORIGIN) == (repetition(1),)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (replace(ORIGIN, scenario="smoke_long"), "its scenario is smoke_long, not smoke"),
        (replace(ORIGIN, contents="1" * 64), "its scenario was changed"),
        (replace(ORIGIN, revision="fedc"), "its revision is fedc, not 0123456789abcdef"),
        (replace(ORIGIN, first_seed=7), "its first seed is 7, not 1001"),
        (replace(ORIGIN, spacing=3), "its spacing is 3, not 6"),
        (
            replace(ORIGIN, leak=3.0, leaking=("fixed", "old")),
            "its leak is 3, not none; its leaking is fixed, old, not none",
        ),
    ],
)
def test_repetitions_of_something_else_are_refused(file: Path, other: Origin, said: str) -> None:
    append(file, other, repetition(1))
    with pytest.raises(UsageError) as caught:
        begun(file, ORIGIN)
    assert str(caught.value) == (f"repetitions.jsonl: holds repetitions of something else ({said}): name another --out")


def test_options_alone_make_no_difference(file: Path) -> None:
    append(file, replace(ORIGIN, options=("--hours 0.6",)), repetition(1))
    assert begun(file, ORIGIN) == (repetition(1),)


def test_one_file_holds_repetitions_of_one_thing(file: Path) -> None:
    append(file, ORIGIN, repetition(1))
    append(file, replace(ORIGIN, leak=3.0), repetition(2))
    with pytest.raises(UsageError, match="holds repetitions of something else"):
        read(file)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("no json", "line 2 is no repetition: "),
        ("{}", "line 2 is no repetition: "),
        ("[]", "line 2 is no repetition: "),
        (None, "line 2 holds repetition 1"),
        ('"format": 2', "line 2 is no repetition: its format is not 1"),
        ('"status": "green"', "line 2 is no repetition: status 'green' is none of met, missed"),
    ],
)
def test_a_damaged_line_is_named(file: Path, line: str | None, said: str) -> None:
    append(file, ORIGIN, repetition(1))
    (first,) = file.read_text().splitlines()
    if line is None:
        line = first
    elif line.startswith('"'):
        line = json.dumps({**json.loads(first), **json.loads("{" + line + "}")})
    file.write_text(f"{first}\n{line}\n")
    with pytest.raises(UsageError) as caught:
        read(file)
    assert str(caught.value).startswith(f"repetitions.jsonl: {said}")
