"""Live with a target for a few virtual minutes and tell what it takes, does, tells and costs. Nothing is judged.

SCENARIO is a target, as module:factory, or a scenario, whose first config is tried (--configs chooses another). The
target is run, in a process and a folder of its own that are gone afterwards. What it will cost to soak it follows: the
forecast is for the scenario as it would run with the same options.

The exit code is 0 where it lived, 3 where it did not: the last line says why and what to do next.
"""

from __future__ import annotations

import argparse
import shlex

from harness.cli.options import declare_scenario, declare_trust, scenario_from


def declare(parser: argparse.ArgumentParser) -> None:
    declare_scenario(parser)
    declare_trust(parser)
    parser.add_argument("--jobs", type=int, metavar="N", help="runs at once that the forecast is for (one a core)")


def run(arguments: argparse.Namespace) -> int:
    """Try it, and say what was seen."""
    from harness.analysis.verdict.validity import handed_nothing
    from harness.exit_codes import NO_EVIDENCE
    from harness.forecasts.forecast import forecast
    from harness.forecasts.probe import shortened
    from harness.report.terminal.console import new_table, open_console, paragraph, show
    from harness.report.trials.forecast_words import forecast_line
    from harness.report.trials.trial_lines import trial_lines
    from harness.scenario.files import refuse_foreign_result
    from harness.scenario.without_file import names_a_target
    from harness.soaks.admission import room_bytes
    from harness.soaks.plan import cores, plan_jobs
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
    if not seen.takes and (why := handed_nothing(trial.run)):
        paragraph(console, f"It was handed nothing, and a soak would tell nothing of it: {why}.")
        paragraph(console, "Next: mend that, and try again")
        return NO_EVIDENCE
    if trial.cost is not None:
        told = forecast(
            jobs,
            [(job.config, trial.cost)],
            at_once=arguments.jobs or cores(),
            room_bytes=float(room_bytes()),
            source=f"this trial, for {scenario.time.hours:g} hours and {scenario.market.symbols} symbols",
        )
        paragraph(console, forecast_line(told))
    paragraph(console, "How many hours and seeds decide about a leak is known once a soak has recorded its noise.")
    paragraph(console, f"Next: soak run {' '.join(_again(arguments))}")
    return 0


def _again(arguments: argparse.Namespace) -> list[str]:
    """The words of the command line that say what is soaked."""
    options = {"--hours": arguments.hours, "--symbols": arguments.symbols, "--scale": arguments.scale}
    words = [word for option, value in options.items() if value is not None for word in (option, f"{value:g}")]
    words += [word for pair in arguments.set or () for word in ("--set", pair)]
    return [shlex.quote(word) for word in (arguments.scenario, *words)]
