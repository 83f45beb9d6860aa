"""Repeat a whole soak of a scenario, each time with fresh seeds: how often is it red or undecided on one revision?

Every repetition is a soak of its own, with real processes, judged as `soak run` does. With --leak the configs named by
--leaking retain so many leak budgets beside what they do: with more than one every repetition should be red. What was
judged is in OUT/repetitions.jsonl at once, and the same command goes on from there. At the end
docs/reference/repetitions.md is written; with --page only that, from files that are there. The exit code is 0 where
all repetitions were carried out, whatever came of them; 3 interrupted or the disk is full, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.analysis.result import Result
from harness.analysis.verdict import verdict_file
from harness.analysis.verdict.soak_verdict import Verdict
from harness.calibration.repeated.page import counts_in_words, page, unwanted_claims
from harness.calibration.repeated.plan import Plan, declare, planned
from harness.calibration.repeated.records import (
    RECORDS_FILE,
    ClaimOutcome,
    LeakOutcome,
    RepeatedSoak,
    Repetition,
    append,
    begun,
    read,
)
from harness.cli.options import scenario_from
from harness.errors import SoakError, UsageError
from harness.foreign_text import disarmed_streams, on_one_line, visible
from harness.report.terminal.console import open_console
from harness.report.terminal.progress import Progress
from harness.report.words.config_sentences import config_sentences
from harness.report.words.headline import summary_sentence
from harness.soaks import interrupts
from harness.soaks import soak as soaks
from harness.soaks.preloads import without_missing
from harness.soaks.result_folder import LATEST, git_state, refuse_full_disk
from harness.text import shown_path
from harness.worker.isolation import platform_warning

PROGRAM = "python -m harness.calibration.repetitions"

Say = Callable[[str], None]


def repeat(plan: Plan, say: Say) -> RepeatedSoak:
    """Carry out what is not yet recorded of the plan, and record every repetition as soon as it is judged.

    Raises UsageError where the file holds repetitions of something else, and what a soak raises; KeyboardInterrupt
    where it was interrupted.
    """
    file = plan.out / RECORDS_FILE
    repetitions = list(begun(file, plan.origin))
    if repetitions:
        say(f"{shown_path(file)}: goes on after {len(repetitions)} repetitions: {counts_in_words(repetitions)}")
    try:
        plan.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{shown_path(plan.out)}: nothing can be recorded there: {error.strerror}") from error
    began_s = time.monotonic()
    for number in range(len(repetitions) + 1, plan.times + 1):
        repetition = carried_out(plan, number, say)
        repetitions.append(repetition)
        say(_line(plan, repetitions, time.monotonic() - began_s))
    return RepeatedSoak(plan.origin, tuple(repetitions))


def carried_out(plan: Plan, number: int, say: Say) -> Repetition:
    """One repetition: soaked, judged, recorded, and its result folder deleted where it ended as it should."""
    scenario = plan.scenario_of(number)
    began_s, began_cpu_s = time.monotonic(), _cpu_s()
    git = git_state(besides=plan.to) or {}
    planned_soak = soaks.plan(plan.soaked(scenario), plan.out, real_time=False, at_once=plan.at_once)
    # Judged by `scenario` itself, not by what runs in its place: claims may use parameters of its configs.
    result = Result(planned_soak.folder, scenario=scenario)
    with Progress(open_console(), quiet=True) as progress:
        soak = soaks.carry_out(planned_soak, observe=progress, undecided=lambda _seeds: bool(result.look()))
    if soak.interrupted:
        say(f"Not counted: repetition {number}, of which {shown_path(soak.folder)} has what was recorded.")
        raise KeyboardInterrupt
    verdict = _judged(result)
    wanted = verdict.status == plan.origin.wanted
    repetition = Repetition(
        number=number,
        first_seed=scenario.first_seed,
        seeds=len({run.seed for run in verdict.runs}),
        status=verdict.status,
        exit_code=verdict.exit_code,
        reasons=verdict.reasons,
        claims=tuple(ClaimOutcome.of(judged) for judged in verdict.claims),
        leaks=tuple(LeakOutcome.of(leak) for leak in verdict.leaks),
        cpu_s=round(_cpu_s() - began_cpu_s, 2),
        wall_s=round(time.monotonic() - began_s, 2),
        dirty=git.get("dirty"),
        folder=None if wanted else str(soak.folder.relative_to(plan.out)),
    )
    try:
        append(plan.out / RECORDS_FILE, plan.origin, repetition)
    except OSError as error:
        raise refuse_full_disk(error, plan.out) from error
    if wanted:
        shutil.rmtree(soak.folder)
        with contextlib.suppress(OSError):  # not empty: others are kept there
            soak.folder.parent.rmdir()
        if not (plan.out / LATEST).exists():
            (plan.out / LATEST).unlink(missing_ok=True)  # it pointed there
    return repetition


def _judged(result: Result) -> Verdict:
    result.refresh()
    verdict, path = result.verdict, result.folder / verdict_file.VERDICT_FILE
    verdict_file.write(verdict, summary_sentence(verdict), config_sentences(verdict), path)
    return verdict


def _cpu_s() -> float:
    """CPU seconds of this process and of all that it started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _line(plan: Plan, repetitions: Sequence[Repetition], elapsed_s: float) -> str:
    last = repetitions[-1]
    because = unwanted_claims(last, plan.origin.wanted)
    kept = f" ({because}; kept in {shown_path(plan.out / last.folder)})" if last.folder is not None else ""
    return (
        f"[{elapsed_s:5.0f} s] {last.number} of {plan.times}: {last.status}{kept}, {last.seeds} seeds from "
        f"{last.first_seed}, {last.wall_s:.1f} s, CPU {last.cpu_s:.1f} s; so far {counts_in_words(repetitions)}"
    )


