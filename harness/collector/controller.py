"""The bot's controller: runs the cycles, attempts the cleanups, and stops."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import time
from array import array
from pathlib import Path

import psutil

from harness.collector.detectors import QuoteStuffingDetector
from harness.collector.parameters import Parameters
from harness.collector.pipeline import MultiSymbolFeaturePipeline
from harness.collector.sample_buffers import MLDataCollector, SampleCounters
from harness.target import Environment
from synthetic.events import Book, Candle, Reconnect


class BotController:
    """The reference target: ordinary asyncio code, on ordinary time.

    Cycle k starts k x cycle_s after start(). Every `collection_interval` cycles a symbol is due for
    `samples_per_interval` samples; every `cleanup_interval_cycles` cycles a cleanup is attempted. With a
    `memory_check_s` it is done then, and memory is checked by a task of its own.
    """

    def __init__(self, params: Parameters, environment: Environment) -> None:
        active = params.active_symbols
        self._ignored = frozenset(environment.symbols[active:]) if active else frozenset[str]()
        environment = dataclasses.replace(environment, symbols=environment.symbols[:active])
        self.ml_feature_pipeline: MultiSymbolFeaturePipeline | None = None
        self.ml_data_collector: MLDataCollector | None = None
        self.quote_stuffing_detector: QuoteStuffingDetector | None = None
        if params.quote_stuffing_detector:
            self.quote_stuffing_detector = QuoteStuffingDetector(
                environment.symbols,
                context_levels=params.detector_context_levels,
                pruned_symbols=params.detector_pruned_symbols,
                keep_ms=60_000,
            )
        self._counters = SampleCounters()
        self._collections = array("q", (0, 0, 0))  # an object made in stop() would keep an arena
        self._params = params
        self._environment = environment
        self._symbols = environment.symbols
        self._cycle_s = environment.cycle_s
        self._emit = environment.emit
        self._process = psutil.Process()
        self._tasks: list[asyncio.Task[None]] = []
        # symbols take turns within an interval's worth of samples, so that a thinned world spreads them evenly
        self._samples_due = {symbol: i / len(self._symbols) for i, symbol in enumerate(self._symbols)}
        self._build_parts()

    def _build_parts(self) -> None:
        """Make the big objects that are not there: all of them at first, and after a stop that dropped them."""
        params, environment = self._params, self._environment
        if self.ml_feature_pipeline is None:
            self.ml_feature_pipeline = MultiSymbolFeaturePipeline(params, environment)
        if self.ml_data_collector is None:
            folder = _own_folder(environment.data_dir)
            self.ml_data_collector = MLDataCollector(
                params, environment.symbols, folder, self._counters, environment.emit
            )

    async def start(self) -> None:
        """Start the cycles and the writer of the feature store; a controller that was stopped can be started again."""
        self._build_parts()
        assert self.ml_data_collector is not None
        self._tasks = [
            asyncio.create_task(self._run_cycles(), name="cycles"),
            asyncio.create_task(self.ml_data_collector.store.run(), name="feature store"),
        ]
        if self._params.memory_check_s:
            self._tasks.append(asyncio.create_task(self._check_memory(), name="memory check"))

    def on_book(self, book: Book) -> None:
        """Take one order-book update from the feed."""
        if book.symbol in self._ignored:
            return
        assert self.ml_feature_pipeline is not None
        vanished = self.ml_feature_pipeline.on_book(book)
        if self.quote_stuffing_detector is not None:
            latest = self.ml_feature_pipeline.pipelines[book.symbol].latest
            assert latest is not None
            self.quote_stuffing_detector.observe(latest.snapshot, len(vanished))

    def on_candle(self, candle: Candle) -> None:
        """Take one closed candle from the feed."""
        if candle.symbol in self._ignored:
            return
        assert self.ml_feature_pipeline is not None
        self.ml_feature_pipeline.on_candle(candle)

    def on_reconnect(self, reconnect: Reconnect) -> None:
        """Start a symbol over, as its feed does."""
        if reconnect.symbol in self._ignored:
            return
        assert self.ml_feature_pipeline is not None
        self.ml_feature_pipeline.on_reconnect(reconnect)

    def counters(self) -> dict[str, float]:
        """Return what was counted of samples, buffers and writing; symbols; what each of Fix 4's collections found."""
        found = {f"stop_collection_{number}": count for number, count in enumerate(self._collections, 1)}
        return {**self._counters.as_numbers(), "symbols": len(self._symbols), **found}

    async def stop(self) -> None:
        """Stop the cycles and save what is buffered; with Fix 4 also release everything."""
        await self._finish_tasks()
        if self._params.release_on_stop:
            self._release_memory()

    async def _finish_tasks(self) -> None:
        """End the cycles, save what is buffered, end the writer.

        A cancelled task that is kept keeps its error, and with it all that its frame held. So none is, and none is
        gathered either: the result of gather() would still be held by the callback in which Fix 4 collects.
        """
        assert self.ml_data_collector is not None
        cycles, writer, *checks = self._tasks
        self._tasks = []
        for task in (cycles, *checks):
            task.cancel()
        await self.ml_data_collector.finalize()
        writer.cancel()
        await asyncio.wait((cycles, writer, *checks))

    def _release_memory(self) -> None:
        """Fix 4: clear buffers, caches and histories, drop the big objects, collect three times."""
        assert self.ml_data_collector is not None
        assert self.ml_feature_pipeline is not None
        self.ml_data_collector.clear_buffers()
        for pipeline in self.ml_feature_pipeline.pipelines.values():
            pipeline.clear_all()
        del pipeline  # the loop's variable would keep the last one
        self.ml_data_collector = None
        self.ml_feature_pipeline = None
        for number in range(3):
            self._collections[number] = gc.collect()

    async def rehearse(self) -> None:
        """Do once what allocates on first use, started and fed: a sample of every symbol, a write, a cleanup."""
        assert self.ml_data_collector is not None
        self._collect(1.0)
        await self._cleanup_memory()
        await self.ml_data_collector.finalize()

    async def _run_cycles(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        cycle = cleanup_counter = 0
        while True:
            cycle += 1
            await asyncio.sleep(began + cycle * self._cycle_s - loop.time())
            if cycle % self._params.collection_interval == 0:
                self._collect(self._params.samples_per_interval)
            if self.quote_stuffing_detector is not None:
                self.quote_stuffing_detector.prune(int(time.time() * 1000))
            cleanup_counter += 1
            if cleanup_counter >= self._params.cleanup_interval_cycles:
                cleanup_counter = 0
                await self._attempt_cleanup()

    def _collect(self, samples: float) -> None:
        """Add `samples` to what every symbol is due for, buffer the whole ones, and report how many there were so far.

        Reported at once: where the process is killed, what was collected and not saved can still be counted.
        """
        assert self.ml_data_collector is not None
        assert self.ml_feature_pipeline is not None
        for symbol, pipeline in self.ml_feature_pipeline.pipelines.items():
            due = self._samples_due[symbol] + samples
            if pipeline.latest is not None:
                while due >= 1:
                    due -= 1
                    self.ml_data_collector.collect(symbol, pipeline.latest)
            self._samples_due[symbol] = due
        self._emit("collected", samples=self._counters.collected)

    async def _check_memory(self) -> None:
        """Clean up whenever memory is found above the threshold."""
        loop = asyncio.get_running_loop()
        began, check = loop.time(), 0
        while True:
            check += 1
            await asyncio.sleep(began + check * self._params.memory_check_s - loop.time())
            rss_bytes = self._process.memory_info().rss
            if self._is_high(rss_bytes):
                await self._clean_up(rss_bytes)
            else:
                self._emit("memory_checked", rss_bytes=rss_bytes)

    async def _attempt_cleanup(self) -> None:
        rss_bytes = self._process.memory_info().rss
        if self._params.memory_check_s or self._is_high(rss_bytes):
            await self._clean_up(rss_bytes)
        else:
            self._emit("cleanup_skipped", rss_bytes=rss_bytes)

    def _is_high(self, rss_bytes: int) -> bool:
        return rss_bytes > self._params.cleanup_threshold_mb * 1e6

    async def _clean_up(self, rss_bytes: int) -> None:
        await self._cleanup_memory()
        self._counters.cleanups += 1
        self._emit("cleanup", rss_bytes=rss_bytes, rss_after_bytes=self._process.memory_info().rss)

    async def _cleanup_memory(self) -> None:
        """Save the sample buffers, unless told not to, clear what grows, collect once.

        The note names the method and not its content.
        """
        assert self.ml_data_collector is not None
        assert self.ml_feature_pipeline is not None
        if self._params.cleanup_saves_buffers:
            self.ml_data_collector.flush_all()
        for pipeline in self.ml_feature_pipeline.pipelines.values():
            pipeline.clear_growth()
        gc.collect()


def _own_folder(data_dir: Path) -> Path:
    folder = data_dir / "training_features"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
