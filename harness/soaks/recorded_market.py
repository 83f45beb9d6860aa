"""The recording that a scenario names instead of a synthetic market, checked against what the scenario says of it."""

from __future__ import annotations

from pathlib import Path

from harness.errors import UsageError
from harness.scenario import Scenario
from harness.scenario.problems import number, shown_path
from synthetic.feed import RecordingError
from synthetic.recorded.market_file import Recording, mean_rate

_RATE_SLACK = 0.05  # how far a scenario's books per second may be from the recording's


def open_recording(scenario: Scenario) -> Recording | None:
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
