"""A scenario in a world smaller than its own: the one place where the memory scale is applied."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, TypeVar

from harness.environments.provided import Provided
from harness.errors import UsageError
from harness.problems import refused
from harness.scaling import Scaled, markers, scaled_value
from harness.scenario.contents import Scenario
from harness.scenario.described import described
from harness.scenario.market_settings import MarketSettings
from harness.scenario.settings import MemorySettings, Settings
from harness.text import dotted, shown_path

AnySettings = TypeVar("AnySettings", bound=Settings)


@dataclass(frozen=True)
class Change:
    """One value that follows the scale: at `full` scale, as it is `scaled`, and `exact`, as it was before rounding."""

    key: str
    full: float
    scaled: float
    exact: float
    kind: Literal["stock", "rate"]

    @property
    def rounded(self) -> bool:
        """Whether a whole number had to be rounded (half up, at least 1)."""
        return self.scaled != self.exact


@dataclass(frozen=True)
class ScaledWorld:
    """What the judged processes get: settings and complete configs at the scenario's memory scale.

    `programs` are the versions of the program that the configs are about. `changes` lists every value that follows the
    scale, `unscaled` every number that does not; keys are dotted.
    """

    market: MarketSettings
    memory: MemorySettings
    configs: dict[str, dict[str, Any]]
    programs: dict[str, Provided]
    changes: tuple[Change, ...]
    unscaled: tuple[tuple[str, float], ...]


def scale_down(scenario: Scenario) -> ScaledWorld:
    """The scenario's world at its ``memory.scale``.

    Raises UsageError where the target cannot live in a smaller world, or refuses its parameters.
    """
    scale, factory = scenario.memory.scale, scenario.target.factory
    target = described(scenario, scenario.path)
    if scale != 1 and not target.honours_scale:
        raise UsageError(
            f"{shown_path(scenario.path)}: memory.scale = {scale:g}: {factory} does not honour "
            f"a scale: use --scale 1, and fewer symbols than market.symbols = {scenario.market.symbols} to make it fit"
        )
    if scale != 1 and scenario.market.recording is not None:
        raise UsageError(
            f"{shown_path(scenario.path)}: memory.scale = {scale:g}: a recording cannot be thinned out: use --scale 1"
        )
    if target.problems:
        raise refused(shown_path(scenario.path), target.problems)
    world = _Shrinking(scale)
    market = world.shrunk(scenario.market, "market", leave={"faults"})
    if market.faults is not None:
        market = market.model_copy(update={"faults": world.shrunk(market.faults, "market", "faults")})
    world.shrunk(scenario.time, "time")
    memory = world.shrunk(scenario.memory, "memory", leave={"scale", "anchors"})
    scaled = {name: world.shrink(table, target.marks(name), "configs", name) for name, table in target.configs.items()}
    if problems := target.refused_when_scaled(scaled):
        raise refused(f"{shown_path(scenario.path)} at scale {scale:g}", problems)
    return ScaledWorld(
        market=market,
        memory=memory,
        configs=scaled,
        programs=target.programs,
        changes=tuple(world.changes),
        unscaled=tuple(world.unscaled),
    )


class _Shrinking:
    """Shrinks tables, and remembers what it changed and what it left."""

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self.changes: list[Change] = []
        self.unscaled: list[tuple[str, float]] = []

    def shrunk(self, settings: AnySettings, *location: str, leave: Collection[str] = ()) -> AnySettings:
        """A copy of `settings` with its marked values scaled, but for the tables and values to `leave`.

        It is not validated again: the bounds are those of full scale.
        """
        table = settings.model_dump(exclude=set(leave))
        return settings.model_copy(update=self.shrink(table, markers(type(settings)), *location))

    def shrink(self, table: Mapping[str, Any], marks: Mapping[str, Scaled], *location: str) -> dict[str, Any]:
        """A copy of `table` with its marked values scaled; None, a limit that is off, stays None."""
        return {name: self._value(dotted(*location, name), value, marks.get(name)) for name, value in table.items()}

    def _value(self, key: str, value: Any, mark: Scaled | None) -> Any:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if mark is None:
            if number:
                self.unscaled.append((key, value))
            return value
        if value is None:
            return None
        if not number:
            raise UsageError(f"{key}: the target marks it as following the scale, but it is no number")
        scaled = scaled_value(value, self.scale)
        exact = float(Decimal(value) * Decimal(repr(self.scale))) if isinstance(value, int) else scaled
        self.changes.append(Change(key=key, full=value, scaled=scaled, exact=exact, kind=mark.kind))
        return scaled
