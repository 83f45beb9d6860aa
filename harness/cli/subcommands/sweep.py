"""Sweep a scenario: run it at every setting of the axes that it declares as [sweeps.NAME], and say what each does.

An axis has named levels, each a bundle of keys and values; keys under configs make configs, all others make worlds.
--over KEY=A,B,C declares an axis here. --dry-run shows the plan: worlds, configs, runs, memory and time. A run that
fails is a hole in the table; --resume RESULT runs what is missing. --shard i/n runs a part of the table, on any
machine; --merge A B ... joins what came out. --on ADDRESS hands the runs to the workers of a Dask cluster of your
own (docs/clusters.md), configs that are compared to one machine. It ends with table.parquet and .csv, pictures and
sentences, which `soak report RESULT` writes again.

The exit code is 0 where every run is whole, 3 where one is missing or failed, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.clusters import cluster_of, declare_cluster, run_again, say_workers
from harness.cli.options import begin_soaking, declare_soaking, declare_trust
from harness.errors import UsageError
from harness.text import shown_path

if TYPE_CHECKING:
    from rich.console import Console

    from harness.cluster.connection import Cluster
    from harness.soaks.run_rows import Row
    from harness.soaks.supervisor import Observer
    from harness.sweeps.planned import PlannedSweep

GIVEN_BY_RESULT = ("scenario", "name", "over", "scale", "seeds", "hours", "configs", "shard")
"""What the command line may not say where a result says it."""


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", metavar="SCENARIO", nargs="?", help="a scenario's name or the path of its file")
    parser.add_argument("name", metavar="NAME", nargs="?", help="which of its [sweeps.NAME]")
    parser.add_argument(
        "--over", action="append", metavar="KEY=A,B,C", help="an axis, such as time.cycle_s=1,5; repeatable"
    )
    parser.add_argument("--scale", type=float, metavar="S", help="size of the world (the sweep's, else memory.scale)")
    parser.add_argument("--hours", type=float, metavar="H", help="virtual hours (the sweep's, else time.hours)")
    parser.add_argument("--seeds", type=int, metavar="K", help="runs per config and world (the sweep's, else seeds)")
    parser.add_argument("--configs", metavar="A,B", help="the configs that it starts from (the sweep's, else all)")
    declare_soaking(parser)
    declare_cluster(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="show the plan and run nothing but, maybe, a short probe"
    )
    parser.add_argument("--shard", metavar="I/N", help="only part I of N; `--merge` joins the parts")
    parser.add_argument("--merge", nargs="+", type=Path, metavar="RESULT", help="join the results of shards")
    parser.add_argument(
        "--resume", type=Path, metavar="RESULT", help="run what is missing from a sweep's result folder"
    )
    declare_trust(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress; failures and what was found only")


def run(arguments: argparse.Namespace) -> int:
    """Sweep; the exit code says whether the table is whole."""
    console = begin_soaking(arguments)
    if arguments.merge is not None:
        return _merged(console, arguments)
    if arguments.resume is not None:
        return _resumed(console, arguments)
    planned = _planned(arguments)
    with cluster_of(console, arguments) as cluster:
        if arguments.dry_run:
            _show_plan(console, _spread(planned, cluster, arguments)[0], arguments.out, probe=True)
            return 0
        from harness.sweeps.planned import create, plan

        elsewhere = cluster is not None
        _spread(planned, cluster, arguments)  # what it refuses leaves no folder behind
        root = arguments.out if arguments.shared is None else arguments.shared
        folder = create(root, planned.scenario, planned.sweep)
        planned = plan(
            planned.scenario,
            planned.sweep,
            folder,
            shard=planned.shard,
            at_once=arguments.jobs,
            elsewhere=elsewhere,
        )
        return _carried_out(console, planned, arguments, cluster)


def _planned(arguments: argparse.Namespace) -> PlannedSweep:
    """What was asked for, in no folder yet."""
    from harness.analysis.verdict.claim_verdict import check_claims
    from harness.scenario import load
    from harness.scenario.files import refuse_to_make
    from harness.sweeps.asked import asked_for
    from harness.sweeps.planned import plan
    from harness.sweeps.sweep_file import Shard

    if arguments.scenario is None:
        raise UsageError("which SCENARIO? `soak list` shows them; --resume RESULT goes on with a sweep")
    written = load(arguments.scenario, import_target=False)
    check_claims(written)
    if not arguments.trust:
        refuse_to_make(written, written.path)
    configs: str | None = arguments.configs
    scenario, name = asked_for(
        written,
        arguments.name,
        over=arguments.over or (),
        scale=arguments.scale,
        seeds=arguments.seeds,
        hours=arguments.hours,
        configs=None if configs is None else [word.strip() for word in configs.split(",") if word.strip()],
    )
    shard = None if arguments.shard is None else Shard.parse(arguments.shard)
    elsewhere = arguments.on is not None
    return plan(scenario, name, Path("nowhere"), shard=shard, at_once=arguments.jobs, elsewhere=elsewhere)


def _spread(
    planned: PlannedSweep, cluster: Cluster | None, arguments: argparse.Namespace
) -> tuple[PlannedSweep, Callable[..., None]]:
    """The plan as it runs here or on a cluster, and what carries its rows out."""
    from harness.soaks import run_rows

    if cluster is None:
        return planned, run_rows.carry_out
    from harness.cluster import handing_out

    workers = cluster.workers()
    of_a_group = handing_out.at_once_of(planned.rows, workers, arguments.jobs)
    shared = None if arguments.shared is None else planned.folder

    def carry(rows: Sequence[Row], *, at_once: int, observe: Observer) -> None:
        handing_out.carry_out(rows, cluster=cluster, at_once=of_a_group, observe=observe, shared=shared)

    groups = len({(row.world.folder, row.job.seed) for row in planned.waiting})
    at_once = min(max(1, groups * of_a_group), sum(worker.threads * of_a_group for worker in workers))
    return replace(planned, at_once=at_once), carry


def _show_plan(console: Console, planned: PlannedSweep, root: Path, *, probe: bool) -> list[float]:
    """Print the plan, and return how much of the whole each row is."""
    from harness.report.sweeps.plan_words import plan_lines
    from harness.report.terminal.console import paragraph
    from harness.sweeps.cost import cost_of, probed_cost, updates

    cost = cost_of(planned, root)
    if cost is None and probe:
        cost = probed_cost(planned)
    for line in plan_lines(planned, cost):
        paragraph(console, line)
    return [updates(row) for row in planned.rows] if cost is None else list(cost.run_s)


def _carried_out(
    console: Console, planned: PlannedSweep, arguments: argparse.Namespace, cluster: Cluster | None
) -> int:
    from harness.cli.after_sweep import conclude_sweep
    from harness.report.sweeps.progress import SweepProgress
    from harness.report.terminal.console import whole_line
    from harness.soaks.living import locked
    from harness.sweeps.planned import carry_out

    with locked(planned.folder) as alone:
        if not alone:
            raise UsageError(f"{shown_path(planned.folder)}: its sweep is going on")
        run_again(console, planned.rows, cluster)
        planned, carry = _spread(planned, cluster, arguments)
        waiting = {row.folder for row in planned.waiting}
        with contextlib.ExitStack() as said:
            if arguments.quiet:
                console.quiet = True
                said.callback(setattr, console, "quiet", False)
            weights = _show_plan(console, planned, arguments.out, probe=False)
            if cluster is not None:
                say_workers(console, cluster)
        there = [(row, weight) for row, weight in zip(planned.rows, weights, strict=True) if row.folder in waiting]
        progress = SweepProgress(
            console,
            [_row_name(row) for row, _ in there],
            [weight for _, weight in there],
            before=len(planned.rows) - len(there),
            quiet=arguments.quiet,
        )
        interrupted = carry_out(planned, observe=progress, carry=carry)
        code = conclude_sweep(console, planned.folder)
        if interrupted:
            console.print("Interrupted: what was recorded until then is told above.")
            on = "" if arguments.on is None else f" --on {arguments.on}"
            whole_line(console, f"The rest is run by: soak sweep --resume {shown_path(planned.folder)}{on}")
        return code


def _row_name(row: Row) -> str:
    return f"{row.world.folder.name}, {row.job.config} seed {row.job.seed}"


def _resumed(console: Console, arguments: argparse.Namespace) -> int:
    from harness.made_here import refuse_foreign
    from harness.soaks.result_folder import SCENARIO_FILE, read_manifest, refuse_other_conditions
    from harness.sweeps.merge import read_sweep
    from harness.sweeps.planned import plan, refuse_other_jobs

    _refuse_beside(arguments, "--resume")
    folder = arguments.resume.resolve()
    scenario, about = read_sweep(folder)
    refuse_other_conditions(folder, read_manifest(folder))
    if not arguments.trust:
        what = f"{shown_path(folder)}: its scenario"
        refuse_foreign(folder / SCENARIO_FILE, what, scenario.target.factory, scenario.run_beside())
    if arguments.shared is not None and not folder.is_relative_to(arguments.shared.resolve()):
        raise UsageError(f"--shared {arguments.shared}: {shown_path(folder)} does not lie there")
    elsewhere = arguments.on is not None
    planned = plan(scenario, about.sweep, folder, shard=about.shard, at_once=arguments.jobs, elsewhere=elsewhere)
    refuse_other_jobs(planned.rows)
    with cluster_of(console, arguments) as cluster:
        if arguments.dry_run:
            _show_plan(console, _spread(planned, cluster, arguments)[0], arguments.out, probe=True)
            return 0
        return _carried_out(console, planned, arguments, cluster)


def _merged(console: Console, arguments: argparse.Namespace) -> int:
    from harness.cli.after_sweep import conclude_sweep
    from harness.report.terminal.console import whole_line
    from harness.sweeps.merge import merge

    _refuse_beside(arguments, "--merge")
    if arguments.on is not None:
        raise UsageError(f"--merge runs nothing: leave out --on {arguments.on}")
    folder = merge([path.resolve() for path in arguments.merge], arguments.out)
    whole_line(console, f"Merged: {shown_path(folder)}")
    return conclude_sweep(console, folder)


def _refuse_beside(arguments: argparse.Namespace, option: str) -> None:
    for name in GIVEN_BY_RESULT:
        if getattr(arguments, name) is not None:
            shown = name.upper() if name in ("scenario", "name") else f"--{name}"
            raise UsageError(f"{option}: the result says what is run: leave out {shown}")
