"""The options that change a scenario, the same in every subcommand that takes one."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.scenario import Scenario


def declare_scenario(
    parser: argparse.ArgumentParser, *, default: str | None = None, first_seed: int | None = None
) -> None:
    """Add the scenario, which may be left out where there is a `default`, and the options that change it.

    With `first_seed` seeds begin there, whatever the scenario says, unless the user says so.
    """
    parser.add_argument(
        "scenario",
        metavar="SCENARIO",
        nargs=None if default is None else "?",
        default=default,
        help="a scenario's name (`soak list`) or the path of its file" + ("" if default is None else f" ({default})"),
    )
    parser.add_argument("--scale", type=float, metavar="S", help="size of the world, above 0 up to 1 (memory.scale)")
    parser.add_argument("--hours", type=float, metavar="H", help="virtual hours; a warm-up shrinks to a fifth of them")
    parser.add_argument("--seeds", type=int, metavar="K", help="runs per config")
    parser.add_argument("--max-seeds", type=int, metavar="N", help="add seeds up to N while a verdict is open (none)")
    follow = f"the first seed; the others follow it ({first_seed or 1})"
    parser.add_argument("--first-seed", type=int, default=first_seed, metavar="N", help=follow)
    parser.add_argument(
        "--anchor-minutes", type=float, metavar="M", help="real minutes for runs in larger worlds (memory.anchors)"
    )
    parser.add_argument(
        "--no-anchors",
        dest="anchor_minutes",
        action="store_const",
        const=0.0,
        help="no such runs: what moves with the scale stays undecided",
    )
    parser.add_argument("--configs", metavar="A,B", help="only these configs; claims about others are dropped")


def scenario_from(arguments: argparse.Namespace) -> Scenario:
    """Return the scenario that the arguments name, with their options. Raises UsageError."""
    from harness.analysis.verdict.claims import check_claims
    from harness.scenario import load

    configs: str | None = arguments.configs
    scenario = load(arguments.scenario)
    check_claims(scenario)
    return scenario.with_options(
        hours=arguments.hours,
        scale=arguments.scale,
        seeds=arguments.seeds,
        max_seeds=arguments.max_seeds,
        first_seed=arguments.first_seed,
        anchor_minutes=arguments.anchor_minutes,
        configs=None if configs is None else [name.strip() for name in configs.split(",") if name.strip()],
    )
