"""One scenario as it would run: what it costs, its settings at its scale, its configs side by side, its claims.

Values that follow the memory scale are shown at full scale and scaled, with what was rounded. What it costs is told by
what results in ./results recorded of it on this machine; where there is nothing, by a probe of a few virtual minutes,
which runs the target: --no-forecast leaves that out.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.options import declare_scenario, declare_trust, scenario_from
from harness.errors import SoakError, UsageError

if TYPE_CHECKING:
    from harness.scenario import Scenario


def declare(parser: argparse.ArgumentParser) -> None:
    declare_scenario(parser)
    declare_trust(parser)
    parser.add_argument("--jobs", type=int, metavar="N", help="runs at once that the forecast is for (one a core)")
    parser.add_argument("--no-forecast", action="store_true", help="do not tell what it costs: nothing is run for it")


def run(arguments: argparse.Namespace) -> int:
    """Print it."""
    from harness.report.terminal.console import open_console, paragraph
    from harness.report.terminal.scenario_view import print_scenario
    from harness.scenario import scale_down
    from harness.soaks.plan import cores

    scenario = scenario_from(arguments)
    world, console = scale_down(scenario), open_console()
    if not arguments.no_forecast:
        paragraph(console, _forecast(scenario, arguments.jobs or cores(), trusted=arguments.trust))
        console.print()
    print_scenario(console, scenario, world)
    return 0


def _forecast(scenario: Scenario, at_once: int, *, trusted: bool) -> str:
    """What the runs of a scenario cost, in a line; why that is not known, where a probe did not live or may not run."""
    from harness.forecasts import probe
    from harness.forecasts.foretelling import by_costs, by_recordings
    from harness.report.trials.forecast_words import forecast_line
    from harness.scenario.files import refuse_foreign_result
    from harness.soaks.plan import plan_jobs

    jobs = plan_jobs(scenario)
    told = by_recordings(scenario.name, jobs, Path("results"), at_once)
    if told is None:
        job = jobs[0]
        try:
            if not trusted:
                refuse_foreign_result(scenario, scenario.path)
        except UsageError as error:
            return f"Forecast: none: {error}"
        minutes = probe.shortened(job).horizon_s / 60
        what = f"{minutes:.3g} virtual minutes of {job.config}"
        print(f"Forecast by a probe, which runs {job.factory} for {what} ...", file=sys.stderr)
        try:
            told = by_costs(jobs, [(job.config, probe.probed(job))], at_once, f"a probe of {what}")
        except SoakError as error:
            return f"Forecast: none: {error}"
    return forecast_line(told)
