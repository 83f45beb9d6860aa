"""The recipe of a scenario's feed: a seeded market, or the recording it names, checked against what it says of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from harness.errors import UsageError
from harness.scenario import MarketSettings, Scenario
from harness.text import number, shown_path
from synthetic.feed import RecordingError
from synthetic.recipe import FeedRecipe
from synthetic.recorded.market_file import Recording, mean_rate
from synthetic.symbols import instruments

_RATE_SLACK = 0.05  # how far a scenario's books per second may be from the recording's


def feed_recipes(scenario: Scenario, market: MarketSettings) -> Callable[[int], FeedRecipe]:
    """What makes the recipe of a seed's feed, with the `market` of the scenario's scaled world.

    Raises UsageError where the scenario's recording is not what the scenario says.
    """
    recording = _open_recording(scenario)
    if recording is None:
        return lambda seed: seeded(market, seed)
    return lambda seed: FeedRecipe(
        instruments=recording.instruments,
        seed=seed,
        start_ms=recording.start_ms,
        depth=market.depth,
        books_per_second=market.books_per_second,
        candle_s=market.candle_s,
        recording=os.path.abspath(recording.path),
    )


def seeded(market: MarketSettings, seed: int) -> FeedRecipe:
    """The recipe of a seeded market."""
    return FeedRecipe(
        instruments=instruments(market.symbols, seed),
        seed=seed,
        start_ms=round(market.start.timestamp() * 1000),
        depth=market.depth,
        books_per_second=market.books_per_second,
        candle_s=market.candle_s,
        season=market.season,
        faults=market.faults.faults() if market.faults is not None else None,
    )


def _open_recording(scenario: Scenario) -> Recording | None:
    """The scenario's recording; None where its market is synthetic.

    Raises UsageError where it cannot be read, is shorter than the run, or is not what the scenario says.
    """
    market = scenario.market
    if market.recording is None:
        return None
    where = f"{shown_path(scenario.path)}: market"
    path = Path(market.recording)
    try:
        recording = Recording(path, depth=market.depth, candle_s=market.candle_s)
        _refuse_shorter(scenario, recording, where)
        books_per_second = mean_rate(path)
    except RecordingError as error:
        raise UsageError(f"{where}.recording: {error}") from None
    symbols = len(recording.instruments)
    if market.symbols != symbols:
        raise UsageError(f"{where}.symbols = {market.symbols}: {path} has {symbols}")
    if abs(market.books_per_second - books_per_second) > _RATE_SLACK * books_per_second:
        text = f"{path} has {books_per_second:.3g}, the mean over symbols"
        raise UsageError(f"{where}.books_per_second = {market.books_per_second:g}: {text}")
    return recording


def _refuse_shorter(scenario: Scenario, recording: Recording, where: str) -> None:
    time = scenario.time
    covered_h = (recording.end_ms - recording.start_ms) / 3_600_000
    needed_h = time.hours + time.run_on_s / 3600
    if covered_h < needed_h:
        text = f"covers {number(covered_h)} h, and time.hours with time.run_on_s need {number(needed_h)}"
        raise UsageError(f"{where}.recording: {recording.path} {text}")
