"""Samples: buffered, written, counted, never overwritten, and never silently lost."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from harness.collector.feature_store import FeatureStore
from harness.collector.orderbook import OrderBookSnapshot
from harness.collector.parameters import Parameters
from harness.collector.pipeline import FEATURE_NAMES, CachedFeatures
from harness.collector.sample_buffers import MLDataCollector, SampleCounters
from tests.unit.collector.world import SYMBOLS, World


def latest(number: int, symbol: str = SYMBOLS[0]) -> CachedFeatures:
    snapshot = OrderBookSnapshot(symbol, 1000 * number, [(99.0 + number, 1.0)], [(101.0 + number, 1.0)])
    return CachedFeatures(np.arange(112.0) + number, snapshot)


def collector(world: World, **params: float | bool) -> tuple[MLDataCollector, SampleCounters]:
    counters = SampleCounters()
    made = MLDataCollector(Parameters(**params), SYMBOLS, world.environment.data_dir, counters, world.environment.emit)
    return made, counters


async def written(made: MLDataCollector) -> None:
    writer = asyncio.create_task(made.store.run())
    await made.finalize()
    writer.cancel()


def files(world: World, suffix: str) -> list[Path]:
    return sorted(world.environment.data_dir.glob(f"*{suffix}"))


def test_a_full_buffer_is_handed_to_the_store(world: World) -> None:
    made, counters = collector(world, max_samples_per_file=3)
    for number in range(7):
        made.collect(SYMBOLS[0], latest(number))
    assert made.store.pending.qsize() == 2
    assert len(made.feature_buffers[SYMBOLS[0]]) == 1
    assert (counters.collected, counters.persisted, counters.lost) == (7, 0, 0)


def test_a_buffer_is_also_full_by_its_bytes(world: World) -> None:
    made, counters = collector(world, max_buffer_memory_mb=0.01)
    for number in range(20):
        made.collect(SYMBOLS[0], latest(number))
    per_batch = -(-10_000 // (counters.collected_bytes // 20))
    assert made.store.pending.qsize() == 20 // per_batch


def test_samples_are_on_disk_with_their_names(world: World) -> None:
    made, counters = collector(world, use_legacy_format=True)
    for number in range(3):
        made.collect(SYMBOLS[0], latest(number))
    world.clock.run(written(made))
    (file,) = files(world, ".parquet")
    table = pq.read_table(file)
    assert table.num_rows == 3
    assert set(FEATURE_NAMES) < set(table.column_names)
    assert table["best_bid"].to_pylist() == [0.0, 1.0, 2.0]
    assert np.array_equal(np.load(files(world, ".npy")[0]), [np.arange(112.0) + n for n in range(3)])
    legacy = json.loads(files(world, ".json")[0].read_text())
    assert [record["direction"] for record in legacy["labels"]] == [0, 1, 1]
    assert [record["timestamp_ms"] for record in legacy["metadata"]] == [0, 1000, 2000]
    assert (counters.collected, counters.persisted, counters.lost, counters.buffered_bytes) == (3, 3, 0, 0)


def test_without_the_legacy_format_there_is_parquet_alone(world: World) -> None:
    made, _ = collector(world, use_legacy_format=False)
    made.collect(SYMBOLS[0], latest(1))
    world.clock.run(written(made))
    assert len(list(world.environment.data_dir.iterdir())) == len(files(world, ".parquet")) == 1


def test_no_file_is_overwritten(world: World) -> None:
    made, _ = collector(world, max_samples_per_file=1)
    for number in range(5):
        made.collect(SYMBOLS[0], latest(number))
    world.clock.run(written(made))
    assert len(files(world, ".parquet")) == 5
    again, counters = collector(world, max_samples_per_file=1)
    again.collect(SYMBOLS[0], latest(9))
    world.clock.run(written(again))
    assert len(files(world, ".parquet")) == 5
    assert (counters.persisted, counters.lost) == (0, 1)
    assert "exists" in world.of_kind("write_failed")[0]["error"]


def test_a_write_takes_its_bytes_over_the_disks_rate(world: World) -> None:
    made, counters = collector(world, max_samples_per_file=1, use_legacy_format=False, disk_mb_per_s=0.01)
    for number in range(4):
        made.collect(SYMBOLS[0], latest(number))
    assert counters.buffered_bytes == counters.collected_bytes
    world.clock.run(written(made))
    size = sum(file.stat().st_size for file in files(world, ".parquet"))
    assert world.clock.now_s() == pytest.approx(size / 10_000)
    assert counters.buffered_bytes_peak == counters.collected_bytes


def test_a_full_disk_loses_samples_and_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made, counters = collector(world)
    made.collect(SYMBOLS[0], latest(1))
    made.collect(SYMBOLS[0], latest(2))

    def refuse(store: FeatureStore, batch: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FeatureStore, "write", refuse)
    world.clock.run(written(made))
    assert (counters.collected, counters.persisted, counters.lost) == (2, 0, 2)
    assert world.of_kind("write_failed")[0]["samples"] == 2


def test_clearing_the_buffers_counts_what_is_thrown_away(world: World) -> None:
    made, counters = collector(world)
    made.collect(SYMBOLS[0], latest(1))
    made.clear_buffers()
    assert (counters.lost, counters.buffered_bytes) == (1, 0)
    assert not made.feature_buffers[SYMBOLS[0]]


def test_capacity_is_counted_in_samples_of_the_measured_size(world: World) -> None:
    made, counters = collector(world, max_samples_per_file=2000)
    made.collect(SYMBOLS[0], latest(1))
    numbers = counters.as_numbers()
    assert numbers["buffer_capacity_bytes"] == 3 * 2000 * numbers["sample_bytes"]
    assert numbers["sample_bytes"] > 112 * 8


def test_what_is_written_and_its_cpu_are_counted(world: World) -> None:
    made, counters = collector(world, max_samples_per_file=2, use_legacy_format=True)
    for number in range(6):
        made.collect(SYMBOLS[0], latest(number))
    world.clock.run(written(made))
    numbers = counters.as_numbers()
    on_disk = sum(file.stat().st_size for file in world.environment.data_dir.iterdir())
    assert numbers["written_bytes"] == on_disk > 6 * 112 * 8 * 2
    assert numbers["write_cpu_s"] > 0


KILLED_WHILE_WRITING = """\
import resource, signal, sys
from pathlib import Path
import numpy as np
from harness.collector.feature_store import FeatureStore, SampleBatch
folder = Path(sys.argv[1])
store = FeatureStore(folder, ["x"], disk_bytes_per_s=1.0, use_legacy_format=False, on_done=print)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
store.write(SampleBatch("A", [np.zeros(1)] * 99, [{"direction": 0}] * 99, [{"timestamp_ms": 0}] * 99, 1))
"""


def test_a_process_that_is_killed_while_it_writes_leaves_no_file_under_its_final_name(tmp_path: Path) -> None:
    code = subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, str(tmp_path)], check=False).returncode
    assert code == -signal.SIGXFSZ
    assert not list(tmp_path.glob("*.parquet"))
