"""Two configs of one soak, or two soaks, beside each other: every metric, and the difference with its interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.analysis.estimates import Estimate, over_seeds, welch_interval
from harness.analysis.metrics.catalogue import METRICS, Metric
from harness.analysis.metrics.pairing import difference, paired
from harness.analysis.runs import Run, Runs
from harness.scenario import Scenario


@dataclass(frozen=True)
class Row:
    """One metric on both sides, and b - a with its 95 % interval, in the metric's unit.

    The difference is of pairs with one seed where there are any, else of the two means (Welch); its `estimate` is None
    where a side has none.
    """

    metric: Metric
    a: Estimate
    b: Estimate
    difference: Estimate


@dataclass(frozen=True)
class Between:
    """A metric of the pair itself, such as a reduction, with its 95 % interval."""

    metric: Metric
    estimate: Estimate


@dataclass(frozen=True)
class Comparison:
    """Two sides by their names: a row for every metric of one config, an estimate for every metric of two."""

    a: str
    b: str
    rows: tuple[Row, ...]
    between: tuple[Between, ...]


def compare_configs(runs: Runs, a: str, b: str) -> Comparison:
    """Two configs of one soak, paired by seed."""
    between = tuple(Between(metric, metric.compute(runs, (a, b))) for metric in METRICS.values() if metric.configs == 2)
    return Comparison(a, b, _rows(runs.of_config(a), runs.of_config(b)), between)


def compare_results(a: tuple[Scenario, Sequence[Run]], b: tuple[Scenario, Sequence[Run]]) -> dict[str, Comparison]:
    """Two soaks, by the configs that both have: a's first, then b's. Ask :func:`may_compare` before."""
    shared = [config for config in a[0].configs if config in b[0].configs]
    first, second = Runs.of(*a), Runs.of(*b)
    return {
        config: Comparison("A", "B", _rows(first.of_config(config), second.of_config(config)), ()) for config in shared
    }


def _rows(a: Sequence[Run], b: Sequence[Run]) -> tuple[Row, ...]:
    rows = []
    for metric in METRICS.values():
        if metric.configs == 2:
            continue
        first, second = ({run.seed: metric.read(run) for run in runs} for runs in (a, b))
        pairs = paired(first, second, difference)
        sides = over_seeds(first, metric.average), over_seeds(second, metric.average)
        apart = over_seeds(pairs) if pairs else _unpaired(*sides)
        rows.append(Row(metric, *sides, apart))
    return tuple(rows)


def _unpaired(a: Estimate, b: Estimate) -> Estimate:
    """The difference of two means over seeds that have nothing in common."""
    if a.estimate is None or b.estimate is None:
        side = a if a.estimate is None else b
        return Estimate(None, None, None, "exact", {}, side.lack, side.reason)
    if not a.bound == b.bound == "exact":
        return Estimate(None, None, None, "exact", {}, "undecided", a.reason or b.reason)
    values = [[value for value in side.values.values() if value is not None] for side in (a, b)]
    low, high = welch_interval(values[0], values[1]) or (None, None)
    return Estimate(float(np.mean(values[1]) - np.mean(values[0])), low, high, "exact", {})


@dataclass(frozen=True)
class Disagreement:
    """Something two soaks do not have in common. Where it `refuses`, their numbers may not be compared."""

    what: str
    a: object
    b: object
    refuses: bool

    def __str__(self) -> str:
        return f"{self.what}: {self.a} and {self.b}"


Manifest = Mapping[str, Any]
Facts = Callable[[Manifest, Scenario], Mapping[str, object]]


def _settings(table: str) -> Facts:
    """The keys of a table of the scenario; none where it has no such table."""

    def read(_manifest: Manifest, scenario: Scenario) -> dict[str, object]:
        settings = getattr(scenario, table)
        return {} if settings is None else {f"{table}.{key}": value for key, value in settings.model_dump().items()}

    return read


def _manifest(*keys: str) -> Facts:
    return lambda manifest, _scenario: {key: manifest.get(key) for key in keys}


def _part(table: str, *keys: str) -> Facts:
    """Some keys of a table of the manifest, or all of them."""

    def read(manifest: Manifest, _scenario: Scenario) -> dict[str, object]:
        part = manifest.get(table) or {}
        return {f"{table}.{key}": part.get(key) for key in keys or part}

    return read


MUST_AGREE: tuple[Facts, ...] = (
    _manifest("market_version"),
    _settings("market"),
    _settings("exchange"),
    _settings("time"),
    lambda _manifest, scenario: {
        "memory.scale": scenario.memory.scale,
        "memory.baseline_gb": scenario.memory.baseline_gb,
        "target.factory": scenario.target.factory,
    },
    lambda manifest, _scenario: {"python": ".".join(str(manifest.get("python")).split(".")[:2])},
    _part("environment"),
    _part("machine", "system"),
)
"""What two soaks must have in common before their numbers may be compared."""

SHOULD_AGREE: tuple[Facts, ...] = (
    _manifest("format", "python", "clock"),
    _part("git"),
    _part("machine"),
    _part("packages"),
    lambda _manifest, scenario: {
        "memory.limit_gb": scenario.memory.limit_gb,
        "memory.leak_budget_gb_per_hour": scenario.memory.leak_budget_gb_per_hour,
        "seeds": scenario.seeds,
        "first_seed": scenario.first_seed,
    },
)
"""What is worth a warning where it differs: the change under test may be one of these."""


def may_compare(
    manifest_a: Manifest, scenario_a: Scenario, manifest_b: Manifest, scenario_b: Scenario
) -> list[Disagreement]:
    """In what two soaks disagree, what refuses the comparison first. Both scenarios are the resolved ones."""
    found: dict[str, Disagreement] = {}
    for facts, refuses in [*((facts, True) for facts in MUST_AGREE), *((facts, False) for facts in SHOULD_AGREE)]:
        a, b = facts(manifest_a, scenario_a), facts(manifest_b, scenario_b)
        for what in dict.fromkeys([*a, *b]):
            if a.get(what) != b.get(what):
                found.setdefault(what, Disagreement(what, a.get(what), b.get(what), refuses))
    return list(found.values())
