"""The hours of a target that is named without a file, where the command line gives none."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from harness.cli.options import scenario_from

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from harness.forecasts.run_cost import RunCost
    from harness.scenario import Scenario
    from harness.trials.enough_hours import EnoughHours


def leaves_hours_open(arguments: argparse.Namespace) -> bool:
    """Return whether nobody said how many hours a target is soaked for."""
    from harness.scenario.target_names import names_a_target

    return arguments.hours is None and names_a_target(arguments.scenario)


def of_hours(arguments: argparse.Namespace) -> Callable[[float], Scenario]:
    """Return what gives the scenario that the arguments name for so many hours."""
    return lambda hours: scenario_from(argparse.Namespace(**{**vars(arguments), "hours": hours}))


def choose_hours(
    scenario_of: Callable[[float], Scenario],
    costs: Sequence[tuple[str, RunCost]],
    *,
    at_once: int,
    others: float,
    cleanup_every_s: float | None = None,
) -> EnoughHours:
    """Return the hours that decide and are quick, by what runs cost beside `others`, the cores that others want."""
    from harness.forecasts.forecast import Forecast
    from harness.forecasts.foretelling import by_costs
    from harness.forecasts.other_work import slowed
    from harness.scenario.without_file import HOURS
    from harness.soaks.plan import plan_jobs
    from harness.trials.enough_hours import enough_hours, fewest_hours

    def forecast_of(hours: float) -> Forecast:
        jobs = plan_jobs(scenario_of(hours))
        return by_costs(jobs, costs, at_once, "", slowed_by=slowed(others, min(at_once, len(jobs))))

    budget = scenario_of(HOURS).memory.leak_budget_gb_per_hour
    return enough_hours(fewest_hours(budget, cleanup_every_s), forecast_of)


def with_hours(console: Console, arguments: argparse.Namespace, root: Path) -> Scenario:
    """Return the scenario of a target that is only named, as long as is quick and decides: by recordings, or a probe.

    The probe runs the target, which is said. Where it does not end well, the soak will say why.
    """
    from harness.errors import SoakError
    from harness.forecasts import probe
    from harness.forecasts.other_work import busy_cores
    from harness.forecasts.recordings import recorded_costs
    from harness.report.terminal.console import paragraph
    from harness.report.trials.hours_words import hours_words
    from harness.soaks.plan import cores, plan_jobs

    scenario = scenario_from(arguments)
    others, job = busy_cores(), plan_jobs(scenario)[0]
    costs = recorded_costs(scenario.name, root, factory=job.factory)
    if not costs:
        if not arguments.quiet:
            minutes = f"{probe.shortened(job).horizon_s / 60:.3g} virtual minutes"
            paragraph(console, f"No --hours: {job.factory} is run for {minutes} first, to see what hours take.")
        try:
            costs = [(job.config, probe.probed(job))]
        except SoakError:
            return scenario
    chosen = choose_hours(of_hours(arguments), costs, at_once=arguments.jobs or cores(), others=others)
    if not arguments.quiet:
        paragraph(console, hours_words(chosen, scenario.memory.leak_budget_gb_per_hour, scenario.market.symbols))
    return of_hours(arguments)(chosen.hours)
