"""Labels: in order, apart, near where they belong."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from harness.report.drawing.lettering import spread_apart


def test_labels_with_room_stay_where_they_are_wanted() -> None:
    assert spread_apart([20.0, 5.0, 10.0], [2.0, 2.0, 2.0], 0.0, 34.0) == [20.0, 5.0, 10.0]


def test_labels_at_one_place_are_centred_on_it() -> None:
    assert spread_apart([18.0, 18.0, 5.0], [2.0, 2.0, 2.0], 0.0, 34.0) == [17.0, 19.0, 5.0]


def test_labels_stay_inside_at_both_ends() -> None:
    assert spread_apart([33.5, 33.5, 0.0], [2.0, 2.0, 2.0], 0.0, 34.0) == [31.0, 33.0, 1.0]


def test_labels_that_do_not_fit_begin_at_the_lowest() -> None:
    assert spread_apart([1.0, 2.0], [20.0, 20.0], 0.0, 30.0) == [10.0, 30.0]


_labels = st.lists(st.tuples(st.floats(-50, 150), st.floats(0.5, 12)), min_size=1, max_size=12)


@given(_labels)
def test_labels_never_overlap_and_keep_their_order(labels: list[tuple[float, float]]) -> None:
    wanted, heights = [list(column) for column in zip(*labels, strict=True)]
    centres = spread_apart(wanted, heights, 0.0, 100.0)
    boxes = sorted(zip(centres, heights, wanted, strict=True))
    for (below, low_height, _), (above, high_height, _) in itertools.pairwise(boxes):
        assert above - below >= (low_height + high_height) / 2 - 1e-6
    assert [place for _, _, place in boxes] == sorted(wanted)
    assert boxes[0][0] - boxes[0][1] / 2 >= -1e-6
    if sum(heights) <= 100:
        assert boxes[-1][0] + boxes[-1][1] / 2 <= 100 + 1e-6
