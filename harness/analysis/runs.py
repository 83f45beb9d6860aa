"""The runs of a soak as immutable objects, and reading them from their folders.

Format 1 (2026): ``runs/<config>/seed-<n>/`` holds ``samples.parquet`` (the columns of
:data:`harness.worker.recorder.SAMPLE`, phase as a word, null where a tier was not read), ``events.jsonl``,
``run.json`` and, where the owners were walked, ``owners.parquet``. What a recording older than a column does not have
is read as not recorded.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from harness.errors import UsageError
from harness.files import read_json
from harness.soaks.result_folder import seed_of
from harness.worker.recorder import FORMAT, PHASES, SAMPLE

STATUSES = ("complete", "limit", "failed", "died", "interrupted")
OWNERS_FILE = "owners.parquet"

UNFINISHED = frozenset({"failed", "died", "interrupted"})
_ENDINGS = {"complete": "ended", "limit": "reached the memory limit", "interrupted": "was interrupted"}
FED = ("start", "warm-up", "load")
"""The phases up to the stop; the first sample, in "start", is taken just before the first event of the feed."""

REQUIRED = ("t_s", "wall_s", "cpu_s", "phase", "rss_bytes", "live_bytes")
"""The columns without which a recording says nothing. Others may be null, or absent from an old one."""

LINES = (
    "ballast_bytes",
    "file_bytes",
    "arrow_bytes",
    "glibc_mapped_bytes",
    "glibc_heap_bytes",
    "pymalloc_bytes",
    "pymalloc_overhead_bytes",
    "pymalloc_free_bytes",
    "glibc_free_bytes",
)
"""The lines that RSS is broken down into, in the order in which they are stacked; with the residual they add up to it.

`pymalloc_bytes` is read more often than the others.
"""

RESIDUAL = "residual_bytes"

COLUMNS = tuple(dict.fromkeys([*(SAMPLE.names or ()), *LINES, RESIDUAL]))

OWNER_COLUMNS = {"t_s": float, "step": str, "path": str, "symbol": str, "bytes": float, "se": float}


def no_owners() -> pd.DataFrame:
    """The owners of a run that was not walked."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in OWNER_COLUMNS.items()})


def ending(status: str, t_s: float | None) -> str:
    """How and when a run of this status ended: ``died at 0.50 h``, ``failed before its first sample``."""
    when = "before its first sample" if t_s is None else f"at {t_s / 3600:.2f} h"
    return f"{_ENDINGS.get(status, status)} {when}"


@dataclass(frozen=True, eq=False)
class Run:
    """One run of one config, finished or not. Bytes are real bytes; :meth:`gb` brings them to full scale.

    `samples` has the COLUMNS of a recording (`t_s` in seconds of the run, never decreasing; NaN where a tier was not
    read or the recording is older than the column), `events` are mappings with at least `t_s` and `kind`, `facts` is
    the content of run.json, `owners` has OWNER_COLUMNS: one row per owner and walk, empty where none was walked. Raises
    ValueError where these do not hold; nothing downstream checks again.
    """

    config: str
    seed: int
    status: str
    memory_scale: float
    samples: pd.DataFrame
    events: tuple[dict[str, Any], ...]
    facts: dict[str, Any]
    owners: pd.DataFrame = field(default_factory=no_owners)

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"status {self.status!r} is none of {', '.join(STATUSES)}")
        if not (math.isfinite(self.memory_scale) and self.memory_scale > 0):
            raise ValueError(f"memory_scale {self.memory_scale!r} is not a positive number")
        _refuse_without(REQUIRED, self.samples, "samples")
        _refuse_without(OWNER_COLUMNS, self.owners, "owners")
        older = {name: np.nan for name in COLUMNS if name not in self.samples.columns}
        if older:
            object.__setattr__(self, "samples", self.samples.assign(**older))
        if self.samples.empty and not self.unfinished:
            raise ValueError(f"a {self.status} run has no samples")
        times = self.t_s
        if not np.isfinite(times).all() or (np.diff(times) < 0).any():
            raise ValueError("t_s is not finite and increasing")
        strange = set(self.samples["phase"]) - set(PHASES)
        if strange:
            raise ValueError(f"phase {sorted(map(str, strange))} is none of {', '.join(PHASES)}")
        for event in self.events:
            time = event.get("t_s")
            if not isinstance(event.get("kind"), str) or not isinstance(time, int | float) or not math.isfinite(time):
                raise ValueError(f"event {event!r} has no kind or no finite t_s")

    @property
    def unfinished(self) -> bool:
        """Whether the run ended neither by reaching its end nor by reaching the memory limit."""
        return self.status in UNFINISHED

    @property
    def ending(self) -> str:
        """How and when the run ended: ``reached the memory limit at 1.36 h``."""
        return ending(self.status, float(self.t_s[-1]) if self.t_s.size else None)

    @property
    def t_s(self) -> NDArray[np.float64]:
        """Sample times in seconds since the feed began, shape (samples,)."""
        return self.column("t_s")

    @property
    def fed(self) -> NDArray[np.bool_]:
        """Which samples were taken before the stop, shape (samples,)."""
        return self.samples["phase"].isin(FED).to_numpy(dtype=bool)

    @property
    def loaded(self) -> NDArray[np.bool_]:
        """Which samples fall in the load phase, after the warm-up, shape (samples,)."""
        return (self.samples["phase"] == "load").to_numpy(dtype=bool)

    @property
    def ballast_bytes(self) -> float:
        """Real bytes of the ballast, which RSS holds and live bytes do not (0 where there is none)."""
        return float(self.facts.get("ballast_bytes") or 0)

    @property
    def rss_gb(self) -> NDArray[np.float64]:
        """Resident set at every sample, GB at full scale, shape (samples,)."""
        return self.column("rss_bytes") / self.memory_scale / 1e9

    @property
    def live_gb(self) -> NDArray[np.float64]:
        """Live bytes plus ballast, GB at full scale, NaN where not read, shape (samples,)."""
        return (self.column("live_bytes") + self.ballast_bytes) / self.memory_scale / 1e9

    def column(self, name: str) -> NDArray[np.float64]:
        """One column of the samples as floats, shape (samples,)."""
        return self.samples[name].to_numpy(dtype=np.float64, na_value=np.nan)

    def gb(self, real_bytes: float) -> float:
        """Real bytes of this run as GB at full scale."""
        return real_bytes / self.memory_scale / 1e9

    def event_times(self, *kinds: str) -> NDArray[np.float64]:
        """Times in seconds of the events of these kinds, in order, shape (events,)."""
        return np.sort(np.array([event["t_s"] for event in self.events if event["kind"] in kinds], dtype=np.float64))


