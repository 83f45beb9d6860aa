"""The file of a run's children: a JSON line a reading while it goes on, children.parquet afterwards.

A line is ``{"t_s", "wall_s", "phase", "commands": {"python -m writer": {"count", "rss_bytes", "pss_bytes"}}}``; both
times are those of the judged process's newest sample. Recordings from before 2026-11-27 do not tell the phase: there it
is empty. A table has a row for each command of each reading; a reading without any
has one whose command is empty, so that it is known when the last of them was gone.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.files import write_table
from harness.worker.recorder import FED

_Numbers = NDArray[np.float64]

CHILDREN_FILE = "children.jsonl"
CHILDREN_PARQUET = "children.parquet"

CHILDREN_COLUMNS = {
    "t_s": np.float64,
    "wall_s": np.float64,
    "command": str,
    "count": np.int64,
    "rss_bytes": np.int64,
    "pss_bytes": np.int64,
    "phase": str,
}
"""The columns of children.parquet: t_s in seconds of the run, wall_s in real ones, real bytes, a phase or UNTOLD."""


UNTOLD = ""
"""The phase of a reading that does not tell it."""


def read_children(folder: Path) -> pd.DataFrame:
    """The readings in a run's children.jsonl, of CHILDREN_COLUMNS; a torn line is left out."""
    rows: list[tuple[float, float, str, int, int, int, str]] = []
    file = folder / CHILDREN_FILE
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        try:
            reading = json.loads(line)
        except ValueError:
            continue
        times = float(reading["t_s"]), float(reading["wall_s"])
        commands = reading["commands"] or {"": {"count": 0, "rss_bytes": 0, "pss_bytes": 0}}
        phase = str(reading.get("phase", UNTOLD))
        rows += [
            (*times, command, held["count"], held["rss_bytes"], held["pss_bytes"], phase)
            for command, held in commands.items()
        ]
    columns = {name: [row[place] for row in rows] for place, name in enumerate(CHILDREN_COLUMNS)}
    return pd.DataFrame({name: pd.Series(columns[name], dtype=kind) for name, kind in CHILDREN_COLUMNS.items()})


def with_phase(children: pd.DataFrame) -> pd.DataFrame:
    """The table of a run's children with a phase, UNTOLD where it is of a time that told none."""
    return children if "phase" in children.columns else children.assign(phase=UNTOLD)


def archive_children(folder: Path) -> pd.DataFrame | None:
    """Turn children.jsonl into children.parquet, where there is one; returns its table."""
    if not (folder / CHILDREN_FILE).exists():
        return None
    children = read_children(folder)
    write_table(children, folder / CHILDREN_PARQUET)
    (folder / CHILDREN_FILE).unlink()
    return children


def pss_at(t_s: _Numbers, children: pd.DataFrame) -> _Numbers:
    """What all children held, real bytes, at the last of the samples `t_s` (samples,) at or before each reading.

    NaN at the samples after which nothing was read.
    """
    held = np.full(t_s.size, np.nan)
    read = _held_at(children)
    at = np.searchsorted(t_s, read.index.to_numpy(dtype=np.float64), side="right") - 1
    held[at[at >= 0]] = read.to_numpy(dtype=np.float64)[at >= 0]
    return held


def _held_at(children: pd.DataFrame) -> pd.Series[float]:
    """What all of them held by time, real bytes: of several readings at one instant, as while it stops, the most."""
    readings = children.groupby(["t_s", "wall_s"])["pss_bytes"].sum()
    held: pd.Series[float] = readings.groupby(level="t_s").max()
    return held


def without_the_stop(children: pd.DataFrame, last_fed_s: float) -> pd.DataFrame:
    """The readings but those up to `last_fed_s`, the end of the feed, that were taken while stop() ended what ran.

    A reading has the time of the newest sample when it began, and takes a while. So one of the stop may have the time
    of a sample under feed; its phase tells. Where readings tell none, the last one may be of the stop: if it tells of
    less than the one before, it is left out.
    """
    if (children["phase"] != UNTOLD).all():
        return children[children["phase"].isin(FED) | (children["t_s"] > last_fed_s)]
    held = _held_at(children)
    held = held[held.index <= last_fed_s]
    fell = held.size > 1 and held.iloc[-1] < held.iloc[-2]
    return children[children["t_s"] != held.index[-1]] if fell else children


def tree_bytes(
    t_s: _Numbers, rss_bytes: _Numbers, children: pd.DataFrame, fed: NDArray[np.bool_] | None = None
) -> _Numbers:
    """RSS of the judged process and PSS of all that it started, real bytes, at the samples `t_s` (samples,).

    Between two readings what they hold is interpolated; before the first there were none. `fed` (samples,) are the
    samples under feed: from the last reading there to the end of the feed they hold what they held then, since a later
    one tells of what stop() ended. Pages that a process got from the judged one when it was forked count in RSS and, in
    part, in PSS as well.
    """
    held = pss_at(t_s, children)
    read = np.isfinite(held)
    if not read.any():
        return rss_bytes
    if fed is not None and (read & fed).any():
        last = int(np.flatnonzero(fed)[-1])
        held[last] = held[np.flatnonzero(read & fed)[-1]]
        read[last] = True
    return rss_bytes + np.interp(t_s, t_s[read], held[read], left=0.0)
