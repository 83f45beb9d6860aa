"""Soak a scenario: run every config with every seed, judge, draw, and write a result folder.

SCENARIO is a name (`soak list` shows them) or a path to a .toml file.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the subcommand's arguments."""
    parser.add_argument("scenario", metavar="SCENARIO", help="a scenario's name, or a path to a .toml file")
    parser.add_argument("--seeds", type=int, metavar="N", help="runs per config")
    parser.add_argument("--scale", type=float, metavar="X", help="size of the world, above 0 and at most 1")
    parser.add_argument("--hours", type=float, metavar="H", help="virtual hours")
    parser.add_argument("--configs", metavar="A,B", help="only these configs")
    parser.add_argument("--jobs", type=int, metavar="N", help="runs at once (default: one a core, if they fit)")
    parser.add_argument("--out", type=Path, default=Path("results"), metavar="DIR", help="where results go (results)")
    parser.add_argument("--quiet", action="store_true", help="no progress; the verdicts only")
    parser.add_argument("--clock", choices=("virtual", "real"), default="virtual", help="real: in wall time")


def run(arguments: argparse.Namespace) -> int:
    """Soak; the exit code is the verdict's."""
    from rich.console import Console

    from harness.analysis.metrics import METRICS
    from harness.cli.conclusion import conclude
    from harness.errors import UsageError
    from harness.report.progress import Progress
    from harness.running.soak import carry_out
    from harness.scenario import load

    if arguments.jobs is not None and arguments.jobs < 1:
        raise UsageError(f"--jobs {arguments.jobs}: must be at least 1")
    scenario = load(arguments.scenario, known_metrics=METRICS).with_options(
        hours=arguments.hours,
        scale=arguments.scale,
        seeds=arguments.seeds,
        configs=arguments.configs.split(",") if arguments.configs is not None else None,
    )
    console = Console()
    with Progress(Console(file=sys.stdout), scenario.memory.scale, quiet=arguments.quiet) as progress:
        soak = carry_out(
            scenario,
            arguments.out,
            real_time=arguments.clock == "real",
            at_once=arguments.jobs,
            observe=progress,
        )
    code = conclude(console, soak.folder)
    if soak.interrupted:
        console.print("Interrupted: what was recorded until then is judged above.")
        return 3
    return code
