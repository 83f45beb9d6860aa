"""sweep.json: what a result folder of a sweep holds, and which shards it came from.

::

    format   1
    sweep    the name of the sweep, which scenario.toml beside it declares with all that was asked for
    shard    [i, n] of a result that holds a part of the table only; null: all of it
    parts    of a merged result, for each shard that is in it: its number, n, when it began, its machine
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.errors import UsageError
from harness.files import read_json, write_json
from harness.soaks.result_folder import SCENARIO_FILE

FORMAT: Final = 1
SWEEP_FILE: Final = "sweep.json"
WORLDS_FOLDER: Final = "worlds"
"""Where in the result of a sweep its worlds lie, each a result folder."""


Group = tuple[str, int]
"""A world and a seed: the configs that run there are compared with each other, and are never parted."""


def groups_of(worlds: Iterable[str], seeds: Iterable[int]) -> list[Group]:
    """Return every group of a table, by seed, then world: in their order they run, and are counted into shards."""
    names = list(worlds)
    return [(world, seed) for seed in seeds for world in names]


@dataclass(frozen=True)
class Shard:
    """Part `number` of `of` parts of a table, counted from 1."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def part_of(self, groups: Sequence[Group]) -> list[Group]:
        """Return the groups of a whole table that are this shard's."""
        return list(groups[self.number - 1 :: self.of])

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``i/n``. Raises UsageError."""
        number, slash, of = text.partition("/")
        if (
            slash
            and number.isascii()
            and number.isdecimal()
            and of.isascii()
            and of.isdecimal()
            and 1 <= int(number) <= int(of)
        ):
            return cls(int(number), int(of))
        raise UsageError(f"--shard {text}: must be i/n with i from 1 to n, such as 2/4")


@dataclass(frozen=True)
class SweepFile:
    """What sweep.json says. `parts` has a mapping for each merged shard; empty where nothing was merged."""

    sweep: str
    shard: Shard | None = None
    parts: tuple[Mapping[str, Any], ...] = ()

    def write(self, folder: Path) -> None:
        """Write it into a result folder, in one piece."""
        shard = None if self.shard is None else [self.shard.number, self.shard.of]
        table = {"format": FORMAT, "sweep": self.sweep, "shard": shard, "parts": list(self.parts)}
        write_json(table, folder / SWEEP_FILE)

    @classmethod
    def read(cls, folder: Path) -> SweepFile:
        """Read that of a result folder. Raises UsageError, naming the file, where it is missing or damaged."""
        path = folder / SWEEP_FILE
        table = read_json(path)
        try:
            if table["format"] != FORMAT:
                raise UsageError(f"{path}: format is {table['format']!r}, expected {FORMAT}")
            shard = None if table["shard"] is None else Shard.parse("/".join(map(str, table["shard"])))
            parts = tuple({"shard": int(part["shard"]), **part} for part in table["parts"])
            return cls(str(table["sweep"]), shard, parts)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UsageError(f"{path}: cannot be read: {type(error).__name__}: {error}") from error


def is_sweep(folder: Path) -> bool:
    """Return whether a folder is the result of a sweep."""
    return (folder / SWEEP_FILE).is_file() and (folder / SCENARIO_FILE).is_file()
