"""The figures of the page in words: claims, configs, leaks, stops, each row as plain strings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis.estimates import CONFIDENCE, mean_or_zero
from harness.analysis.full_scale.extrapolation import FullScale
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.metrics.waterfall import Waterfall, waterfall
from harness.analysis.result import Result
from harness.analysis.runs import Run
from harness.analysis.verdict.claim_verdict import ClaimVerdict
from harness.analysis.verdict.soak_verdict import Verdict
from harness.report.claims.claim_details import Details, claim_details
from harness.report.drawing.looks import GIVEN_BACK, PINNED, looks
from harness.report.terminal.config_table import read_at
from harness.report.terminal.leak_table import outcome_word, shape_words
from harness.report.words.amounts import expected, interval, measured, value, verdict_words, with_unit
from harness.report.words.release import stop_sentences
from harness.report.words.scale_marks import full_mark

CONFIG_COLUMNS = {
    "peak": "peak",
    "floor, after cleanups": "sawtooth.trough_gb",
    "stop() gave back": "release.stop",
    "after trim": "release.trim",
    "CPU": "cpu.seconds",
}

BAR_WIDTH = 600.0
"""Units of the drawing that the longest bar may take."""


@dataclass(frozen=True)
class ClaimRow:
    """A claim as a row, and what it opens to: pairs of what is told and its words."""

    name: str
    configs: str
    expected: str
    measured: str
    verdict: str
    outcome: str
    kind: str
    details: Details


@dataclass(frozen=True)
class Bar:
    """One step of a stop: where it begins and how long it is, in units of the drawing, and its amount in words."""

    label: str
    begin: float
    length: float
    amount: str
    colour: str


@dataclass(frozen=True)
class StopView:
    """The stop of one config: bars that step down, and sentences; no bars where no run got to its end."""

    config: str
    bars: tuple[Bar, ...]
    sentences: tuple[str, ...]


def claim_rows(verdict: Verdict) -> list[ClaimRow]:
    """Return every claim that is told of, those that are missed or open first."""
    order = ["missed", "incomplete", "inconclusive", "nothing", "met"]
    claims = sorted(
        verdict.told_claims, key=lambda judged: (order.index(judged.counts_as), judged.claim.kind != "prediction")
    )
    return [_claim_row(judged, verdict) for judged in claims]


def _claim_row(judged: ClaimVerdict, verdict: Verdict) -> ClaimRow:
    claim = judged.claim
    why = (("Why", judged.reason),) if judged.reason else ()
    return ClaimRow(
        name=claim.name,
        configs=", ".join(claim.configs),
        expected=expected(judged),
        measured=measured(judged.estimate, judged.metric.unit) + full_mark(judged.basis, verdict.memory_scale),
        verdict=verdict_words(judged),
        outcome=judged.counts_as,
        kind=claim.kind,
        details=(*why, *claim_details(judged, verdict.memory_scale)),
    )


def config_rows(result: Result) -> list[list[str]]:
    """Return a row for each config: its name, then the values of CONFIG_COLUMNS with their intervals."""
    full = FullScale(result.scenario, result.runs.telling, result.anchors, CONFIDENCE)
    rows = []
    for config, runs in result.runs.telling.by_config().items():
        if runs:
            cells = []
            for name in CONFIG_COLUMNS.values():
                estimate, basis = read_at(METRICS[name], full, config)
                text = measured(estimate, METRICS[name].unit)
                cells.append(
                    text if estimate.estimate is None else text + full_mark(basis, result.scenario.memory.scale)
                )
            rows.append([config, *cells])
    return rows


def leak_rows(verdict: Verdict) -> list[list[str]]:
    """Return a row for each measure that was judged: config, measure, verdict, growth, budget, shape, why."""
    return [
        [
            leak.config,
            leak.measure.words,
            outcome_word(leak),
            with_unit(interval(leak.rate, leak.measure.unit), leak.measure.unit),
            f"{leak.budget:g} {leak.measure.unit}",
            shape_words(verdict.shape(leak)),
            leak.verdict.reason,
        ]
        for leak in verdict.leaks
        if not leak.idle
    ]


def run_rows(runs: Sequence[Run]) -> list[list[str]]:
    """Return a row for each run: config, seed, how it ended, its reason if it has one."""
    return [[run.config, str(run.seed), run.ending, str(run.facts.get("reason") or "")] for run in runs]


def stop_views(result: Result) -> list[StopView]:
    """Return the stop of each config that ran."""
    stops = {config: waterfall(config, runs) for config, runs in result.runs.by_config().items() if runs}
    heights = [mean_or_zero(stop.grown) for stop in stops.values() if stop is not None]
    scale = BAR_WIDTH / max([*heights, 1e-9])
    colours = {config: look.colour for config, look in looks(result.runs.configs).items()}
    return [
        StopView(config, _bars(stop, scale, colours[config]) if stop else (), tuple(stop_sentences(stop)))
        for config, stop in stops.items()
    ]


def _bars(stop: Waterfall, scale: float, colour: str) -> tuple[Bar, ...]:
    """Return what had grown, each step off it, and what is left; a step that takes memory points the other way."""
    bars = [_bar("grown before the stop", 0.0, mean_or_zero(stop.grown), scale, colour)]
    top = mean_or_zero(stop.grown)
    for step, words in {"stop": "stop() gave back", "drop": "dropping it", "trim": "malloc_trim"}.items():
        given = mean_or_zero(stop.given_back[step])
        bars.append(_bar(words, top - given, given, scale, GIVEN_BACK.colour))
        top -= given
    return (*bars, _bar("left", 0.0, mean_or_zero(stop.left), scale, PINNED.colour))


def _bar(label: str, begin_gb: float, gb: float, scale: float, colour: str) -> Bar:
    return bar(label, (begin_gb, gb), scale, colour=colour, amount=f"{value(gb, 'GB')} GB")


def bar(label: str, span: tuple[float, float], scale: float, *, colour: str, amount: str) -> Bar:
    """Return a bar over a `span`: where it begins, and how far it goes on or back. What is below 0 is not drawn."""
    begin, size = span
    low, high = sorted((begin, begin + size))
    left = scale * max(low, 0.0)
    length = max(scale * (max(high, 0.0) - max(low, 0.0)), 1.5)
    return Bar(label, round(left, 1), round(length, 1), amount, colour)
