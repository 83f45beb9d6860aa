"""What lives in a judged process: the feed of its job, and what the target is offered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness import target as targets
from harness.clock import Clock
from harness.worker.job import Job
from synthetic.feed import Feed
from synthetic.market import Market


def make_feed(job: Job, clock: Clock) -> Feed:
    """The feed of `job`, from the start of `clock`: made, or recorded."""
    if job.recording is not None:
        from synthetic.recorded.market_file import Recording  # noqa: PLC0415 - pyarrow, only where it is needed

        return Recording(job.recording, depth=job.depth, candle_s=job.candle_s)
    return Market(
        job.instruments,
        seed=job.seed,
        start_ms=clock.start_ms,
        depth=job.depth,
        books_per_second=job.books_per_second,
        candle_s=job.candle_s,
        season=job.season,
        faults=job.faults,
    )


def make_target(job: Job, clock: Clock, feed: Feed, data_dir: Path, emit: Callable[..., None]) -> Any:
    """The target of `job`, built by its factory. Raises UsageError where that cannot be loaded or has no start()."""
    environment = targets.Environment(
        clock=clock,
        data_dir=data_dir,
        memory_scale=job.memory_scale,
        emit=emit,
        symbols=tuple(instrument.name for instrument in job.instruments),
        cycle_s=job.cycle_s,
        candle_s=job.candle_s,
        past_candles=feed.past_candles,
    )
    return targets.build(targets.load_factory(job.factory), job.params, environment)
