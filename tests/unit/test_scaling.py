from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.scaling import RATE, STOCK, markers, scaled_value

scales = st.floats(min_value=0.001, max_value=1.0)
counts = st.integers(min_value=0, max_value=10**9)


@pytest.mark.parametrize(
    ("value", "scale", "scaled"),
    [
        (2000, 0.1, 200),
        (25, 0.1, 3),  # half up, not half to even
        (35, 0.1, 4),
        (24, 0.1, 2),
        (1, 0.1, 1),  # at least 1
        (0, 0.1, 0),  # nothing stays nothing
        (50, 0.29, 15),  # 14.5 in the scale as it is written, though 50 * 0.29 is less in binary
        (7, 1.0, 7),
    ],
)
def test_a_count_is_rounded_half_up_and_at_least_one(value: int, scale: float, scaled: int) -> None:
    assert scaled_value(value, scale) == scaled
    assert isinstance(scaled_value(value, scale), int)


def test_a_float_is_not_rounded() -> None:
    assert scaled_value(5.0, 0.1) == 0.5
    assert scaled_value(1.0, 0.001) == 0.001


@given(value=counts, scale=scales)
def test_a_scaled_count_is_within_one_half_or_the_least(value: int, scale: float) -> None:
    scaled = scaled_value(value, scale)
    assert abs(scaled - value * scale) <= 0.5 + 1e-6 or scaled == 1
    assert scaled <= max(1, value)


@given(smaller=counts, larger=counts, scale=scales)
def test_order_is_kept(smaller: int, larger: int, scale: float) -> None:
    smaller, larger = sorted((smaller, larger))
    assert scaled_value(smaller, scale) <= scaled_value(larger, scale)


@given(value=st.one_of(counts, st.floats(min_value=0, max_value=1e9)))
def test_at_full_scale_nothing_changes(value: float) -> None:
    assert scaled_value(value, 1.0) == value


@dataclass
class Marked:
    limit: Annotated[int, STOCK] | None = None
    queue: Annotated[int | None, "per symbol", STOCK] = None
    leak: Annotated[float, RATE] = 0.0
    minutes: Annotated[float, "no marker"] = 1.0
    name: str = ""
    version: ClassVar[int] = 1


def test_a_marker_is_found_inside_and_outside_of_an_optional_type() -> None:
    assert markers(Marked) == {"limit": STOCK, "queue": STOCK, "leak": RATE}
