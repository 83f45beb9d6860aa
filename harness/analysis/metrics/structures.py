"""What the structures that the note names hold, by the walks of a run: MB at full scale, shares of the growth.

They are known by the name of the attribute that holds them, wherever it hangs in the target.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from harness.analysis.estimates import Reading, absent
from harness.analysis.owners.growth import Walks, walks
from harness.analysis.runs import Run

SNAPSHOTS = ("snapshot_history",)
CANDLES = ("candle_history",)
FEATURES = ("feature_buffers",)
RECORDS = ("label_buffers", "metadata_buffers")
CLEARED = ("_cache", "level_ttl_history")
"""Named by the note in what Fix 4 clears, without a size."""

NAMED = (*SNAPSHOTS, *CANDLES, *FEATURES, *RECORDS, *CLEARED)


def most_mb(*attributes: str) -> Callable[[Run], Reading]:
    """The most that these attributes held together in a walk under feed, MB at full scale."""

    def read(run: Run) -> Reading:
        walked = walks(run)
        if walked is None:
            return _not_walked(run)
        held = _held_gb(walked, attributes)
        if held is None:
            return absent("not applicable", f"{run.config} holds nothing by the name of {' or '.join(attributes)}")
        return Reading(float(held.max()) * 1e3)

    return read


def growth_share(run: Run) -> Reading:
    """The share that NAMED hold of the growth of live bytes, from the first walk to that at which they were highest."""
    walked = walks(run)
    if walked is None:
        return _not_walked(run)
    held = _held_gb(walked, NAMED)
    live = walked.gb.sum(axis=1).to_numpy()
    highest = int(live.argmax())
    grown = float(live[highest] - live[0])
    if held is None:
        return absent("not applicable", f"{run.config} holds nothing that the note names")
    if grown <= 0:
        return absent("not applicable", f"{run.config}: live bytes did not grow from walk to walk")
    return Reading(float(held[highest] - held[0]) / grown)


def _held_gb(walked: Walks, attributes: tuple[str, ...]) -> NDArray[np.float64] | None:
    """What is held below attributes of these names, GB, shape (walks,); None where no walk met one."""
    inside = re.compile(rf"(^|\.)({'|'.join(map(re.escape, attributes))})($|[.\[])")
    paths = [path for path in walked.gb.columns if inside.search(str(path))]
    held: NDArray[np.float64] = walked.gb[paths].sum(axis=1).to_numpy(dtype=np.float64)
    return held if paths else None


def _not_walked(run: Run) -> Reading:
    return absent("not applicable", f"{run.config} was not walked for owners")
