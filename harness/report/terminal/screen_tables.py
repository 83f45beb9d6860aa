"""The two tables of the screen that a soak ends with: a line a config, a line a claim, no word of either broken."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.analysis.estimates import CONFIDENCE, Estimate
from harness.analysis.full_scale.anchor_runs import Anchors
from harness.analysis.full_scale.extrapolation import FullScale
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.runs import Run, Runs
from harness.analysis.sweeps.claim_shares import ClaimShares
from harness.analysis.verdict.claim_verdict import ClaimVerdict
from harness.analysis.verdict.soak_verdict import Verdict
from harness.report.sweeps.beside_claims import HOLDS_IN, share_words
from harness.report.terminal.config_table import read_at
from harness.report.terminal.console import breaks_words, lines_of, new_table
from harness.report.terminal.verdict import claim_style
from harness.report.words.amounts import (
    BOUNDS,
    NOTHING,
    expected,
    level,
    measured,
    size,
    value,
    verdict_words,
    with_unit,
)
from harness.report.words.owner_paths import shortened
from harness.report.words.scale_marks import screen_mark
from harness.scenario import Scenario

LONGEST_NAME = 96
"""Characters of a claim's name; a longer one ends in dots."""

LONGEST_WORD = 24
"""Characters of a word in a name; of a longer one both ends are shown."""

_COLUMNS = {
    "peak": "peak",
    "floor, after cleanups": "sawtooth.trough_gb",
    "stop() gave back": "release.stop",
    "CPU": "cpu.seconds",
}


@dataclass(frozen=True)
class ConfigTable:
    """The table of configs: its `lines`, the heads first, none without runs; by which `bases` its values were had.

    `absences` say why a value that no run lacks for its early end is not there, each once.
    """

    lines: list[Text]
    bases: set[str]
    absences: list[str]


def config_table(console: Console, scenario: Scenario, runs: Sequence[Run], anchors: Anchors) -> ConfigTable:
    """Return the configs, of each the mean over its seeds. What no run tells at full scale is marked."""
    judged = Runs.of(scenario, runs).telling
    full = FullScale(scenario, judged, anchors, CONFIDENCE)
    table = new_table("config", *_COLUMNS, unbroken=("config",), ruled=False)
    bases: set[str] = set()
    absences: dict[str, None] = {}
    for config, mine in judged.by_config().items():
        if mine:
            read = [(METRICS[name], *read_at(METRICS[name], full, config)) for name in _COLUMNS.values()]
            bases |= {basis for _, estimate, basis in read if estimate.estimate is not None}
            for head, (_, estimate, _) in zip(_COLUMNS, read, strict=True):
                if estimate.lack not in (None, "not reached"):
                    absences[f"{head.partition(',')[0]} {NOTHING}: {_reason(estimate)}"] = None
            cells = [_config_cell(metric.unit, estimate, basis, scenario) for metric, estimate, basis in read]
            table.add_row(Text(shortened(config, LONGEST_WORD)), *map(Text, cells))
    lines = lines_of(console, table) if table.row_count else []
    return ConfigTable(lines, bases, list(absences))


def _reason(estimate: Estimate) -> str:
    """Return why there is no value; where all seeds say the same, without the seed."""
    reasons = {reading.reason for reading in estimate.readings.values()}
    return reasons.pop() if len(reasons) == 1 else estimate.reason


def claim_lines(
    console: Console, verdict: Verdict, claims: Sequence[ClaimVerdict], shares: ClaimShares | None = None
) -> list[Text]:
    """Return the table of some claims; only their names are wrapped, where the console is wide enough.

    With the `shares` of a sweep it says beside each in how many of its points that holds.
    """
    table = _claim_table(verdict, claims, shares, unbroken=True)
    if breaks_words(console, table):
        table = _claim_table(verdict, claims, shares, unbroken=False)
    return lines_of(console, table)


def claim_bases(claims: Sequence[ClaimVerdict]) -> set[str]:
    """Return how the values that `claim_lines` shows were had."""
    return {
        judged.basis for judged in claims if judged.estimate.estimate is not None or judged.small.estimate is not None
    }


def _config_cell(unit: str, estimate: Estimate, basis: str, scenario: Scenario) -> str:
    if estimate.estimate is None:
        return NOTHING
    amount = size(estimate.estimate) if unit == "GB" else with_unit(value(estimate.estimate, unit), unit)
    text = f"{BOUNDS[estimate.bound]}{amount}"
    return text + screen_mark(basis, scenario.memory.scale)


def _claim_table(
    verdict: Verdict, claims: Sequence[ClaimVerdict], shares: ClaimShares | None, *, unbroken: bool
) -> Table:
    estimate = f"measured [{level(verdict.confidence)}]"
    told = shares is not None and any(judged.claim.name in shares.held for judged in claims)
    swept = [HOLDS_IN] if told else []
    whole = ("expected", estimate, "verdict", *swept) if unbroken else ()
    table = new_table("claim", "expected", estimate, "verdict", *swept, unbroken=whole, ruled=False)
    for judged in claims:
        row = (
            Text(_name(judged.claim.name)),
            Text(expected(judged)),
            Text(_measured(judged, verdict.memory_scale)),
            Text(verdict_words(judged), style=claim_style(judged)),
        )
        table.add_row(*row, *([Text(share_words(shares, judged.claim.name))] if shares is not None and told else []))
    return table


def _name(name: str) -> str:
    words = (shortened(word, LONGEST_WORD) for word in name.split())
    return textwrap.shorten(" ".join(words), LONGEST_NAME, placeholder=" ...")


def _measured(judged: ClaimVerdict, scale: float) -> str:
    """Return what was measured at full scale; where that is open, in the small world."""
    unit = judged.metric.unit
    if judged.estimate.estimate is not None:
        return measured(judged.estimate, unit) + screen_mark(judged.basis, scale)
    small: Estimate = replace(judged.small, bound="exact")
    return NOTHING if small.estimate is None else measured(small, unit) + screen_mark("undecided", scale)
