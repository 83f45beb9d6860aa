"""What runs on a worker of the cluster: the jobs of a parcel under the supervisor of every soak, and their files read.

These functions are sent by name, with plain data. A thread of the worker supervises; each run is a process of its own
below a guardian, so that it ends with the worker, however that ends. It ends, too, when the scheduler wants it no more.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from distributed import get_worker
from distributed.core import Status

from harness.cluster.conditions import lacking, machine, unlike
from harness.cluster.parcels import Ended, Parcel
from harness.cluster.recordings import Piece, listing, plain, read_piece
from harness.errors import SoakError
from harness.soaks.admission import Admission
from harness.soaks.supervisor import RunState, supervise

SCRATCH: Final = "soak"
"""Where in the folder of a worker its runs are recorded, which goes with the worker."""

INCOMING: Final = "incoming"
"""Where in a result on a shared folder runs are recorded until they are taken."""

EVERY_S: Final = 1.0
"""Real seconds between two reports of the runs that go on."""

_WANTED: Final = frozenset({"executing", "long-running"})
_LEAVING: Final = frozenset({Status.closing, Status.closed, Status.stopping, Status.failed})


class _Unwanted(Exception):
    """The scheduler wants this parcel no more, or gave it to another worker."""


def unlike_here(required: str) -> str | None:
    """Return by what this worker's machine differs from what is required, a JSON object; None: by nothing."""
    return unlike(json.loads(required))


def run_parcel(text: str) -> str:
    """Carry out a parcel; return how it ended. Tells on its topic when it begins, and how each run stands."""
    parcel = Parcel.parse(text)
    worker: Any = get_worker()
    following = _Following(worker, parcel)
    following.tell("began", machine=machine())
    if (why := _refusal(parcel)) is not None:
        return Ended(refused=why).text()
    root = _root(worker, parcel.token, parcel.shared)
    try:
        root.mkdir(parents=True)
        following.tell("records", root=str(root))
        facts = supervise(
            {root / str(place): job for place, job in enumerate(parcel.jobs)},
            at_once=parcel.at_once,
            observe=following,
            admission=Admission(parcel.need_bytes),
        )
    except _Unwanted:
        shutil.rmtree(root if parcel.shared is not None else root.parent, ignore_errors=True)
        following.tell("stopped")
        return Ended(failed="it was stopped").text()
    except OSError as error:
        return Ended(failed=f"{root}: {error.strerror or error}").text()
    except SoakError as error:
        return Ended(failed=str(error)).text()
    refused = {run.name: int(told["idle_rss_bytes"]) for run, told in facts.items() if told["status"] == "refused"}
    return Ended(idle_rss_bytes=refused).text()


class _Following:
    """Watches the runs of a parcel: tells how they stand, and ends them where they are not wanted any more."""

    def __init__(self, worker: Any, parcel: Parcel) -> None:
        self._worker = worker
        self._key = worker.get_current_task()
        self._parcel = parcel
        self._told_s = 0.0
        self._states: list[str] = []

    def tell(self, kind: str, **facts: Any) -> None:
        about = {"token": self._parcel.token, "worker": self._worker.address, "kind": kind}
        self._worker.log_event(self._parcel.topic, {**about, **facts})

    def __call__(self, states: Sequence[RunState]) -> None:
        if not self._wanted():
            raise _Unwanted
        now = [state.state for state in states]
        if now != self._states or time.monotonic() - self._told_s >= EVERY_S:
            self._told_s, self._states = time.monotonic(), now
            self.tell("stands", runs=[_plain(state) for state in states])

    def _wanted(self) -> bool:
        task = self._worker.state.tasks.get(self._key)
        return task is not None and task.state in _WANTED and self._worker.status not in _LEAVING


def _plain(state: RunState) -> list[Any]:
    return [state.state, state.phase, state.t_s, state.wall_s, state.rss_bytes, state.peak_rss_bytes, state.reason]


def _refusal(parcel: Parcel) -> str | None:
    """Why this machine cannot carry out a parcel; None: it can."""
    if (why := unlike(parcel.required)) is not None:
        return why
    if (why := lacking(parcel.needed)) is not None:
        return why
    if parcel.shared is not None and not (Path(parcel.shared) / INCOMING / parcel.token).is_dir():
        return f"it does not see {parcel.shared}, which was named as shared"
    return None


def _root(worker: Any, token: str, shared: str | None) -> Path:
    """Where the runs of a parcel are recorded: another place at each try, as one that was lost may still write."""
    if shared is not None:
        return Path(shared) / INCOMING / token / secrets.token_hex(4)
    return _own(worker, token) / secrets.token_hex(4)


def _own(worker: Any, token: str) -> Path:
    if re.fullmatch(r"[0-9a-f]+", token) is None:
        raise ValueError(f"{token!r} is no token")
    return Path(worker.local_directory) / SCRATCH / token


def listed(root: str, place: int) -> list[tuple[str, int, str]]:
    """Return the files of a run with their sizes and digests; `root` was told when it began."""
    return plain(listing(Path(root) / str(place)))


def read_pieces(root: str, place: int, pieces: Sequence[Piece]) -> list[bytes]:
    """Return pieces of the files of a run."""
    return [read_piece(Path(root) / str(place), piece) for piece in pieces]


def forget(token: str, dask_worker: Any = None) -> None:
    """Remove what a parcel recorded here."""
    shutil.rmtree(_own(dask_worker, token), ignore_errors=True)
