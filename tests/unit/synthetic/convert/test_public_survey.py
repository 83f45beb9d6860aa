from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthetic.convert.public_survey import CommonStep, NoStepError


def found(*pieces: list[float]) -> float | None:
    step = CommonStep()
    for piece in pieces:
        step.take(np.array(piece))
    return step.step


@pytest.mark.parametrize(
    ("pieces", "step"),
    [
        ([[65_000.1, 65_000.5, 64_999.9]], 0.1),
        ([[65_000.1], [0.0], [65_000.05]], 0.05),
        ([[0.5, 1.5, 4.0]], 0.5),
        ([[300.0, 1200.0], [700.0]], 100.0),
        ([[0.00001234, 0.0000124]], 2e-8),
        ([[0.1 + 0.2, 0.1]], 0.1),  # computed, not typed: a few units of the last place off
        ([[0.0], []], None),
    ],
)
def test_the_greatest_common_step_is_found(pieces, step):
    assert found(*pieces) == step


@given(
    decimals=st.integers(0, 8),
    digit=st.sampled_from([1, 2, 5, 25]),
    steps=st.lists(st.integers(1, 10**6), min_size=1, max_size=20),
    cut=st.integers(0, 20),
)
def test_what_is_found_is_the_step_times_the_common_divisor(decimals, digit, steps, cut):
    values = [number * digit / 10**decimals for number in steps]
    assert found(values[:cut], values[cut:]) == pytest.approx(math.gcd(*steps) * digit / 10**decimals, rel=1e-12)


def test_what_is_no_decimal_number_is_named():
    with pytest.raises(NoStepError) as raised:
        found([1.5, float(np.float32(0.1))])
    assert raised.value.place == 1
