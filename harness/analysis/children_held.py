"""What the processes that a target started held at the samples of its run: together, by command, and with RSS."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.soaks.children_file import pss_at, tree_bytes, without_the_stop

_Numbers = NDArray[np.float64]


class ChildrenHeld:
    """GB at full scale at every sample of one run, shape (samples,); NaN where nothing was read.

    `readings` are those of its children.parquet; `t_s`, `rss_bytes` and `fed` tell of its samples when they were taken,
    their RSS, and which were taken before the stop. Bytes are divided by the memory scale, as those of RSS above the
    baseline are. No ballast fills them up: in a small world what a program takes before it does anything counts for
    more than it is.
    """

    def __init__(
        self, readings: pd.DataFrame, t_s: _Numbers, rss_bytes: _Numbers, fed: NDArray[np.bool_], memory_scale: float
    ) -> None:
        self._readings = without_the_stop(readings, float(t_s[fed][-1])) if fed.any() else readings
        self._t_s, self._rss_bytes, self._fed = t_s, rss_bytes, fed
        self._memory_scale = memory_scale

    @cached_property
    def gb(self) -> _Numbers:
        """PSS of all of them."""
        return self._at_samples(self._readings)

    def of_command_gb(self, command: str) -> _Numbers:
        """PSS of those of one command; 0 where others were read, and it had none."""
        mine = self._at_samples(self._readings[self._readings["command"] == command])
        return np.where(np.isfinite(self.gb) & np.isnan(mine), 0.0, mine)

    @cached_property
    def tree_gb(self) -> _Numbers:
        """RSS of the judged process and PSS of all of them, interpolated between two readings; without NaN."""
        held = tree_bytes(self._t_s, self._rss_bytes, self._readings, self._fed)
        return self._at_full_scale(held)

    @cached_property
    def tree_since_first_gb(self) -> _Numbers:
        """The same since there was one; NaN before, and where there never was any."""
        return np.where(np.maximum.accumulate(np.isfinite(self.gb)), self.tree_gb, np.nan)

    @cached_property
    def tree_as_known_gb(self) -> _Numbers:
        """RSS at each sample, and what they held when they were last read; NaN before they ever were."""
        read = np.isfinite(self.gb)
        last = np.maximum.accumulate(np.where(read, np.arange(read.size), 0))
        return self._at_full_scale(self._rss_bytes) + self.gb[last]

    def _at_samples(self, readings: pd.DataFrame) -> _Numbers:
        return self._at_full_scale(pss_at(self._t_s, readings))

    def _at_full_scale(self, real_bytes: _Numbers) -> _Numbers:
        held = real_bytes / self._memory_scale / 1e9
        held.setflags(write=False)
        return held
