"""What is repeated: a scenario, how often, with which seeds and which leak, and where it is recorded."""

from __future__ import annotations

import argparse
import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

from harness.calibration.repeated.records import Origin
from harness.cli.options import declare_scenario
from harness.controls.derived import roles
from harness.controls.leaking import with_leak
from harness.errors import UsageError
from harness.scenario import Scenario, to_toml
from harness.scenario.overrides import with_options
from harness.text import did_you_mean

PAGE = Path("docs/reference/repetitions.md")
OUT = Path("results/repetitions")
SCENARIO = "smoke_long"
FIRST_SEED = 1001
"""Beyond the seeds with which scenarios are made and looked at."""

TIMES = 100


@dataclass(frozen=True)
class Plan:
    """What is repeated, how often, where it is recorded and its page goes; `at_once` is as `soak run --jobs`."""

    scenario: Scenario
    origin: Origin
    times: int
    out: Path
    to: Path
    at_once: int | None

    def scenario_of(self, number: int) -> Scenario:
        """The scenario of one repetition, as it is judged."""
        return with_options(self.scenario, first_seed=self.origin.seed_of(number))

    def soaked(self, scenario: Scenario) -> Scenario:
        """What runs in its place: itself, or with the leak in it."""
        if self.origin.leak is None:
            return scenario
        return with_leak(
            scenario, dict.fromkeys(self.origin.leaking, self.origin.leak * scenario.memory.leak_budget_gb_per_hour)
        )


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    declare_scenario(parser, default=SCENARIO, first_seed=FIRST_SEED)
    parser.add_argument("--times", type=int, default=TIMES, metavar="N", help="repetitions in all (%(default)s)")
    parser.add_argument("--leak", type=float, metavar="X", help="leak this many leak budgets (none; 0: wrapped only)")
    parser.add_argument("--leaking", metavar="A,B", help="the configs that leak (the second of the first reduction)")
    parser.add_argument("--jobs", type=int, metavar="N", help="runs at once (default: one a core, if they fit)")
    parser.add_argument("--out", type=Path, metavar="DIR", help=f"where they are recorded ({OUT}/SCENARIO[-leak-X])")
    parser.add_argument("--to", type=Path, default=PAGE, metavar="FILE", help="the page to write (%(default)s)")
    parser.add_argument("--page", type=Path, nargs="+", metavar="FILE", help="only write the page, from these records")


def planned(arguments: argparse.Namespace, scenario: Scenario, revision: str | None) -> Plan:
    """The plan that the arguments ask for. Raises UsageError where they make no sense."""
    for option in ("times", "jobs"):
        given = getattr(arguments, option)
        if given is not None and given < 1:
            raise UsageError(f"--{option} {given}: must be at least 1")
    leak: float | None = arguments.leak
    if leak is not None and not (math.isfinite(leak) and leak >= 0):
        raise UsageError(f"--leak {leak:g}: must be 0 or more leak budgets")
    if leak is None and arguments.leaking is not None:
        raise UsageError(f"--leaking {arguments.leaking}: needs --leak, in budgets")
    origin = Origin(
        scenario=scenario.name,
        contents=_digest(scenario),
        revision=revision,
        first_seed=scenario.first_seed,
        spacing=scenario.max_seeds or scenario.seeds,
        leak=leak,
        leaking=() if leak is None else _leaking(arguments.leaking, scenario),
        budget_gb_per_hour=scenario.memory.leak_budget_gb_per_hour,
        options=_options(arguments),
    )
    name = scenario.name if leak is None else f"{scenario.name}-leak-{leak:g}"
    plan = Plan(scenario, origin, arguments.times, arguments.out or OUT / name, arguments.to, arguments.jobs)
    plan.soaked(plan.scenario_of(plan.times))  # what the last one would be refused for is refused now
    return plan


def _digest(scenario: Scenario) -> str:
    """The same for every first seed."""
    return hashlib.sha256(to_toml(with_options(scenario, first_seed=1)).encode("utf-8")).hexdigest()


def _leaking(asked: str | None, scenario: Scenario) -> tuple[str, ...]:
    if asked is None:
        return (roles(scenario).fixed,)
    names = [name.strip() for name in asked.split(",") if name.strip()]
    for name in names:
        if name not in scenario.configs:
            offer = did_you_mean(name, scenario.configs, noun=f"the configs of {scenario.name} are")
            raise UsageError(f'--leaking {asked}: no config "{name}"; {offer}')
    if not names:
        raise UsageError("--leaking: names no config")
    return tuple(name for name in scenario.configs if name in names)


def _options(arguments: argparse.Namespace) -> tuple[str, ...]:
    """The options that change the scenario, as they were given; where the seeds begin is not one of them."""
    names = ("scale", "hours", "seeds", "max_seeds", "configs")
    given = [(name.replace("_", "-"), getattr(arguments, name)) for name in names]
    return tuple(f"--{name} {value}" for name, value in given if value is not None)
