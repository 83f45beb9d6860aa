"""The feature store: batches of samples wait in a queue until the disk has written them."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray


@dataclass(slots=True)
class SampleBatch:
    """Samples of one symbol on their way to disk; `memory_bytes` is what they hold meanwhile."""

    symbol: str
    features: list[NDArray[np.float64]]
    labels: list[dict[str, Any]]
    metadata: list[dict[str, Any]]
    memory_bytes: int


class FeatureStore:
    """Writes batches one after another, as fast as the disk allows: a write takes its bytes / disk rate.

    A batch becomes one Parquet file (and, in the legacy format, a .npy and a .json beside it); files are numbered,
    and none is ever overwritten; a store that follows another in one folder is told how many that
    one has `written`. `on_done(batch, error)` is called for every batch, with the OSError of a write that failed;
    `writing` is added to: the bytes written, and the CPU seconds of the process meanwhile.
    """

    def __init__(
        self,
        folder: Path,
        feature_names: Sequence[str],
        *,
        disk_bytes_per_s: float,
        use_legacy_format: bool,
        on_done: Callable[[SampleBatch, OSError | None], None],
        written: int = 0,
        writing: array[float] | None = None,
    ) -> None:
        self.pending: asyncio.Queue[SampleBatch] = asyncio.Queue()
        self._folder = folder
        self._names = list(feature_names)
        self._disk_bytes_per_s = disk_bytes_per_s
        self._use_legacy_format = use_legacy_format
        self._on_done = on_done
        self._written = written
        self._writing = array("d", (0.0, 0.0)) if writing is None else writing

    async def run(self) -> None:
        """Write whatever is pending, until cancelled."""
        while True:
            batch = await self.pending.get()
            error = None
            try:
                size = self._measured_write(batch)
            except OSError as caught:
                error = caught
            else:
                await asyncio.sleep(size / self._disk_bytes_per_s)
            self._on_done(batch, error)
            del batch
            self.pending.task_done()

    def _measured_write(self, batch: SampleBatch) -> int:
        began_s = time.process_time()
        size = self.write(batch)
        self._writing[0] += size
        self._writing[1] += time.process_time() - began_s
        return size

    def write(self, batch: SampleBatch) -> int:
        """Write one batch now; return the bytes written. Raises OSError."""
        self._written += 1
        path = self._folder / f"{batch.symbol}-{self._written:06d}.parquet"
        rows = np.array(batch.features)
        columns: dict[str, Any] = {name: rows[:, position] for position, name in enumerate(self._names)}
        for records in (batch.metadata, batch.labels):
            columns.update({key: [record[key] for record in records] for key in records[0]})
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        partial = path.with_suffix(".partial")
        with partial.open("xb") as file:
            pq.write_table(pa.table(columns), file, compression="snappy", write_statistics=False, use_dictionary=False)
        partial.rename(path)  # whole, or not by this name: a process may be killed while it writes
        size = path.stat().st_size
        if self._use_legacy_format:
            with path.with_suffix(".npy").open("xb") as file:
                np.save(file, rows, allow_pickle=False)
            with path.with_suffix(".json").open("x", encoding="utf-8") as text:
                json.dump({"labels": batch.labels, "metadata": batch.metadata}, text)
            size += path.with_suffix(".npy").stat().st_size + path.with_suffix(".json").stat().st_size
        return size
