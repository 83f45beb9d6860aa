"""The ML data collector: samples of every symbol in buffers, handed to the feature store when they are full."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.collector.feature_store import FeatureStore, SampleBatch
from harness.collector.parameters import Parameters
from harness.collector.pipeline import FEATURE_NAMES, CachedFeatures


@dataclass(slots=True)
class SampleCounters:
    """Samples and cleanups over the life of a collector, and the bytes that buffers and queue held; outlives stop().

    `writing` holds the bytes written and the CPU seconds that it took, in place: a number made at a write would keep an
    arena mapped.
    """

    collected: int = 0
    persisted: int = 0
    lost: int = 0
    collected_bytes: int = 0
    buffered_bytes: int = 0
    buffered_bytes_peak: int = 0
    buffer_capacity_samples: int = 0
    batches: int = 0
    cleanups: int = 0
    writing: array[float] = field(default_factory=lambda: array("d", (0.0, 0.0)))

    def as_numbers(self) -> dict[str, float]:
        """The counters, with the mean size of a sample and the capacity of all buffers in bytes."""
        sample_bytes = self.collected_bytes / self.collected if self.collected else 0.0
        return {
            "collected": self.collected,
            "persisted": self.persisted,
            "lost": self.lost,
            "sample_bytes": sample_bytes,
            "buffer_capacity_bytes": self.buffer_capacity_samples * sample_bytes,
            "buffered_bytes_peak": self.buffered_bytes_peak,
            "cleanups": self.cleanups,
            "written_bytes": self.writing[0],
            "write_cpu_s": self.writing[1],
        }


class MLDataCollector:
    """Three buffers a symbol: feature rows (112,) float64, label dicts, metadata dicts."""

    def __init__(
        self,
        params: Parameters,
        symbols: tuple[str, ...],
        folder: Path,
        counters: SampleCounters,
        emit: Callable[..., None],
    ) -> None:
        self.feature_buffers: dict[str, list[NDArray[np.float64]]] = {symbol: [] for symbol in symbols}
        self.label_buffers: dict[str, list[dict[str, Any]]] = {symbol: [] for symbol in symbols}
        self.metadata_buffers: dict[str, list[dict[str, Any]]] = {symbol: [] for symbol in symbols}
        self.store = FeatureStore(
            folder,
            FEATURE_NAMES,
            disk_bytes_per_s=params.disk_mb_per_s * 1e6,
            use_legacy_format=params.use_legacy_format,
            on_done=self._batch_done,
            written=counters.batches,
            writing=counters.writing,
        )
        self._buffer_bytes = dict.fromkeys(symbols, 0)
        self._last_mid = dict.fromkeys(symbols, 0.0)
        self._max_samples = params.max_samples_per_file
        self._max_bytes = params.max_buffer_memory_mb * 1e6
        self._counters = counters
        self._emit = emit
        counters.buffer_capacity_samples = self._max_samples * len(symbols)

    def collect(self, symbol: str, latest: CachedFeatures) -> None:
        """Buffer one sample of `symbol`; hand the buffers over when they reach their count or their bytes."""
        snapshot = latest.snapshot
        mid = (snapshot.bids[0][0] + snapshot.asks[0][0]) / 2
        last = self._last_mid[symbol] or mid
        row = latest.vector.copy()
        label = {"mid_price": mid, "return_bps": (mid / last - 1) * 1e4, "direction": (mid > last) - (mid < last)}
        metadata = {
            "symbol": symbol,
            "timestamp_ms": snapshot.timestamp_ms,
            "sample": self._counters.collected,
            "spread": snapshot.asks[0][0] - snapshot.bids[0][0],
        }
        self._last_mid[symbol] = mid
        self.feature_buffers[symbol].append(row)
        self.label_buffers[symbol].append(label)
        self.metadata_buffers[symbol].append(metadata)
        size = sys.getsizeof(row) + _dict_bytes(label) + _dict_bytes(metadata)
        counters = self._counters
        counters.collected += 1
        counters.collected_bytes += size
        counters.buffered_bytes += size
        counters.buffered_bytes_peak = max(counters.buffered_bytes_peak, counters.buffered_bytes)
        self._buffer_bytes[symbol] += size
        if len(self.feature_buffers[symbol]) >= self._max_samples or self._buffer_bytes[symbol] >= self._max_bytes:
            self.flush(symbol)

    def flush(self, symbol: str) -> None:
        """Hand the buffered samples of `symbol` to the feature store."""
        if not self.feature_buffers[symbol]:
            return
        batch = SampleBatch(
            symbol,
            self.feature_buffers[symbol],
            self.label_buffers[symbol],
            self.metadata_buffers[symbol],
            self._buffer_bytes[symbol],
        )
        self.feature_buffers[symbol] = []
        self.label_buffers[symbol] = []
        self.metadata_buffers[symbol] = []
        self._buffer_bytes[symbol] = 0
        self.store.pending.put_nowait(batch)

    def flush_all(self) -> None:
        """Hand the buffers of every symbol to the feature store."""
        for symbol in self.feature_buffers:
            self.flush(symbol)

    async def finalize(self) -> None:
        """Save what is buffered, and wait until it is on disk."""
        self.flush_all()
        await self.store.pending.join()

    def clear_buffers(self) -> None:
        """Empty the buffers (Fix 4); what had not been handed over is counted as lost."""
        for symbol, rows in self.feature_buffers.items():
            self._counters.lost += len(rows)
            self._counters.buffered_bytes -= self._buffer_bytes[symbol]
            self._buffer_bytes[symbol] = 0
            rows.clear()
            self.label_buffers[symbol].clear()
            self.metadata_buffers[symbol].clear()

    def _batch_done(self, batch: SampleBatch, error: OSError | None) -> None:
        samples = len(batch.features)
        self._counters.batches += 1
        self._counters.buffered_bytes -= batch.memory_bytes
        if error is None:
            self._counters.persisted += samples
            self._emit("flush", symbol=batch.symbol, samples=samples)
        else:
            self._counters.lost += samples
            self._emit("write_failed", symbol=batch.symbol, samples=samples, error=str(error))


def _dict_bytes(record: dict[str, Any]) -> int:
    """Bytes of a record's dict and values; its keys are shared by all."""
    return sys.getsizeof(record) + sum(sys.getsizeof(value) for value in record.values())
