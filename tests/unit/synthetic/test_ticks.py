from __future__ import annotations

import numpy as np

from synthetic.ticks import whole_steps


def test_values_that_are_no_whole_steps_are_marked():
    whole, away = whole_steps(np.array([0.3, 0.35, 1e6]), 0.1)
    assert whole.tolist()[::2] == [3, 10_000_000]
    assert away.tolist() == [False, True, False]
