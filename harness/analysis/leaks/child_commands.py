"""Which of the programs that a target started hold memory, and how fast each grows, by command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.analysis.leaks.floors import Series, slopes
from harness.analysis.runs import Run


@dataclass(frozen=True)
class Command:
    """All processes of one command, in the mean over the runs that had one. GB are PSS at full scale.

    `processes` is the most of them at a time in any run, `peak_gb` the most that they held up to the horizon,
    `gb_per_hour` the slope of their floors after the warm-up, None with too few of them.
    """

    command: str
    processes: int
    peak_gb: float
    gb_per_hour: float | None


@dataclass(frozen=True)
class ConfigChildren:
    """The processes of one config: its `commands`, the one that grows fastest first.

    `tree_gb` is the most that the judged process and they held together up to the horizon, in the mean over the runs.
    Their time is real: `acceleration` is how many virtual seconds passed in a real one, in the mean.
    """

    config: str
    tree_gb: float
    acceleration: float | None
    commands: tuple[Command, ...]


def children_of(config: str, runs: Sequence[Run]) -> ConfigChildren | None:
    """What the processes of a config held in its runs, None where none of them had any under load."""
    with_some = [
        run for run in runs if run.config == config and np.isfinite(run.children_held.gb[run.until_horizon]).any()
    ]
    if not with_some:
        return None
    names = sorted({name for run in with_some for name in run.children["command"] if name})
    commands = [_command(name, with_some) for name in names]
    speeds = [speed for run in with_some if (speed := run.facts.get("acceleration"))]
    return ConfigChildren(
        config=config,
        tree_gb=float(np.mean([run.children_held.tree_gb[run.until_horizon].max() for run in with_some])),
        acceleration=float(np.mean(speeds)) if speeds else None,
        commands=tuple(sorted(commands, key=_speed, reverse=True)),
    )


def fastest(runs: Sequence[Run]) -> Command | None:
    """The command that grows most in these runs of one config, None where none of them can be told to."""
    children = children_of(runs[0].config, runs) if runs else None
    if children is None or not children.commands or children.commands[0].gb_per_hour is None:
        return None
    return children.commands[0]


def _speed(command: Command) -> tuple[float, float]:
    return (-np.inf if command.gb_per_hour is None else command.gb_per_hour), command.peak_gb


def _command(name: str, runs: Sequence[Run]) -> Command:
    mine = [run for run in runs if (run.children["command"] == name).any()]
    rates = [rate for run in mine if (rate := _gb_per_hour(run, name)) is not None]
    return Command(
        command=name,
        processes=max(int(run.children.loc[run.children["command"] == name, "count"].max()) for run in mine),
        peak_gb=float(
            np.mean([np.nanmax(run.children_held.of_command_gb(name)[run.until_horizon], initial=0.0) for run in mine])
        ),
        gb_per_hour=float(np.mean(rates)) if rates else None,
    )


def _gb_per_hour(run: Run, name: str) -> float | None:
    fed = run.until_horizon
    floors = Series(run.t_s[fed], run.children_held.of_command_gb(name)[fed], np.empty(0)).judged_floors(run.warmup_s)
    rate = float(slopes(floors).whole)
    return rate if np.isfinite(rate) else None
