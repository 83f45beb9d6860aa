"""Live with a target for a few virtual minutes and tell what it takes, does, tells and costs. Nothing is judged.

SCENARIO is a target, as module:factory, or a scenario, whose first config is tried (--configs chooses another). The
target is run, in a process and a folder of its own that are gone afterwards. What it will cost to soak it follows: the
forecast is for the scenario as it would run with the same options.

The exit code is 0 where it lived, 3 where it did not: the last line says why and what to do next.
"""

from __future__ import annotations

import argparse
import shlex
from typing import TYPE_CHECKING

from harness.cli.options import declare_scenario, declare_trust, scenario_from
from harness.command_line import own_command

if TYPE_CHECKING:
    from rich.console import Console

    from harness.scenario import Scenario
    from harness.trials.carrying_out import Trial


def declare(parser: argparse.ArgumentParser) -> None:
    declare_scenario(parser)
    declare_trust(parser)
    parser.add_argument("--jobs", type=int, metavar="N", help="runs at once that the forecast is for (one a core)")


def run(arguments: argparse.Namespace) -> int:
    """Try it, and say what was seen."""
    from harness.analysis.verdict.validity import handed_nothing
    from harness.exit_codes import NO_EVIDENCE
    from harness.forecasts.other_work import busy_cores
    from harness.forecasts.probe import shortened
    from harness.report.terminal.console import new_table, open_console, paragraph, show, whole_line
    from harness.report.trials.trial_lines import trial_lines
    from harness.scenario.files import refuse_foreign_result
    from harness.scenario.target_names import names_a_target
    from harness.soaks.plan import plan_jobs
    from harness.target import TELLS
    from harness.trials.advice import next_step
    from harness.trials.carrying_out import trial_of
    from harness.trials.seen import Seen

    scenario = scenario_from(arguments)
    if not arguments.trust:
        refuse_foreign_result(scenario, scenario.path)
    jobs = plan_jobs(scenario)
    job, console = jobs[0], open_console()
    minutes = shortened(job).horizon_s / 60
    of = "" if names_a_target(arguments.scenario) else f", {job.config} of {scenario.name}"
    paragraph(
        console,
        f"Trying {job.factory}{of}, for {minutes:.3g} virtual minutes with {len(job.instruments)} symbols: this runs "
        "it, in a process and a folder of its own. Nothing is judged, and what happens more rarely is not seen.",
    )
    others = busy_cores()
    trial = trial_of(job)
    seen = Seen.of(trial, TELLS)
    table = new_table("", "", ruled=False)
    last = ""
    for subject, sentence in trial_lines(trial, seen):
        table.add_row("" if subject == last else subject, sentence)
        last = subject
    show(console, table)
    console.print()
    if trial.run.status != "complete":
        paragraph(console, f"It {trial.run.ending}: {' '.join(str(trial.run.facts.get('reason')).split())}.")
        paragraph(console, f"Next: {next_step(trial)}")
        return NO_EVIDENCE
    if why := handed_nothing(trial.run):
        paragraph(console, f"It was handed nothing, and a soak of which that is so is no evidence: {why}.")
        paragraph(console, "Next: mend that, and try again")
        return NO_EVIDENCE
    if trial.cost is not None:
        _foretell(console, arguments, scenario, trial, others)
    whole_line(console, f"Next: {own_command()} run {' '.join(_again(arguments))}")
    return 0


def _foretell(console: Console, arguments: argparse.Namespace, scenario: Scenario, trial: Trial, others: float) -> None:
    """Say what a soak takes, beside `others`, the cores that others want; chooses the hours where they are open."""
    from harness.cli.hours_chosen import choose_hours, leaves_hours_open, of_hours
    from harness.forecasts.foretelling import by_costs
    from harness.forecasts.other_work import slowed
    from harness.report.terminal.console import paragraph
    from harness.report.trials.forecast_words import forecast_line
    from harness.report.trials.hours_words import hours_words
    from harness.soaks.plan import cores, plan_jobs
    from harness.text import number
    from harness.trials.enough_hours import cleanup_every_s

    assert trial.cost is not None
    costs, at_once = [(trial.job.config, trial.cost)], arguments.jobs or cores()
    if leaves_hours_open(arguments):
        every_s = cleanup_every_s(trial.run)
        chosen = choose_hours(of_hours(arguments), costs, at_once=at_once, others=others, cleanup_every_s=every_s)
        paragraph(console, hours_words(chosen, scenario.memory.leak_budget_gb_per_hour, scenario.market.symbols))
        arguments.hours = chosen.hours
        scenario = scenario_from(arguments)
    jobs = plan_jobs(scenario)
    source = f"this trial, for {number(scenario.time.hours)} hours and {scenario.market.symbols} symbols"
    slowed_by = slowed(others, min(at_once, len(jobs)))
    paragraph(console, forecast_line(by_costs(jobs, costs, at_once, source, slowed_by=slowed_by)))


def _again(arguments: argparse.Namespace) -> list[str]:
    """The words of the command line that say what is soaked."""
    options = {"--hours": arguments.hours, "--symbols": arguments.symbols, "--scale": arguments.scale}
    words = [word for option, value in options.items() if value is not None for word in (option, f"{value:g}")]
    words += [word for pair in arguments.set or () for word in ("--set", pair)]
    return [shlex.quote(word) for word in (arguments.scenario, *words)]
