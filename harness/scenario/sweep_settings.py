"""The table of a sweep: axes of named levels, each level a bundle of keys of the scenario and their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, Self, get_args

from annotated_types import Ge, Gt, Le, Len
from pydantic import BeforeValidator, Strict, StringConstraints, model_validator

from harness.scenario.market_settings import MarketSettings
from harness.scenario.refusals import Refusal
from harness.scenario.settings import HOURS_MOST, SCALE_LEAST, MemorySettings, Settings, TargetSettings, TimeSettings
from harness.text import did_you_mean, dotted

CONFIGS: Final = "configs."
"""Keys that begin so are parameters of the configs that a sweep starts from: an axis of them makes configs."""

WORLD_TABLES: Final[dict[str, type[Settings]]] = {
    "market": MarketSettings,
    "time": TimeSettings,
    "memory": MemorySettings,
    "target": TargetSettings,
}
"""The tables whose keys make worlds."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]


def _flat(value: object) -> object:
    """A bundle with dotted keys, also where its author left out the quotes, so that TOML made tables of them."""
    if not isinstance(value, Mapping):
        return value
    flat: dict[str, Any] = {}
    for key, entry in value.items():
        below = _flat(entry)
        flat |= {f"{key}.{rest}": one for rest, one in below.items()} if isinstance(below, dict) else {key: entry}
    return flat


Level = Annotated[dict[str, Any], BeforeValidator(_flat), Len(1)]
Axis = Annotated[dict[Name, Level], Len(2)]


class SweepSettings(Settings):
    """One sweep. `configs` are those that it starts from (None: all); `scale`, `seeds` and `hours` win over the file's.

    The first level of every axis is where `one_at_a_time` stands while another axis is moved.
    """

    design: Literal["full", "one_at_a_time"] = "full"
    configs: Annotated[tuple[str, ...], Len(1), Strict(False)] | None = None
    scale: Annotated[float, Ge(SCALE_LEAST), Le(1)] | None = None
    seeds: Annotated[int, Ge(1), Le(1000)] | None = None
    hours: Annotated[float, Gt(0), Le(HOURS_MOST)] | None = None
    axes: Annotated[dict[Name, Axis], Len(1)]

    def makes_configs(self, axis: str) -> bool:
        """Return whether an axis makes configs; else it makes worlds."""
        return all(key.startswith(CONFIGS) for key in next(iter(self.axes[axis].values())))

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        set_by: dict[str, str] = {}
        for axis, levels in self.axes.items():
            first, keys = next((name, set(level)) for name, level in levels.items())
            for name, level in levels.items():
                for key, value in level.items():
                    if (wrong := _wrong_key(key)) is not None:
                        raise Refusal(dotted("axes", axis, name, key), value, wrong)
                if set(level) != keys:
                    (key, *_) = sorted(keys ^ set(level))
                    other = f"every level of an axis sets the same keys: {key} is in one of {first} and {name} only"
                    raise Refusal(dotted("axes", axis, name), sorted(level), other)
            if len({key.startswith(CONFIGS) for key in keys}) > 1:
                mixed = "an axis makes configs (keys under configs) or worlds (all others): make two of it"
                raise Refusal(dotted("axes", axis), sorted(keys), mixed)
            for key in sorted(keys):
                if key in set_by:
                    raise Refusal(dotted("axes", axis), key, f"axis {set_by[key]} sets it already")
                set_by[key] = axis
        return self


def _wrong_key(key: str) -> str | None:
    """Return what is wrong with the key of a level, None where it is one; parameters are known to the target only."""
    table, *rest = key.split(".")
    if table == "configs":
        return None if len(rest) == (2 if rest[:1] == ["env"] else 1) else _OF_CONFIGS
    if table not in WORLD_TABLES:
        return f"no key of a sweep; {did_you_mean(table, ['configs', *WORLD_TABLES], noun='its first word is one of')}"
    known = [f"{table}.{name}" for name in _keys(WORLD_TABLES[table])]
    return None if key in known else f"unknown key; {did_you_mean(key, known, noun='the keys here')}"


_OF_CONFIGS: Final = "must be configs.PARAMETER or configs.env.NAME, without the name of a config"


def _keys(model: type[Settings]) -> Iterator[str]:
    """The keys of a table and, dotted, of the tables in it."""
    for name, field in model.model_fields.items():
        kinds = (field.annotation, *get_args(field.annotation))
        tables = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Settings)]
        yield from (f"{name}.{key}" for table in tables for key in _keys(table)) if tables else (name,)
