"""What `soak market` measures: the market of a scenario for several seeds, or a recording."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import UsageError
from harness.scenario import MarketSettings, load
from harness.soaks.feed_recipes import seeded
from harness.text import number, shown_path
from synthetic.events import Book, Delta, Trade
from synthetic.facts.days import day_of
from synthetic.facts.stylized import Fact, combined, facts
from synthetic.facts.tape import DETAIL_MS, Tape, record
from synthetic.feed import RecordingError
from synthetic.instrument import Instrument
from synthetic.market import MARKET_VERSION
from synthetic.recipe import FeedRecipe
from synthetic.recorded.market_file import Recording

MEASURED = (Book, Delta, Trade)
_SEASON_BOOKS_PER_SECOND = 0.1  # enough for the counts of a day's hours

Say = Callable[[str], None]


@dataclass(frozen=True)
class MeasuredMarket:
    """The facts over all seeds, and the tape of the first one, for the picture."""

    name: str
    title: str
    foot: tuple[str, ...]
    spans: tuple[str, ...]
    rows: list[Fact]
    tape: Tape
    instruments: Sequence[Instrument]


def measure_scenario(reference: str, *, seeds: int, hours: float, day_hours: float, say: Say) -> MeasuredMarket:
    """Return the market of a scenario at full scale, for its first seeds; raises UsageError for a wrong scenario."""
    scenario = load(reference, import_target=False)
    market = scenario.market
    say(f"{scenario.name}: {_described(market)}")
    measured: list[list[Fact]] = []
    first: tuple[Tape, Sequence[Instrument]] | None = None
    every = range(scenario.first_seed, scenario.first_seed + seeds)
    for place, seed in enumerate(every, start=1):
        recipe = seeded(market.model_copy(update={"faults": None}), seed)
        listed = recipe.instruments
        say(f"seed {seed}, {place} of {seeds}: {number(hours)} h of books, deltas and trades ...")
        tape = _tape(recipe, hours)
        say(f"seed {seed}, {place} of {seeds}: {number(day_hours)} h of best prices ...")
        _lengthen(tape, market, listed, seed=seed, hours=day_hours)
        measured.append(facts(tape, {instrument.name: instrument.tick for instrument in listed}))
        first = first or (tape, listed)
    assert first is not None
    return MeasuredMarket(
        name=scenario.name,
        title=f"The market of {scenario.name}: {_described(market)}",
        foot=(
            f"Market version {MARKET_VERSION}, seed {every[0]}, full scale, no faults. Prices, returns and "
            f"autocorrelations: {number(day_hours)} h; the rest: {number(hours)} h.",
        ),
        spans=(
            f"Medians over symbols, then over seeds {every[0]} to {every[-1]}, at full scale, without faults.",
            f"{number(hours)} h each; rows with a star: {number(day_hours)} h of best prices each, the season with "
            f"season=True and {_SEASON_BOOKS_PER_SECOND:g} books a second.",
        ),
        rows=combined(measured),
        tape=first[0],
        instruments=first[1],
    )


def measure_recording(path: Path, *, hours: float | None, say: Say) -> MeasuredMarket:
    """Return a recording, or its first `hours`; raises UsageError for whatever is wrong with it."""
    say(f"{shown_path(path)}: reading ...")
    try:
        recording = Recording(path)
        start_ms, end_ms = recording.start_ms, recording.end_ms
        if hours is not None:
            end_ms = min(end_ms, start_ms + round(3_600_000 * hours))
        tape = record(recording.stream((end_ms - start_ms) / 1000, MEASURED), start_ms=start_ms, end_ms=end_ms)
    except RecordingError as error:
        raise UsageError(str(error)) from None
    tape.symbols = [symbol for symbol in tape.symbols if symbol.books]
    if not tape.symbols:
        raise UsageError(f"{shown_path(path)}: there is no book in what is measured")
    span = f"{number((end_ms - start_ms) / 3_600_000)} h"
    return MeasuredMarket(
        name=path.stem,
        title=f"{path.name}: {len(tape.symbols)} symbols, {span}",
        foot=(f"A recording from {datetime.fromtimestamp(start_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC, {span}.",),
        spans=(
            f"Medians over symbols, of {span}; deltas, trades and books of its first {DETAIL_MS // 3_600_000} h.",
            f"Jumps of a symbol's sequence: {recording.gaps}.",
        ),
        rows=facts(tape, {instrument.name: instrument.tick for instrument in recording.instruments}),
        tape=tape,
        instruments=recording.instruments,
    )


def _described(market: MarketSettings) -> str:
    return f"{market.symbols} symbols, {market.books_per_second:g} books/s each, {market.depth} levels a side"


def _tape(recipe: FeedRecipe, hours: float) -> Tape:
    start_ms = recipe.start_ms
    stream = recipe.feed().stream(3600 * hours, MEASURED)
    return record(stream, start_ms=start_ms, end_ms=start_ms + round(3_600_000 * hours))


def _lengthen(tape: Tape, market: MarketSettings, listed: Sequence[Instrument], *, seed: int, hours: float) -> None:
    """Give the tape a day of mids of the same market, and the hours of a day with a season."""
    start_ms = tape.start_ms
    day = day_of(
        listed,
        seed=seed,
        start_ms=start_ms,
        books_per_second=market.books_per_second,
        hours=hours,
        season=market.season,
    )
    rate = min(_SEASON_BOOKS_PER_SECOND, market.books_per_second)
    seasonal = day_of(listed, seed=seed, start_ms=start_ms, books_per_second=rate, season=True)
    tape.use_day(day, seasonal.hours)
