"""Write what a library's maintainer needs of a leak: a README, a script that shows it, its requirements, the curve.

RESULT is that of a client library (scenarios ccxt_watch and binance_depth, or a release that `soak releases` ran). The
script has the client and a small server in it and nothing of this program; it is run first, in the environment that
leaked, where it opens a port on 127.0.0.1, and what it prints stands in the README.

The exit code is 0 where the bundle is written, 3 where the script shows nothing, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.options import declare_trust
from harness.errors import UsageError
from harness.text import did_you_mean, shown_path

if TYPE_CHECKING:
    from harness.analysis.result import Result


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("result", metavar="RESULT", help="a result folder, latest, or a scenario's name")
    parser.add_argument("--config", metavar="NAME", help="the config that leaks (the first that does)")
    parser.add_argument("--to", type=Path, metavar="DIR", help="where the bundle goes (bundle/ in the result)")
    parser.add_argument("--out", type=Path, default=Path("results"), metavar="DIR", help="where results are (results)")
    declare_trust(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the script, and write the bundle."""
    from harness.analysis.result import Result
    from harness.bundles.reproductions import reproduction_of, show
    from harness.bundles.written import Bundle, pinned, write_bundle
    from harness.made_here import refuse_foreign
    from harness.report.histories.release_sentences import measured_lines
    from harness.report.terminal.console import open_console, paragraph, whole_line
    from harness.soaks.result_folder import SCENARIO_FILE, find_result, refuse_full_disk, run_folders
    from harness.worker.job import JOB_FILE

    console = open_console()
    folder = find_result(arguments.result, arguments.out)
    result = Result.open(folder)
    scenario = result.scenario
    if not arguments.trust:
        what = f"{shown_path(folder)}: its scenario"
        refuse_foreign(folder / SCENARIO_FILE, what, scenario.target.factory, scenario.run_beside())
    config = _leaking(result, arguments.config)
    reproduction = reproduction_of(scenario.target.factory, scenario.parameters()[config])
    run_folder = next(one for one in run_folders(folder) if one.parent.name == config)
    job = json.loads((run_folder / JOB_FILE).read_text(encoding="utf-8"))
    interpreter, site = Path(job.get("interpreter") or ""), Path(job.get("site") or "")
    if not (job.get("site") and interpreter.exists() and site.is_dir()):
        raise UsageError(f"{shown_path(folder)}: the environment of {config} is not here any more: soak it again")
    requirements = pinned(site)
    version = dict(one.split("==") for one in requirements)[reproduction.package]
    paragraph(console, f"Runs a script with {interpreter}; it opens a port on 127.0.0.1, in real time: a minute or so.")
    seed = scenario.first_seed
    shown = show(reproduction, str(interpreter), seed)
    paragraph(console, f"It printed: {shown.line}")
    runs = result.runs.of_config(config)
    bundle = Bundle(
        title=f"{reproduction.package} {version} {reproduction.title.format(**shown.figures)}",
        python=str((runs[0].facts.get("code") or {}).get("python") or "3.11"),
        calls=reproduction.calls,
        seed=seed,
        script=reproduction.text,
        shown=shown,
        requirements=requirements,
        measured=tuple(measured_lines(result, config)),
    )
    target = arguments.to or folder / "bundle"
    try:
        written = write_bundle(bundle, target, folder / "memory.png")
    except OSError as error:
        raise refuse_full_disk(error, target) from error
    whole_line(console, f"Bundle: {shown_path(target)}: {', '.join(written)}")
    return 0


def _leaking(result: Result, wanted: str | None) -> str:
    """Return the config that is wanted, else the first that leaks. Raises UsageError where that is none."""
    configs = result.scenario.configs
    if wanted is not None:
        if wanted not in configs:
            raise UsageError(
                f'--config {wanted}: no config "{wanted}"; {did_you_mean(wanted, configs, noun="the configs are")}'
            )
        return wanted
    leaking = [leak.config for leak in result.verdict.leaks if leak.verdict.leaks]
    if not leaking:
        raise UsageError(f"{shown_path(result.folder)}: nothing in it leaks; --config NAME bundles it all the same")
    return next(config for config in configs if config in leaking)