def _alike(repeated: RepeatedSoak, folder: Path, say: Say) -> list[RepeatedSoak]:
    """What is recorded in the folders beside `folder` of the same scenario and revision, and this, the leaks last."""
    alike = [repeated]
    for file in sorted(folder.parent.glob(f"{repeated.origin.scenario}*/{RECORDS_FILE}")):
        if file.parent == folder:
            continue
        try:
            other = read(file)
        except UsageError as error:  # a neighbour's damage costs this page nothing
            say(f"Warning: left out of the page: {error}")
            continue
        a, b = other.origin, repeated.origin
        if (a.contents, a.revision) == (b.contents, b.revision):
            alike.append(other)
    return sorted(alike, key=lambda soak: -1.0 if soak.origin.leak is None else soak.origin.leak)


def write_page(soaks: Sequence[RepeatedSoak], to: Path) -> None:
    """Write the page. Raises UsageError where that is not possible."""
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(page(soaks), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{shown_path(to)}: the page cannot be written: {error.strerror}") from error


@interrupts.taken()
@disarmed_streams()
def main(argv: Sequence[str] | None = None) -> int:
    """Repeat, or only write the page; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    declare(parser)
    arguments = parser.parse_args(argv)
    try:
        return _run(arguments)
    except SoakError as error:
        print(f"repetitions: {on_one_line(str(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("repetitions: interrupted: what was judged is recorded, the same command goes on", file=sys.stderr)
        return SoakError.exit_code


def _run(arguments: argparse.Namespace) -> int:
    def say(line: str) -> None:
        print(visible(line), flush=True)

    if arguments.page:
        repeated_soaks = [read(file) for file in arguments.page]
    else:
        scenario, missing = without_missing(scenario_from(arguments))
        plan = planned(arguments, scenario, (git_state() or {}).get("revision"))
        for text in [platform_warning(), *(f"left out: {config}: {reason}" for config, reason in missing.items())]:
            if text is not None:
                say(f"Warning: {text}")
        repeated = repeat(plan, say)
        repeated_soaks = [repeated] if arguments.out is not None else _alike(repeated, plan.out, say)
    write_page(repeated_soaks, arguments.to)
    say(f"Page: {shown_path(arguments.to)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
