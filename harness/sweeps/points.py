"""The points of a sweep: every setting of its axes that is run, and how its world and its configs are called."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from harness.scenario.sweep_settings import CONFIGS, SweepSettings

ONLY_WORLD: Final = "world"
"""The name of the world of a sweep whose axes make none."""

LONGEST_NAME: Final = 40
"""That of a config in a scenario file."""


@dataclass(frozen=True)
class Point:
    """One setting of all axes: the level of each, in the order of the axes."""

    levels: tuple[tuple[str, str], ...]

    def level(self, axis: str) -> str:
        """Return the level of an axis; KeyError where there is no such axis."""
        return dict(self.levels)[axis]

    def on(self, axes: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Return its levels on some of the axes."""
        wanted = set(axes)
        return tuple((axis, level) for axis, level in self.levels if axis in wanted)


class Points(Sequence[Point]):
    """The points of a sweep that starts from `bases`, in the order of the levels, the last axis fastest."""

    def __init__(self, settings: SweepSettings, bases: Sequence[str]) -> None:
        self.settings = settings
        self.bases = tuple(bases)
        self.config_axes = tuple(axis for axis in settings.axes if settings.makes_configs(axis))
        self.world_axes = tuple(axis for axis in settings.axes if axis not in self.config_axes)
        self._points = _full(settings) if settings.design == "full" else _one_at_a_time(settings)
        self._config_names = self._names()

    @property
    def origin(self) -> Point:
        """The point at the first level of every axis."""
        return self._points[0]

    def world_of(self, point: Point) -> str:
        """Return the name of the world of a point, which is that of its folder too."""
        return "-".join(level for _, level in point.on(self.world_axes)) or ONLY_WORLD

    def config_of(self, point: Point, base: str) -> str:
        """Return the name of the config that a point makes of one of the bases."""
        return self._config_names[base, point.on(self.config_axes)]

    def by_world(self) -> dict[str, tuple[Point, ...]]:
        """Return the points of every world, in the order in which worlds first appear."""
        worlds: dict[str, list[Point]] = {}
        for point in self._points:
            worlds.setdefault(self.world_of(point), []).append(point)
        return {world: tuple(points) for world, points in worlds.items()}

    def values(self, point: Point, *, configs: bool) -> dict[str, Any]:
        """Return what a point sets, by dotted key: of its `configs`, without their first word, or of its world."""
        axes = self.config_axes if configs else self.world_axes
        bundles = [self.settings.axes[axis][level] for axis, level in point.on(axes)]
        prefix = CONFIGS if configs else ""
        return {key.removeprefix(prefix): value for bundle in bundles for key, value in bundle.items()}

    def setter(self, point: Point, key: str) -> tuple[str, str] | None:
        """Return the axis and the level by which a point sets a dotted key, or a key of the same table; None: none."""
        set_keys = {other: (axis, level) for axis, level in point.levels for other in self.settings.axes[axis][level]}
        related = (setter for other, setter in set_keys.items() if other.split(".")[0] == key.split(".", maxsplit=1)[0])
        return set_keys.get(key) or next(related, None)

    def _names(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], str]:
        """A base and the levels of the axes that make configs; numbered where such names are too long or not unique."""
        if not self.config_axes:
            return {(base, ()): base for base in self.bases}
        made = list(dict.fromkeys(point.on(self.config_axes) for point in self._points))
        keys = list(itertools.product(self.bases, made))
        names = ["_".join([base, *(level for _, level in levels)]) for base, levels in keys]
        if len(set(names)) < len(names) or max(map(len, names)) > LONGEST_NAME:
            width = len(str(len(made)))
            names = [f"{base[: LONGEST_NAME - width - 1]}_{made.index(levels) + 1:0{width}}" for base, levels in keys]
        return dict(zip(keys, names, strict=True))

    def __getitem__(self, index: Any) -> Any:
        return self._points[index]

    def __len__(self) -> int:
        return len(self._points)


def level_words(level: str, bundle: Mapping[str, Any]) -> str:
    """Return a level as people read it: its value where it sets one number, else its name."""
    (value, *others) = bundle.values()
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:g}" if number and not others else level.replace("_", " ")


def _full(settings: SweepSettings) -> tuple[Point, ...]:
    return tuple(
        Point(tuple(zip(settings.axes, levels, strict=True))) for levels in itertools.product(*_levels(settings))
    )


def _one_at_a_time(settings: SweepSettings) -> tuple[Point, ...]:
    first = {axis: levels[0] for axis, levels in zip(settings.axes, _levels(settings), strict=True)}
    moved = [
        {**first, axis: level}
        for axis, levels in zip(settings.axes, _levels(settings), strict=True)
        for level in levels[1:]
    ]
    return tuple(Point(tuple(point.items())) for point in (first, *moved))


def _levels(settings: SweepSettings) -> list[list[str]]:
    return [list(levels) for levels in settings.axes.values()]
