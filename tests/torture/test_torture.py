"""A few trials of the tormentor; ``make torture TRIALS=300`` is the long form."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.conftest import PATIENCE_S
from tests.torture.tormentor import Tormentor

SEED, TRIALS = 1, 2


@pytest.mark.long
@pytest.mark.soak
def test_whatever_is_done_to_a_soak_its_promises_hold(tmp_path: Path) -> None:
    tormentor = Tormentor(tmp_path, SEED, ended_s=PATIENCE_S)
    trials = [tormentor.trial(number) for number in range(TRIALS)]
    broken = [f"make torture SEED={SEED} TRIAL={trial.number}: {trial.broken}" for trial in trials if trial.broken]
    assert broken == []
