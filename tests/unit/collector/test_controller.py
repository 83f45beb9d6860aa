"""The bot: when it samples, when it cleans up, what stop() does with each of its fixes."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import weakref
from types import SimpleNamespace

import pytest

from harness.collector import BotController, Parameters
from synthetic.events import Reconnect
from tests.unit.collector.world import SYMBOLS, World, book, candle


def bot(world: World, rss_mb: float = 10_000, **params: float | bool | None) -> BotController:
    made = BotController(Parameters(**params), world.environment)
    made._process = SimpleNamespace(memory_info=lambda: SimpleNamespace(rss=rss_mb * 1e6))
    return made


async def lived(made: BotController, until_s: float, books: int = 30) -> None:
    """Start the bot, feed every symbol at once, live until `until_s`."""
    await made.start()
    for sequence in range(books):
        for symbol in SYMBOLS:
            made.on_book(book(sequence, symbol))
    await asyncio.sleep(until_s)


def test_cleanups_come_every_so_many_cycles(world: World) -> None:
    made = bot(world, cleanup_interval_cycles=100)

    async def live() -> None:
        await lived(made, 1600)
        await made.stop()

    world.clock.run(live())
    assert [event["t_s"] for event in world.of_kind("cleanup")] == [500, 1000, 1500]


def test_a_cleanup_clears_the_growth_saves_the_samples_and_keeps_the_histories(world: World) -> None:
    made = bot(world, cleanup_interval_cycles=20, snapshot_history_size=10)

    async def live() -> None:
        await lived(made, 101)
        pipelines = made.ml_feature_pipeline.pipelines.values()
        assert [len(pipeline._cache) for pipeline in pipelines] == [0, 0, 0]
        assert [len(pipeline.orderbook_extractor.snapshot_history) for pipeline in pipelines] == [10, 10, 10]
        assert made.counters()["persisted"] == made.counters()["collected"] > 0
        await made.stop()

    world.clock.run(live())


def test_below_the_threshold_an_attempt_does_nothing(world: World) -> None:
    made = bot(world, rss_mb=7999, cleanup_interval_cycles=10, cleanup_threshold_mb=8000)

    async def live() -> None:
        await lived(made, 120)
        assert len(made.ml_feature_pipeline.pipelines[SYMBOLS[0]]._cache) == 30
        await made.stop()

    world.clock.run(live())
    assert not world.of_kind("cleanup")
    assert [event["rss_bytes"] for event in world.of_kind("cleanup_skipped")] == [7999e6, 7999e6]


@pytest.mark.parametrize(("per_interval", "expected"), [(1.0, 3 * 12), (0.25, 3 * 3), (2.0, 3 * 24)])
def test_samples_per_interval(world: World, per_interval: float, expected: int) -> None:
    made = bot(world, samples_per_interval=per_interval)

    async def live() -> None:
        await lived(made, 601)
        await made.stop()

    world.clock.run(live())
    assert made.counters()["collected"] == pytest.approx(expected, abs=2)


@pytest.mark.parametrize("release", [False, True])
def test_stop_saves_every_sample(world: World, release: bool) -> None:
    made = bot(world, release_on_stop=release, disk_mb_per_s=0.001)

    async def live() -> None:
        await lived(made, 600)
        await made.stop()

    world.clock.run(live())
    counters = made.counters()
    assert counters["collected"] == counters["persisted"] > 0
    assert counters["lost"] == 0


def test_stop_without_the_fix_keeps_everything(world: World) -> None:
    made = bot(world, release_on_stop=False)

    async def live() -> None:
        await lived(made, 1)
        await made.stop()

    world.clock.run(live())
    assert len(made.ml_feature_pipeline.pipelines[SYMBOLS[0]]._cache) == 30


def test_stop_with_the_fix_lets_go_of_everything(world: World) -> None:
    made = bot(world, release_on_stop=True)
    held: list[weakref.ref[object]] = []

    async def live() -> None:
        await lived(made, 60)
        pipeline = made.ml_feature_pipeline.pipelines[SYMBOLS[0]]
        held.extend(weakref.ref(part) for part in (made.ml_feature_pipeline, made.ml_data_collector, pipeline))
        held.append(weakref.ref(pipeline.indicator_extractor))
        del pipeline
        await made.stop()

    world.clock.run(live())
    assert [part() for part in held] == [None] * 4


def test_a_dropped_bot_leaves_nothing(world: World) -> None:
    gone: list[weakref.ref[object]] = []

    async def live() -> None:
        made = bot(world)
        await lived(made, 60)
        gone.append(weakref.ref(made))
        await made.stop()

    world.clock.run(live())
    gc.collect()
    assert gone[0]() is None


def test_the_detector_grows_for_the_symbols_that_its_pruning_misses(world: World) -> None:
    made = bot(world, quote_stuffing_detector=True, detector_pruned_symbols=1, cleanup_interval_cycles=10)

    async def live() -> None:
        await lived(made, 600)
        await made.stop()

    world.clock.run(live())
    assert world.of_kind("cleanup")
    buffers = made.quote_stuffing_detector.data_buffer
    assert [len(buffers[symbol]) for symbol in SYMBOLS] == [0, 30, 30]
    event, seen = buffers[SYMBOLS[1]][3], book(3, SYMBOLS[1])
    assert event.timestamp_ms == seen.timestamp_ms
    assert event.vanished > 0
    assert event.bids == tuple(map(tuple, seen.bids[:8].tolist()))
    assert event.asks == tuple(map(tuple, seen.asks[:8].tolist()))


def test_a_rehearsal_exercises_a_write_and_a_cleanup(world: World) -> None:
    made = bot(world)
    for symbol in SYMBOLS:
        made.on_book(book(1, symbol))

    async def rehearse() -> None:
        await made.start()
        await made.rehearse()

    world.clock.run(rehearse())
    assert len(list((world.environment.data_dir / "training_features").glob("*.parquet"))) == len(SYMBOLS)
    assert not made.ml_feature_pipeline.pipelines[SYMBOLS[0]]._cache


def reconnected(world: World, clear: bool) -> BotController:
    """A bot whose first symbol began again three times, each time after 30 books."""
    made = bot(world, clear_on_reconnect=clear, cleanup_interval_cycles=10)
    for turn in range(3):
        for sequence in range(30 * turn, 30 * turn + 30):
            made.on_book(book(sequence))
        made.on_reconnect(Reconnect(SYMBOLS[0], book(30 * turn + 30).timestamp_ms, "disconnect", 0))
    return made


def test_a_reconnect_begins_the_books_again_and_the_candles_go_on(world: World) -> None:
    made = bot(world)
    made.on_book(book(1))
    before = dict(made.ml_feature_pipeline.pipelines)
    made.on_reconnect(Reconnect(SYMBOLS[0], book(2).timestamp_ms, "halt", 0))
    after = made.ml_feature_pipeline.pipelines
    assert list(after) == list(before)
    assert [after[symbol] is before[symbol] for symbol in SYMBOLS] == [False, True, True]
    new = after[SYMBOLS[0]]
    assert new.latest is None
    assert new.orderbook_extractor.snapshot_history == []
    assert new.indicator_extractor is before[SYMBOLS[0]].indicator_extractor
    made.on_book(book(2))
    assert made.ml_feature_pipeline.on_book(book(3)) is not None
    assert len(new._cache) == 2


def test_a_reconnect_lets_go_of_the_old_pipeline(world: World) -> None:
    made = reconnected(world, clear=True)
    old = weakref.ref(made.ml_feature_pipeline.pipelines[SYMBOLS[0]])
    made.on_reconnect(Reconnect(SYMBOLS[0], 0, "disconnect", 0))
    assert old() is None
    assert made.ml_feature_pipeline.retired == []


def test_old_pipelines_that_are_kept_are_out_of_reach_of_a_cleanup_and_freed_by_stop(world: World) -> None:
    made = reconnected(world, clear=False)
    made._params = dataclasses.replace(made._params, release_on_stop=True)
    held: list[weakref.ref[object]] = []

    async def live() -> None:
        await made.start()
        await asyncio.sleep(60)
        assert world.of_kind("cleanup")
        retired = made.ml_feature_pipeline.retired
        assert [len(pipeline._cache) for pipeline in retired] == [30, 30, 30]
        held.extend(weakref.ref(pipeline) for pipeline in retired)
        await made.stop()

    world.clock.run(live())
    assert [part() for part in held] == [None] * 3


@pytest.mark.parametrize("release_on_stop", [False, True])
def test_a_stopped_bot_can_be_started_again_and_overwrites_nothing(world: World, release_on_stop: bool) -> None:
    made = bot(world, release_on_stop=release_on_stop, cleanup_interval_cycles=20)

    async def live() -> None:
        for life in range(3):
            await lived(made, 101)
            await made.stop()
            assert (made.ml_feature_pipeline is None) is release_on_stop
            counters = made.counters()
            assert counters["collected"] == counters["persisted"] > life * len(SYMBOLS)
        assert len(asyncio.all_tasks()) == 1  # this one

    world.clock.run(live())
    files = list(world.environment.data_dir.rglob("*.parquet"))
    assert len(files) == len(world.of_kind("flush"))
    assert not world.of_kind("write_failed")


def test_memory_that_is_checked_on_its_own_is_cleaned_up_whenever_it_is_high(world: World) -> None:
    made = bot(world, rss_mb=8001, cleanup_interval_cycles=200, memory_check_s=300.0)

    async def live() -> None:
        await lived(made, 1001)
        await made.stop()
        assert len(asyncio.all_tasks()) == 1  # this one

    world.clock.run(live())
    assert [event["t_s"] for event in world.of_kind("cleanup")] == [300, 600, 900, 1000]
    assert not world.of_kind("memory_checked")


def test_memory_that_is_checked_on_its_own_gates_no_cleanup(world: World) -> None:
    made = bot(world, rss_mb=7999, cleanup_interval_cycles=100, memory_check_s=300.0)

    async def live() -> None:
        await lived(made, 1001)
        await made.stop()

    world.clock.run(live())
    assert [event["t_s"] for event in world.of_kind("cleanup")] == [500, 1000]
    assert [event["t_s"] for event in world.of_kind("memory_checked")] == [300, 600, 900]
    assert not world.of_kind("cleanup_skipped")


def test_symbols_that_are_not_active_are_not_taken(world: World) -> None:
    made = bot(world, active_symbols=2)

    async def live() -> None:
        await lived(made, 601)
        for symbol in SYMBOLS:
            made.on_candle(candle(1_700_000_060_000, symbol))
            made.on_reconnect(Reconnect(symbol, 1_700_000_060_000, "halt", 0))
        await made.stop()

    world.clock.run(live())
    assert list(made.ml_feature_pipeline.pipelines) == list(made.ml_data_collector.feature_buffers) == [*SYMBOLS[:2]]
    assert made.counters()["collected"] == 2 * 12
    assert made.counters()["symbols"] == 2


def test_what_each_collection_of_stop_finds_is_counted(world: World) -> None:
    """A cycle made here is found by the first of them, and by no other."""
    made = bot(world, release_on_stop=True)

    async def live() -> None:
        await lived(made, 1)
        made.ml_feature_pipeline.circle = made.ml_feature_pipeline
        await made.stop()

    world.clock.run(live())
    counted = made.counters()
    assert counted["stop_collection_1"] > 0
    assert counted["stop_collection_2"] == counted["stop_collection_3"] == 0
    kept = bot(world, release_on_stop=False).counters()
    assert [kept[f"stop_collection_{number}"] for number in (1, 2, 3)] == [0, 0, 0]
