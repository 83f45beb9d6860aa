"""Thirty trials of the tormentor; ``make torture TRIALS=300`` is the long form."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.conftest import PATIENCE_S
from tests.torture.tormentor import Tormentor

SEED, TRIALS, TOGETHER = 1, 30, 5


@pytest.mark.soak
@pytest.mark.long
@pytest.mark.torture
@pytest.mark.parametrize("first", range(0, TRIALS, TOGETHER))
def test_whatever_is_done_to_a_soak_its_promises_hold(tmp_path: Path, first: int) -> None:
    tormentor = Tormentor(tmp_path, SEED, ended_s=PATIENCE_S)
    trials = [tormentor.trial(number) for number in range(first, first + TOGETHER)]
    broken = [f"make torture SEED={SEED} TRIAL={trial.number}: {trial.broken}" for trial in trials if trial.broken]
    assert broken == []
