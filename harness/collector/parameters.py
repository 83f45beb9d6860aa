"""The parameters of the reference collector: one field per number of the note, each with its unit and how it scales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Le

from harness.scaling import RATE, STOCK


@dataclass(frozen=True, slots=True)
class Parameters:
    """A config of the reference collector. The defaults are the note's values before any fix ("old").

    The threshold of Fix 3 can be read in two ways. As a gate (`memory_check_s` 0) an attempt at a cleanup does nothing
    below it. As a check of its own, made every `memory_check_s` seconds, it brings a cleanup above it, and the cleanup
    that is due every so many cycles asks nothing.
    """

    # Fix 1: sample buffers
    max_samples_per_file: Annotated[int, Ge(1), Le(10_000_000), STOCK] = 2000  # per symbol
    max_buffer_memory_mb: Annotated[float, Gt(0), Le(1e6), STOCK] = 200.0  # per symbol, MB = 10^6 bytes
    use_legacy_format: bool = True  # also write .npy and .json beside each Parquet file
    # Fix 2 and Fix 3: cleanup
    cleanup_interval_cycles: Annotated[int, Ge(1), Le(10_000_000)] = 1000
    cleanup_threshold_mb: Annotated[float, Ge(0), Le(1e9), STOCK] = 8000.0  # RSS below which an attempt does nothing
    memory_check_s: Annotated[float, Ge(0), Le(86_400)] = 0.0  # seconds between checks of the threshold
    # Fix 4: stop()
    release_on_stop: bool = False
    # Fix 5: histories
    snapshot_history_size: Annotated[int, Ge(2), Le(1_000_000), STOCK] = 100  # books per symbol
    candle_history_size: Annotated[int, Ge(64), Le(1_000_000)] = 200  # candles per symbol; indicators need 64
    # what the note holds constant
    collection_interval: Annotated[int, Ge(1), Le(1_000_000)] = 10  # cycles
    samples_per_interval: Annotated[float, Gt(0), Le(1000), RATE] = 1.0  # per symbol
    disk_mb_per_s: Annotated[float, Gt(0), Le(1e6), RATE] = 100.0
    # what the note leaves open
    cache_limit: Annotated[int, Ge(1), STOCK] | None = None  # cached feature vectors per symbol; None: cleanup only
    level_limit: Annotated[int, Ge(1), STOCK] | None = None  # vanished levels noted per symbol; None: cleanup only
    cleanup_saves_buffers: bool = True  # a cleanup writes the sample buffers before it clears what grows
    unreachable_share: Annotated[float, Ge(0), Le(1)] = 0.0  # share of the cached growth that no cleanup reaches
    # "Reduce active symbols"
    active_symbols: Annotated[int, Ge(1)] | None = None  # of those in the market, the most active first; None: all
    # "If memory still leaks": a detector beside the collector
    quote_stuffing_detector: bool = False
    detector_context_levels: Annotated[int, Ge(0), Le(1000)] = 8  # levels a side kept with each update
    detector_pruned_symbols: Annotated[int, Ge(0)] = 5  # how many symbols its pruning reaches
    # the feed's reconnects, of which the note says nothing
    clear_on_reconnect: bool = True  # a symbol that starts over releases its old pipeline
