"""A scenario's configs in worlds of other sizes: the same market and configs, runs of them in folders of their own.

Each config at each scale is a result folder like any other, ``<config>-<scale>/``, with the scenario that ran there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.scenario import Scenario
from harness.soaks import table
from harness.soaks.plan import cores
from harness.soaks.supervisor import Observer
from harness.soaks.table import Row, World


@dataclass(frozen=True)
class OtherWorld:
    """Runs of one config of a scenario at another scale, for so many hours, with these seeds, in this order."""

    config: str
    scale: float
    hours: float
    seeds: tuple[int, ...]

    @property
    def folder_name(self) -> str:
        """The name of its result folder."""
        return f"{self.config}-{self.scale:g}"

    def of(self, scenario: Scenario) -> Scenario:
        """The scenario that runs there: nothing is claimed of it, and no seed is added."""
        smaller = scenario.with_options(
            scale=self.scale, hours=self.hours, configs=[self.config], seeds=len(self.seeds), first_seed=self.seeds[0]
        )
        return smaller.model_copy(update={"claims": (), "max_seeds": None})

    def rows(self, scenario: Scenario, root: Path) -> tuple[Row, ...]:
        """Its runs, in their folder below `root`."""
        return World(self.of(scenario), root / self.folder_name).rows(self.seeds)


def carry_out(
    scenario: Scenario,
    worlds: Sequence[OtherWorld],
    root: Path,
    *,
    at_once: int | None = None,
    foretold: Mapping[str, float] | None = None,
    observe: Observer,
) -> None:
    """Carry out the runs of `worlds` below `root`, as :func:`harness.soaks.table.carry_out` does."""
    rows = [row for world in worlds for row in world.rows(scenario, root)]
    table.carry_out(rows, at_once=at_once or cores(), observe=observe, foretold=foretold)
