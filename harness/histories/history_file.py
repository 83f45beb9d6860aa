"""history.json: what was searched, with what beside it, and what was skipped; its worlds hold the runs.

::

    format      1
    package     what was searched, as it was named
    base        the config of scenario.toml that was started from
    candidates  every one in order, the oldest first: name, package, keys
    frozen      interpreter, packages asked for beside it, their versions by name, builds
    hours       virtual hours of a first run, and the most of one
    seeds       of an edge, and the most of any
    most        how many candidates are run at most
    skipped     why candidates were passed over, by name
    differing   what beside the package is not the frozen version, in words, by the name of the candidate
    worlds      the folder of the newest world of every candidate that was run, by name
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from harness.errors import UsageError
from harness.files import read_json, write_json
from harness.histories.candidate import Candidate
from harness.histories.freezing import Frozen, Installed
from harness.made_here import sign
from harness.soaks.result_folder import SCENARIO_FILE

FORMAT: Final = 1
HISTORY_FILE: Final = "history.json"


@dataclass(frozen=True)
class History:
    """What a search is about, and what became of it so far.

    `hours` and `seeds` are each those of the first runs and the most of any; of `seeds` the first number is that of the
    candidates at an edge. `worlds` are the folders' names by candidate, `skipped` reasons.
    """

    package: str
    base: str
    candidates: tuple[Candidate, ...]
    frozen: Frozen
    hours: tuple[float, float]
    seeds: tuple[int, int]
    most: int
    skipped: Mapping[str, str] = field(default_factory=dict)
    worlds: Mapping[str, str] = field(default_factory=dict)
    differing: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def with_skipped(self, candidate: Candidate, reason: str) -> History:
        """The same, with a candidate that is passed over."""
        return replace(self, skipped={**self.skipped, candidate.name: reason})

    def with_world(self, installed: Installed, world: str) -> History:
        """The same, with the world that a candidate is judged by."""
        name = installed.candidate.name
        differing = {**self.differing, name: list(installed.differing)} if installed.differing else self.differing
        return replace(self, worlds={**self.worlds, name: world}, differing=differing)

    def write(self, folder: Path) -> None:
        """Write it into a result folder, in one piece, and sign it: what it names is installed and run."""
        write_json({"format": FORMAT, **asdict(self)}, folder / HISTORY_FILE)
        sign(folder / HISTORY_FILE)

    @classmethod
    def read(cls, folder: Path) -> History:
        """Read that of a result folder. Raises UsageError, naming the file, where it is missing or damaged."""
        path = folder / HISTORY_FILE
        table = read_json(path)
        try:
            if table.pop("format") != FORMAT:
                raise UsageError(f"{path}: was written by another version: format {FORMAT} is read")
            candidates = tuple(Candidate(**one) for one in table.pop("candidates"))
            frozen = _frozen(table.pop("frozen"))
            (first_h, most_h), (edge, most_seeds) = table.pop("hours"), table.pop("seeds")
            return cls(
                candidates=candidates,
                frozen=frozen,
                hours=(float(first_h), float(most_h)),
                seeds=(int(edge), int(most_seeds)),
                **table,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UsageError(f"{path}: cannot be read: {type(error).__name__}: {error}") from error


def _frozen(table: dict[str, Any]) -> Frozen:
    return Frozen(**{**table, "packages": tuple(table["packages"])})


def is_history(folder: Path) -> bool:
    """Whether a folder is the result of a search over releases."""
    return (folder / HISTORY_FILE).is_file() and (folder / SCENARIO_FILE).is_file()