def _refuse_without(columns: Iterable[str], table: pd.DataFrame, what: str) -> None:
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise ValueError(f"{what} have no column {', '.join(missing)}")


def read_run(folder: Path) -> Run:
    """The run recorded in ``runs/<config>/seed-<n>``. Raises UsageError, naming the file that is missing or damaged."""
    path = folder / "run.json"
    facts = _facts(path)
    for key, value in (("format", FORMAT), ("config", folder.parent.name), ("seed", seed_of(folder))):
        if facts.get(key) != value:
            raise UsageError(f"{path}: {key} is {facts.get(key)!r}, expected {value!r}")
    status, scale = facts.get("status"), facts.get("memory_scale")
    if status not in STATUSES:
        raise UsageError(f"{path}: status is {status!r}, expected one of {', '.join(STATUSES)}")
    if not isinstance(scale, int | float):
        raise UsageError(f"{path}: memory_scale is {scale!r}, expected a number")
    samples = _samples(folder / "samples.parquet", may_be_missing=status in UNFINISHED)
    events = _events(folder / "events.jsonl")
    owners = _table(folder / OWNERS_FILE) if (folder / OWNERS_FILE).exists() else no_owners()
    try:
        return Run(facts["config"], facts["seed"], status, float(scale), samples, events, facts, owners)
    except ValueError as error:
        raise UsageError(f"{folder}: {error}") from error


def _facts(path: Path) -> dict[str, Any]:
    facts = read_json(path)
    if not isinstance(facts, dict):
        raise UsageError(f"{path}: not a JSON object")
    return facts


def _samples(path: Path, *, may_be_missing: bool) -> pd.DataFrame:
    if may_be_missing and not path.exists():
        return pd.DataFrame({name: pd.Series(dtype=object if name == "phase" else np.float64) for name in COLUMNS})
    return _table(path)


def _table(path: Path) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = pq.ParquetFile(path).read().to_pandas()
    except (OSError, pa.ArrowException) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    return frame


def _events(path: Path) -> tuple[dict[str, Any], ...]:
    if not path.exists():
        return ()
    lines = path.read_bytes().split(b"\n")
    events = []
    for number, line in enumerate(lines, start=1):
        try:
            event = json.loads(line) if line.strip() else None
        except ValueError as error:
            if number == len(lines):  # no newline after it: the process died while it wrote this line
                break
            raise UsageError(f"{path}: line {number} is damaged: {error}") from error
        if event is None:
            continue
        if not isinstance(event, dict):
            raise UsageError(f"{path}: line {number} is not a JSON object")
        events.append(event)
    return tuple(events)
