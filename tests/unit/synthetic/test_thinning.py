"""A smaller world has fewer updates and the same ones: as many levels vanish with an update at every memory scale.

Memory goes with the levels that vanish. A world that is small because updates are left out, of which each then has five
times as many at a tenth, would say nothing of the large one.
"""

from __future__ import annotations

import numpy as np
import pytest

from synthetic.events import Delta
from synthetic.market import Market
from synthetic.symbols import instruments

SCALES = (0.05, 0.1, 0.2, 1.0)
UPDATES = 100_000
"""Of one market as many are needed for 1 %: how much of a book moves has a memory of thousands of updates."""

SEEDS = (1, 2, 3)


def vanished_per_update(scale: float, seed: int) -> float:
    """The levels that vanish with an update, in the mean of the first UPDATES of 50 symbols that are not snapshots."""
    listed = instruments(50, seed=seed)
    market = Market(listed, seed=seed, start_ms=1_736_121_600_000, depth=50, books_per_second=5.1 * scale)
    vanished = updates = 0
    for delta in market.stream(1e9, (Delta,)):
        assert isinstance(delta, Delta)
        if delta.sequence > 1:
            updates += 1
            vanished += int(np.count_nonzero(delta.bids[:, 1] == 0) + np.count_nonzero(delta.asks[:, 1] == 0))
        if updates == UPDATES:
            break
    return vanished / updates


@pytest.mark.long
def test_as_many_levels_vanish_with_an_update_at_every_scale() -> None:
    means = {scale: float(np.mean([vanished_per_update(scale, seed) for seed in SEEDS])) for scale in SCALES}
    assert max(means.values()) / min(means.values()) < 1.02, means
