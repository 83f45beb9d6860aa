"""The tables of a scenario file on time, memory, anchors and target: every key with its default and its limits."""

from __future__ import annotations

from typing import Annotated, Any, Self

from annotated_types import Ge, Gt, Le
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from harness.describing.surroundings import Surroundings
from harness.on_disk.patterns import refusal_of
from harness.scaling import RATE, STOCK
from harness.scenario.refusals import Refusal
from harness.stand_ins.packages import refusal_of as cannot_stand_in

HOURS_MOST = 8784.0  # a leap year
SAMPLES_MOST = 5_000_000  # per run; half a gigabyte of recording
SAMPLES_LEAST = 10  # after the warm-up; fewer are no curve

Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^\S[^\r\n]*$")]
Paragraph = Annotated[str, StringConstraints(max_length=10_000)]


class Settings(BaseModel):
    """A table of the file: frozen, closed to unknown keys; a bool is no number, text is no number, NaN is nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class TimeSettings(Settings):
    """The course of a run in virtual time. Nothing of it is scaled.

    `anatomy_every_minutes` is how often it is read where RSS goes and who holds the memory; `starts` how often the
    target is started and stopped within the hours, at equal distances.
    """

    hours: Annotated[float, Gt(0), Le(HOURS_MOST)]
    cycle_s: Annotated[float, Ge(0.001), Le(3600)]
    warmup_minutes: Annotated[float, Ge(0), Le(HOURS_MOST * 60)]
    run_on_s: Annotated[float, Ge(0), Le(86_400)]
    sample_every_s: Annotated[float, Ge(0.001), Le(3600)]
    settle_minutes: Annotated[float, Ge(0), Le(1440)]
    anatomy_every_minutes: Annotated[float, Ge(0.001), Le(HOURS_MOST * 60)] = 30.0
    starts: Annotated[int, Ge(1), Le(10_000)] = 1

    @model_validator(mode="after")
    def _fits(self) -> Self:
        horizon_s, warmup_s = self.hours * 3600, self.warmup_minutes * 60
        if warmup_s >= horizon_s:
            inside = f"must lie inside the {self.hours:g} hours, which are {horizon_s / 60:g} minutes"
            raise Refusal("warmup_minutes", self.warmup_minutes, inside)
        if self.cycle_s > horizon_s - warmup_s:
            raise Refusal("cycle_s", self.cycle_s, f"must be at most the {horizon_s - warmup_s:g} s after the warm-up")
        longest_s = (horizon_s - warmup_s) / SAMPLES_LEAST
        if self.sample_every_s > longest_s:
            most = f"must be at most {longest_s:g}: the time after the warm-up needs at least {SAMPLES_LEAST} samples"
            raise Refusal("sample_every_s", self.sample_every_s, most)
        shortest_s = (horizon_s + self.run_on_s + self.settle_minutes * 60) / SAMPLES_MOST
        if self.sample_every_s < shortest_s:
            least = f"must be at least {shortest_s:.3g}: a run may have at most {SAMPLES_MOST:,} samples"
            raise Refusal("sample_every_s", self.sample_every_s, least)
        return self


SCALE_LEAST = 1e-5
"""In a smaller world the largest baseline, 4096 GB, has no room for an idle interpreter."""


class AnchorSettings(Settings):
    """How many minutes of an idle machine anchor runs may take, in larger worlds than the soak's; 0 for none."""

    minutes: Annotated[float, Ge(0), Le(1440)] = 4.5


class MemorySettings(Settings):
    """The size of the world, in GB (10^9 bytes) at full scale, and the scale that shrinks it.

    What moves with the scale is judged by `anchors`, runs in larger worlds. Without a `baseline_gb` a run starts at
    what its process takes, which no scale shrinks: so the scale must be 1.
    """

    scale: Annotated[float, Ge(SCALE_LEAST), Le(1)]
    baseline_gb: Annotated[float, Gt(0), Le(4096), STOCK] | None = None
    limit_gb: Annotated[float, Gt(0), Le(4096), STOCK]
    leak_budget_gb_per_hour: Annotated[float, Gt(0), Le(4096), RATE]
    anchors: AnchorSettings = AnchorSettings()

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if self.baseline_gb is None:
            if self.scale != 1:
                raise Refusal(
                    "scale", self.scale, "must be 1 without memory.baseline_gb: an idle process does not shrink"
                )
            return self
        if self.baseline_gb >= self.limit_gb:
            raise Refusal("baseline_gb", self.baseline_gb, f"must be less than limit_gb, which is {self.limit_gb:g}")
        return self


def _names_a_factory(value: str) -> str:
    module, colon, attribute = value.partition(":")
    if not (colon and attribute.isidentifier() and all(part.isidentifier() for part in module.split("."))):
        raise ValueError('must be "module:factory"')
    return value


def _names_files(value: str) -> str:
    if (refusal := refusal_of(value)) is not None:
        raise ValueError(refusal)
    return value


def _as_several(value: Any) -> Any:
    """A single text where several may stand; a list as the tuple that is kept."""
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def _names_a_module(value: str) -> str:
    if (refusal := cannot_stand_in(value)) is not None:
        raise ValueError(refusal)
    return value


ModuleName = Annotated[str, AfterValidator(_names_a_module)]
FilePattern = Annotated[str, AfterValidator(_names_files)]


class TargetSettings(Settings):
    """The program under test: its factory, as ``module:factory``.

    `persisted` are patterns of the files that it writes what it collects to, in the data folder of its run: their rows
    are counted when the run is over. Something stands in for the modules `stand_ins`, installed or not. `environment`
    is set for all configs alike. With `own_folder` the data folder of a run is its working directory and its home.
    """

    factory: Annotated[str, AfterValidator(_names_a_factory)]
    persisted: Annotated[tuple[FilePattern, ...], BeforeValidator(_as_several)] = ()
    stand_ins: Annotated[tuple[ModuleName, ...], BeforeValidator(_as_several)] = ()
    environment: dict[str, str] = Field(default_factory=dict)
    own_folder: bool = False

    @model_validator(mode="after")
    def _is_loaded_itself(self) -> Self:
        module = f"{self.factory.partition(':')[0]}."
        for name in self.stand_ins:
            if module.startswith(f"{name}."):
                raise Refusal("stand_ins", name, f"is the target itself: its factory is {self.factory}")
        return self

    @property
    def surroundings(self) -> Surroundings:
        """What a process is given in which the target is imported."""
        return Surroundings(self.stand_ins, tuple(sorted(self.environment.items())), self.own_folder)
