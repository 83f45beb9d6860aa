"""What a search writes of itself is read again, and what is damaged is one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.histories.freezing import Installed
from harness.histories.history_file import HISTORY_FILE, History


def test_it_is_read_as_it_was_written(history: History, tmp_path: Path) -> None:
    first, second = history.candidates[:2]
    later = history.with_skipped(first, "was yanked").with_world(Installed(second, {}, ("deltas 1.0",)), "1.1-1h")
    later.write(tmp_path)
    read = History.read(tmp_path)
    assert read == later
    assert read.skipped == {"1.0": "was yanked"}
    assert read.differing == {"1.1": ["deltas 1.0"]}


@pytest.mark.parametrize("damage", [{"format": 2}, {"candidates": 3}, {"hours": [1]}, {"more": 1}])
def test_what_is_damaged_is_one_line(history: History, tmp_path: Path, damage: dict[str, object]) -> None:
    history.write(tmp_path)
    path = tmp_path / HISTORY_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **damage}))
    with pytest.raises(UsageError) as error:
        History.read(tmp_path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)
