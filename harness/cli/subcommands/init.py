"""Write a scenario for a target of yours, commented, to change and to run; and an adapter where there is none.

`soak init NAME --target mybot.soaking:build` lives with the target for a few virtual minutes, as `soak try` does, and
writes scenarios/NAME.toml with what it saw. `soak init NAME --kind callbacks` writes the skeleton of an adapter first,
NAME_target.py in the current folder (callbacks: your program is called; messages: it takes what a venue sends). What is
written runs as it is: `soak run NAME`. Nothing is overwritten.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.options import declare_set
from harness.command_line import own_command
from harness.errors import UsageError
from harness.text import shown_path

if TYPE_CHECKING:
    from rich.console import Console

    from harness.scenario import Scenario
    from harness.scenario.without_file import Wanted
    from harness.trials.carrying_out import Trial

_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="of the scenario: a-z, 0-9 and _, not beginning with a digit")
    parser.add_argument("--target", metavar="MODULE:FACTORY", help="the target that there is")
    parser.add_argument("--kind", choices=("callbacks", "messages"), help="write an adapter of this kind, too")
    parser.add_argument("--hours", type=float, metavar="H", help="virtual hours (5, fewer where they take long)")
    parser.add_argument("--symbols", type=int, metavar="N", help="symbols of the market (50)")
    parser.add_argument("--no-trial", action="store_true", help="do not run the target: write what would do for any")
    declare_set(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the files, and say what is next."""
    from harness.report.terminal.console import open_console, paragraph, whole_line
    from harness.scenario.adapters import adapter
    from harness.scenario.target_names import meant_as_a_target, names_a_target
    from harness.scenario.without_file import HOURS, SYMBOLS, Wanted, parameter, text_of, without_file

    name = arguments.name
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name}: a name is made of a-z, 0-9 and _, and does not begin with a digit")
    if (arguments.target is None) == (arguments.kind is None):
        raise UsageError("soak init: give --target MODULE:FACTORY, or --kind callbacks or messages for an adapter")
    if arguments.target is not None and not names_a_target(arguments.target):
        meant = meant_as_a_target(arguments.target) or 'not of the form "module:factory"'
        raise UsageError(f"--target {arguments.target}: {meant}")
    file, module = Path("scenarios", f"{name}.toml"), Path(f"{name}_target.py")
    for path in (file, *((module,) if arguments.kind else ())):
        if path.exists():
            raise UsageError(f"{path}: is there already, and is not overwritten: choose another NAME or move it")
    console = open_console()
    if arguments.kind is not None:
        _write(module, adapter(arguments.kind, module.stem))
        paragraph(console, f"Written: {module}: put your program where TODO stands.")
    wanted = Wanted(
        arguments.target or f"{module.stem}:build",
        HOURS if arguments.hours is None else arguments.hours,
        SYMBOLS if arguments.symbols is None else arguments.symbols,
        dict(parameter(written) for written in arguments.set or ()),
    )
    scenario = without_file(wanted)
    if not arguments.no_trial:
        wanted = _tried(console, wanted, scenario, choose=arguments.hours is None)
    _write(file, text_of(wanted))
    soak = own_command()
    whole_line(console, f"Written: {shown_path(file)}. Next: {soak} show {name}, then {soak} run {name}")
    return 0


def _tried(console: Console, wanted: Wanted, scenario: Scenario, *, choose: bool) -> Wanted:
    """What is wanted, with what a trial saw: sentences for the head of the file, and what the process takes idle.

    Where there is a choice, also the hours that decide and are quick.
    """
    from harness.forecasts.other_work import busy_cores
    from harness.report.terminal.console import paragraph
    from harness.report.trials.trial_lines import trial_lines
    from harness.soaks.plan import plan_jobs
    from harness.target import TELLS
    from harness.trials.carrying_out import trial_of
    from harness.trials.seen import Seen

    job = plan_jobs(scenario)[0]
    paragraph(console, f"Trying {job.factory} for what the scenario should say: this runs it (--no-trial does not).")
    others = busy_cores()
    trial = trial_of(job)
    if trial.run.status != "complete":
        reason = " ".join(str(trial.run.facts.get("reason")).split())
        paragraph(console, f"It {trial.run.ending}: {reason}. What is written has nothing of it: see `soak try`.")
        return wanted
    told = [f"{subject}: {sentence}" for subject, sentence in trial_lines(trial, Seen.of(trial, TELLS))]
    idle = trial.run.facts.get("idle_rss_bytes")
    wanted = replace(wanted, seen=told, idle_gb=float(idle) / 1e9 if isinstance(idle, int | float) else wanted.idle_gb)
    return _as_long_as_is_quick(console, wanted, trial, others) if choose and trial.cost is not None else wanted


def _as_long_as_is_quick(console: Console, wanted: Wanted, trial: Trial, others: float) -> Wanted:
    """What is wanted, with hours that decide and are quick beside `others`, the cores that others want."""
    from harness.cli.hours_chosen import choose_hours
    from harness.report.terminal.console import paragraph
    from harness.report.trials.hours_words import hours_words
    from harness.scenario.without_file import budget_of, without_file
    from harness.soaks.plan import cores
    from harness.trials.enough_hours import cleanup_every_s

    assert trial.cost is not None
    chosen = choose_hours(
        lambda hours: without_file(replace(wanted, hours=hours)),
        [(trial.job.config, trial.cost)],
        at_once=cores(),
        others=others,
        cleanup_every_s=cleanup_every_s(trial.run),
    )
    words = hours_words(chosen, budget_of(wanted.idle_gb), wanted.symbols)
    paragraph(console, words)
    return replace(
        wanted, hours=chosen.hours, why_hours=f"of virtual time; the fewest that may decide are {chosen.fewest:g}"
    )


def _write(path: Path, text: str) -> None:
    """Write a file that is not there yet. Raises UsageError where that cannot be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{shown_path(path)}: cannot be written: {error.strerror}") from error
