"""Long courses in fewer points that keep every peak and every trough."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_Values = NDArray[np.float64]


def on_one_axis(courses: Sequence[tuple[_Values, _Values]]) -> tuple[_Values, list[_Values]]:
    """Return the instants of all courses, (points,), and each course at them, NaN where it has none.

    A course is its instants, which increase, and its values, both of one shape.
    """
    if not courses:
        return np.empty(0), []
    instants = np.unique(np.concatenate([at for at, _ in courses]))
    rows = []
    for at, values in courses:
        row = np.full(instants.size, np.nan)
        row[np.searchsorted(instants, at)] = values
        rows.append(row)
    return instants, rows


def envelope(instants: _Values, rows: Sequence[_Values], most: int) -> tuple[_Values, list[_Values]]:
    """Return `rows` at no more than `most` instants: of equal spans the lowest and highest value, in their order.

    `instants` and each row have shape (points,); NaN is no value. Of few enough points nothing is changed. Raises
    ValueError where `most` is less than 2.
    """
    if most < 2:
        raise ValueError(f"an envelope has at least 2 points, not {most}")
    if instants.size <= most:
        return instants, list(rows)
    bounds = np.linspace(0, instants.size, most // 2 + 1).astype(int)
    begins, ends = bounds[:-1], bounds[1:] - 1
    return instants[np.stack([begins, ends], axis=1)].ravel(), [_extremes(row, bounds) for row in rows]


def _extremes(row: _Values, bounds: NDArray[np.int_]) -> _Values:
    kept = np.full((bounds.size - 1, 2), np.nan)
    for place, (begin, end) in enumerate(pairwise(bounds)):
        span = row[begin:end]
        if np.isfinite(span).any():
            kept[place] = span[sorted((int(np.nanargmin(span)), int(np.nanargmax(span))))]
    return kept.ravel()
