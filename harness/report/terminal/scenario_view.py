"""A scenario for people: settings, configs side by side, claims, and what the memory scale made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from harness.analysis.metrics.catalogue import METRICS
from harness.report.terminal.console import GAP, heading, new_table, paragraph
from harness.report.words.amounts import band_words
from harness.scenario import Change, Claim, ScaledWorld, Scenario, Settings
from harness.text import dotted, number, shown, shown_path

_BESIDE_CONFIGS = 16  # columns of the configs' table for the mark and the kind of scaling

_KINDS = {
    "construction": "true by how the experiment is set up",
    "calibration": "what its free number was chosen for",
    "prediction": "what the runs must show",
}


def print_scenario(console: Console, scenario: Scenario, world: ScaledWorld) -> None:
    """Print everything a user may want to know before running it."""
    console.print(Text.assemble((scenario.name, "bold"), f": {scenario.title}"))
    console.print(Text(shown_path(scenario.path), style="dim"))
    if scenario.assumptions.strip():
        heading(console, "Assumptions")
        _print_prose(console, scenario.assumptions)
    changes = {change.key: change for change in world.changes}
    _print_settings(console, scenario, changes)
    _print_configs(console, scenario, changes)
    _print_legend(console, scenario, world)
    _print_claims(console, scenario.claims)


def _print_settings(console: Console, scenario: Scenario, changes: Mapping[str, Change]) -> None:
    heading(console, "Settings")
    smaller = scenario.memory.scale != 1
    at_scale = f"at scale {number(scenario.memory.scale)}"
    columns = ("setting", "full scale", at_scale) if smaller else ("setting", "value")
    settings = new_table(*columns, "follows the scale", right=columns[1:], long=columns[1:])
    for key, value in _settings(scenario):
        change = changes.get(key)
        scaled = [_scaled(change) if change else ""] if smaller else []
        scalable = isinstance(value, (int, float)) and key != "memory.scale"
        follows = f"yes, a {change.kind}" if change else "no" if scalable else ""
        settings.add_row(key, _text(value), *scaled, follows)
    console.print(settings)


def _settings(scenario: Scenario) -> Iterator[tuple[str, object]]:
    yield from ((f"target.{key}", _several(value)) for key, value in scenario.target if value)
    yield "seeds", scenario.seeds
    yield "max_seeds", scenario.max_seeds
    yield "first_seed", scenario.first_seed
    yield "stall_s", scenario.stall_s
    for name in ("market", "exchange", "time", "memory"):
        for key, value in getattr(scenario, name) or ():
            if isinstance(value, Settings):
                yield from ((f"{name}.{key}.{option}", setting) for option, setting in value)
            else:
                yield f"{name}.{key}", value


def _several(value: object) -> object:
    """Return a list or a table of text as one text."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={entry}" for key, entry in value.items())
    return ", ".join(map(str, value)) if isinstance(value, tuple) else value


def _print_configs(console: Console, scenario: Scenario, changes: Mapping[str, Change]) -> None:
    parameters = list(dict.fromkeys(key for config in scenario.configs.values() for key in config))
    cells = {
        name: [_cell(config, parameter, changes.get(dotted("configs", name, parameter))) for parameter in parameters]
        for name, config in scenario.configs.items()
    }
    values = {key: {repr(config.get(key)) for config in scenario.configs.values()} for key in parameters}
    kinds = _kinds(changes)
    for names in _side_by_side(console.width - _BESIDE_CONFIGS - max(map(len, parameters), default=0), cells):
        heading(console, "Configs" if len(names) == len(cells) else f"Configs: {', '.join(names)}")
        configs = new_table("", "parameter", *names, "scaled", right=names, long=names)
        for index, parameter in enumerate(parameters):
            row = (cells[name][index] for name in names)
            mark, style = ("*", "bold") if len(values[parameter]) > 1 else ("", None)
            configs.add_row(mark, parameter, *row, kinds.get(parameter, ""), style=style)
        console.print(configs)


def _side_by_side(columns: int, cells: Mapping[str, list[str]]) -> Iterator[list[str]]:
    """Return the configs in groups, each of which fits into `columns`."""
    group: list[str] = []
    left = columns
    for name, texts in cells.items():
        width = max(len(text) for text in [name, *texts]) + GAP
        if group and width > left:
            yield group
            group, left = [], columns
        group.append(name)
        left -= width
    yield group


def _kinds(changes: Mapping[str, Change]) -> dict[str, str]:
    """Return as what each parameter that follows the scale does so."""
    return {key.split(".", 2)[2]: change.kind for key, change in changes.items() if key.startswith("configs.")}


def _cell(config: Mapping[str, Any], parameter: str, change: Change | None) -> str:
    if parameter not in config:
        return "-"
    if change is None or change.full == change.scaled == change.exact:
        return _text(config[parameter])
    return f"{number(change.full)} → {_scaled(change)}"


def _scaled(change: Change) -> str:
    return number(change.scaled) + (f" ({number(change.exact)})" if change.rounded else "")


def _print_legend(console: Console, scenario: Scenario, world: ScaledWorld) -> None:
    lines = ["* the configs differ here."] if len(scenario.configs) > 1 else []
    if scenario.memory.scale != 1:
        lines.append(
            f"At scale {number(scenario.memory.scale)} stocks and rates shrink, shown as full → scaled; the rest "
            "(times, ratios, what has no mark) stays as it is. Results are reported at full scale."
        )
    rounded = [change for change in world.changes if change.rounded]
    if rounded:
        lines.append("In brackets: the value before it was rounded half up, to at least 1.")
    if lines:
        console.print()
    for line in lines:
        paragraph(console, line)


def _print_claims(console: Console, claims: tuple[Claim, ...]) -> None:
    if not claims:
        heading(console, "Claims")
        console.print("none")
    for kind, meaning in _KINDS.items():
        chosen = [claim for claim in claims if claim.kind == kind]
        if chosen:
            heading(console, f"Claims: {kind}, {meaning}")
            _print_claims_of_a_kind(console, chosen)


def _print_claims_of_a_kind(console: Console, claims: list[Claim]) -> None:
    listed = new_table("claim", "expected", "better", "source", unbroken=("expected", "better"))
    for claim in claims:
        measured = Text(f"\n  {claim.metric} of {', '.join(claim.configs)}{_in_budgets(claim)}", style="dim")
        better = "" if claim.better == "neither" else claim.better
        listed.add_row(
            Text(claim.name).append(measured),
            band_words(claim.expected, claim.tolerance, ""),
            better,
            Text(claim.source),
        )
    console.print(listed)
    remarks = [
        f"{claim.name}: {label}{' '.join(text.split())}"
        for claim in claims
        for label, text in (("known miss: ", claim.reason), ("not testable: ", claim.not_testable), ("", claim.note))
        if text and text.strip()
    ]
    if remarks:
        console.print()
    for remark in remarks:
        _print_prose(console, remark)


def _print_prose(console: Console, text: str) -> None:
    """Print paragraphs with a blank line between them."""
    for place, part in enumerate(text.strip().split("\n\n")):
        if place:
            console.print()
        paragraph(console, part)


def _in_budgets(claim: Claim) -> str:
    """Say that a band is in budgets, which nobody could guess from a bare number."""
    metric = METRICS.get(claim.metric)
    return ", in budgets" if metric is not None and metric.leak is not None else ""


def _text(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, str):
        return value
    return number(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else shown(value)
