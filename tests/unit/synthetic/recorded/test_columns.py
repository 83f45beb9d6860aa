from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from synthetic.recorded.columns import first_problem, first_wrong_line
from synthetic.recorded.rows import Rows

TYPES = {"time": pa.int64(), "price": pa.float64(), "whole": pa.bool_()}
HEADER = "time,price,whole,note"


def rows(*numbers: int) -> Rows:
    column = np.array(numbers, dtype=np.int64)
    return Rows(
        number=column,
        kind=column,
        symbol=column,
        side=column,
        price=column.astype(np.float64),
        quantity=column.astype(np.float64),
        time_ms=column,
        sequence=column,
    )


def test_pieces_of_rows_are_cut_and_put_together_again():
    whole = rows(1, 2, 3, 4)
    parted = whole.at(slice(3)).followed_by(whole.at(slice(3, None)))
    assert len(parted) == 4
    assert parted.number.tolist() == [1, 2, 3, 4]
    assert whole.at(whole.price > 2).sequence.tolist() == [3, 4]


def test_the_first_wrong_row_is_named_and_of_two_problems_of_one_row_the_first():
    late, early, never = (np.array(wrong) for wrong in ([False, True], [True, True], [False, False]))
    assert first_problem([(never, "a"), (late, "b"), (early, "c"), (early, "d")]) == (0, "c")
    assert first_problem([(never, "a")]) is None


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("1,2.5,true,anything", None),
        ("soon,2.5,true,", "row 2: time = 'soon': must be int64"),
        ("1,dear,true,", "row 2: price = 'dear': must be double"),
        ("1,2.5,perhaps,", "row 2: whole = 'perhaps': must be bool"),
        ("1,2.5,true", "row 2 has 3 columns, not 4"),
    ],
)
def test_the_first_line_that_cannot_be_read_is_named(line, problem):
    assert first_wrong_line([HEADER, "1,1,false,", line], TYPES, may_be_empty=False) == problem


def test_an_empty_cell_is_wrong_only_where_none_may_be_empty():
    assert first_wrong_line([HEADER, ",,,"], TYPES, may_be_empty=True) is None
    assert first_wrong_line([HEADER, ",,,"], TYPES, may_be_empty=False) == "row 1: time = '': must be int64"
