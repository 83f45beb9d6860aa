"""A history of five releases, as a search begins with it."""

from __future__ import annotations

import pytest

from harness.histories.candidate import Candidate
from harness.histories.freezing import Frozen
from harness.histories.history_file import History


@pytest.fixture
def history() -> History:
    candidates = tuple(Candidate(f"1.{minor}", f"ticks==1.{minor}") for minor in range(5))
    frozen = Frozen("ticks", "python", ("adapter",), {"adapter": "7", "deltas": "2.0"})
    return History("ticks", "bot", candidates, frozen, hours=(1.0, 4.0), seeds=(3, 3), most=20)
