"""The loop here: groups of runs handed to the cluster, followed, brought home, and handed out again where one is lost.

A group that loses its worker goes on where its first runs were recorded, if that machine has a worker left; else all of
it runs elsewhere, since what is compared is recorded on one machine. A run that was under way on three workers that
were lost is failed. Ctrl-C withdraws what is out: those runs end there, what is home is kept.
"""

from __future__ import annotations

import contextlib
import queue
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from distributed import KilledWorker

from harness.cluster import at_worker
from harness.cluster.conditions import digest_of, needed_by, required, write_machine
from harness.cluster.connection import MEMORY, Cluster, Gone, WorkerOffer
from harness.cluster.groups import MOST_LOST, Group, groups_of
from harness.cluster.parcels import Ended, Parcel
from harness.cluster.recordings import Spoiled, check, fetch, put, unplain
from harness.errors import SoakError, UsageError
from harness.foreign_text import on_one_line
from harness.made_here import sign
from harness.soaks import archive, interrupts, run_rows
from harness.soaks.run_rows import Row
from harness.soaks.supervisor import GRACE_S, Observer, RunState, ended_state, first_state
from harness.worker.failures import ASKED_TO_END
from harness.worker.job import JOB_FILE

POLL_S: Final = 0.2
WORKERS_S: Final = 2.0
"""Real seconds between two looks at which workers there are."""

BACK_S: Final = 10.0
"""Real seconds for a machine whose worker is lost to have one again, as it has below a nanny."""

NOBODY_S: Final = 120.0
"""Real seconds that the cluster may be without a worker for what is left, before the sweep ends."""

RESULT_S: Final = 20.0
"""Real seconds for the few words in which a handing out ends to come here."""

TRIES: Final = 3
"""So often a recording that did not arrive as it was sent is fetched."""


def at_once_of(rows: Sequence[Row], workers: Sequence[WorkerOffer], wanted: int | None) -> int:
    """Return how many runs of a group go at once on its machine: as `wanted`, else so that no thread is idle.

    Raises UsageError, saying what would do, where no worker offers the memory for it.
    """
    groups = groups_of(rows)
    threads = sum(worker.threads for worker in workers)
    spread = min(threads // max(len(groups), 1), *(worker.threads for worker in workers))
    largest = max((len(group.rows) for group in groups), default=1)
    at_once = max(1, min(spread if wanted is None else wanted, largest))
    most = max(worker.memory_bytes for worker in workers)
    while at_once > 1 and wanted is None and any(group.need_bytes(at_once) > most for group in groups):
        at_once -= 1
    need = max((group.need_bytes(at_once) for group in groups), default=0)
    if need > most:
        raise UsageError(
            f"a run may hold {need / at_once / 1e9:.2f} GB, {at_once} at once, and no worker offers more than "
            f"{most / 1e9:.2f} GB: start one with `dask worker ... --resources {MEMORY}={need:.3g}`"
        )
    return at_once


def carry_out(
    rows: Sequence[Row], *, cluster: Cluster, at_once: int, observe: Observer, shared: Path | None = None
) -> None:
    """Run what is not recorded yet on the workers of a cluster, `at_once` of a group at a time.

    `shared` is the folder of the result where every machine sees it under this path: runs are recorded there. Raises
    UsageError where a worker would record something else, an idle process is larger than its baseline, or another
    process carries out runs there; SoakError where the disk is full, or the cluster is gone; KeyboardInterrupt once
    what was out has ended. What is home is kept in every case.
    """
    with run_rows.begun(rows):
        out = _HandingOut(rows, cluster, at_once, observe, shared)
        try:
            out.carry_out()
        except Gone as error:
            raise SoakError(
                f"{cluster.address}: the scheduler does not answer ({error}): what is home is kept"
            ) from error
        finally:
            out.withdraw()
            if shared is not None:
                shutil.rmtree(shared / at_worker.INCOMING, ignore_errors=True)


class _HandingOut:
    """Groups on their way."""

    def __init__(
        self, rows: Sequence[Row], cluster: Cluster, at_once: int, observe: Observer, shared: Path | None
    ) -> None:
        self._cluster = cluster
        self._observe = observe
        self._shared = None if shared is None else shared.resolve()
        self._groups = groups_of(rows)
        for group in self._groups:
            group.at_once = at_once
        # in the order of the table, as whoever observes expects them
        lacking = {row.folder for group in self._groups for row in group.rows}
        self._states = {row.folder: first_state(row.job) for row in rows if row.folder in lacking}
        self._required = required()
        self._digests: dict[str, str] = {}
        self._topic = f"soak-{secrets.token_hex(8)}"
        self._heard: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._workers: list[WorkerOffer] = []
        self._looked_s = float("-inf")
        self._served_s = time.monotonic()

    def carry_out(self) -> None:
        self._cluster.client.subscribe_topic(self._topic, lambda event: self._heard.put(event[1]))
        for folder in self._states:
            shutil.rmtree(folder, ignore_errors=True)
        while left := [group for group in self._groups if group.open_rows]:
            interrupts.check()
            self._look_at_workers(left)
            for group in left:
                if group.future is None:
                    self._hand_out(group)
            self._hear()
            for group in left:
                if group.future is not None:
                    self._follow(group)
            self._observe(list(self._states.values()))
            time.sleep(POLL_S)

    def _look_at_workers(self, left: Sequence[Group]) -> None:
        """See which workers there are. Raises SoakError where, for long, none is for what is left."""
        if time.monotonic() - self._looked_s < WORKERS_S:
            return
        self._workers = self._cluster.workers()
        self._looked_s = time.monotonic()
        lacking = [group for group in left if not self._fit(group)]
        if len(lacking) < len(left):
            self._served_s = self._looked_s
        elif self._looked_s - self._served_s > NOBODY_S:
            host = next((f" on {group.host}, where their groups were begun," for group in lacking if group.host), "")
            raise SoakError(
                f"{self._cluster.address}: no worker{host} is left for the other runs: what is home is kept"
            )

    def _fit(self, group: Group) -> list[str]:
        """The addresses of the workers that a group may go to."""
        need = group.need_bytes(group.at_once)
        return [
            worker.address
            for worker in self._workers
            if worker.memory_bytes >= need and group.host in (None, worker.host)
        ]

    def _hand_out(self, group: Group) -> None:
        workers = self._fit(group)
        if not workers and group.host is not None and not group.pinned and time.monotonic() - group.lost_s > BACK_S:
            self._discard(group)
            group.host = None
            workers = self._fit(group)
        if not workers:
            return
        group.hand_out(lambda handed: self._submitted(handed, workers if handed.host is not None else None))

    def _submitted(self, group: Group, workers: list[str] | None) -> Any:
        need = group.need_bytes(group.at_once)
        needed = {path for row in group.sent for path in needed_by(row.job)}
        self._digests |= {path: digest_of(Path(path)) for path in needed - self._digests.keys()}
        if self._shared is not None:
            (self._shared / at_worker.INCOMING / group.token).mkdir(parents=True)
        parcel = Parcel(
            token=group.token,
            topic=self._topic,
            jobs=tuple(row.job for row in group.sent),
            at_once=group.at_once,
            need_bytes=need,
            required=self._required,
            needed={path: self._digests[path] for path in sorted(needed)},
            shared=None if self._shared is None else str(self._shared),
        )
        return self._cluster.client.submit(
            at_worker.run_parcel,
            parcel.text(),
            key=f"soak-{group.token}",
            pure=False,
            workers=workers,
            resources={MEMORY: need},
        )

    def _hear(self) -> None:
        """Take in what the workers told since the last time."""
        by_token = {group.token: group for group in self._groups}
        with contextlib.suppress(queue.Empty):
            while told := self._heard.get_nowait():
                group = by_token.get(str(told["token"]))
                if group is not None and group.future is not None and group.token == told["token"]:
                    self._take_in(group, told)

    def _take_in(self, group: Group, told: dict[str, Any]) -> None:
        kind = told["kind"]
        if kind == "began":
            if group.worker is not None:  # the scheduler noticed before this did that the one before is lost
                self._lose(group)
                return
            if group.host not in (None, told["machine"]["host"]):  # one that withdrew before
                self._discard(group)
            group.worker, group.machine, group.host = told["worker"], told["machine"], told["machine"]["host"]
        elif told["worker"] != group.worker:
            return
        elif kind == "records":
            group.root = told["root"]
        elif kind == "stopped":
            group.worker, group.standing = None, []
        elif kind == "stands":
            group.standing = told["runs"]
            for place, (row, stands) in enumerate(zip(group.sent, group.standing, strict=True)):
                if row.folder in group.home or stands[0] == "waiting":
                    continue
                if stands[0] == "running":
                    self._states[row.folder] = _standing(self._states[row.folder], stands)
                else:
                    self._bring_home(group, place)

    def _follow(self, group: Group) -> None:
        """See how a handing out stands: go on, take home the rest, or hand it out again."""
        status = group.future.status
        if status == "pending":
            alive = {worker.address for worker in self._workers}
            if group.worker is not None and group.worker not in alive:
                self._lose(group)
        elif status == "finished":
            with contextlib.suppress(TimeoutError):  # its worker is gone with it: it is run again, and will be heard of
                self._end(group, Ended.parse(group.future.result(timeout=RESULT_S)))
        elif status == "error":
            error = group.future.exception()
            if not isinstance(error, KilledWorker):
                raise SoakError(f"{group.worker or self._cluster.address}: {type(error).__name__}: {error}") from error
            group.killed += 1
            self._lose(group)
        else:
            raise SoakError(
                f"{self._cluster.address}: the scheduler is gone, or dropped what was handed out ({status}): "
                "what is home is kept"
            )

    def _end(self, group: Group, ended: Ended) -> None:
        if group.worker is None and ended.refused is None and ended.failed is None:
            return  # what it told before is still on its way
        where = f"{group.worker or self._cluster.address} ({group.host})"
        if ended.refused is not None:
            raise UsageError(f"{where}: {on_one_line(ended.refused)}")
        if ended.failed is not None:
            raise SoakError(f"{where}: {on_one_line(ended.failed)}")
        for refused, idle_bytes in (ended.idle_rss_bytes or {}).items():
            raise run_rows.too_small(group.sent[int(refused)], idle_bytes)
        for place, row in enumerate(group.sent):
            if row.folder not in group.home and not self._bring_home(group, place):
                self._lose(group)
                return
        self._forget(group)

    def _bring_home(self, group: Group, place: int) -> bool:
        """Take a run home; whether it is: not where its worker is gone. Raises SoakError where it does not arrive."""
        row = group.sent[place]
        arriving = row.folder.with_name(f".arriving-{row.folder.name}")
        arriving.parent.mkdir(parents=True, exist_ok=True)
        for left in reversed(range(TRIES)):
            shutil.rmtree(arriving, ignore_errors=True)
            try:
                arrived = self._arrived(group, place, arriving)
                if (key := replace_folder(row, arrived)) is not None:
                    raise Spoiled(f"{JOB_FILE}: {key} is not what was asked for")
            except Gone:
                return False
            except Spoiled as error:
                if not left:
                    told = on_one_line(str(error))
                    raise SoakError(
                        f"{group.worker} ({group.host}): {row.job.config} seed {row.job.seed}: {told}"
                    ) from error
                continue
            break
        write_machine(row.folder, group.machine)
        facts = archive.bring_home(row.folder, row.job)
        if facts["status"] != archive.DAMAGED:
            sign(row.folder / JOB_FILE)
        self._states[row.folder] = ended_state(self._states[row.folder], facts)
        group.home.add(row.folder)
        return True

    def _arrived(self, group: Group, place: int, arriving: Path) -> Path:
        """The folder of a run here, checked. Raises Gone, Spoiled."""
        assert group.worker is not None
        ask, worker, root = self._cluster.ask_one, group.worker, group.root
        files = unplain(ask(worker, at_worker.listed, root, place))
        if self._shared is not None:
            there = Path(root) / str(place)
            check(files, there)
            there.rename(arriving)
        else:
            arriving.mkdir()
            fetch(files, arriving, lambda pieces: ask(worker, at_worker.read_pieces, root, place, pieces))
        return arriving

    def _lose(self, group: Group) -> None:
        """A worker is lost: note whom its runs cost, and have what is left handed out again."""
        group.blame()
        self._cluster.client.cancel([group.future])
        for row in group.given_up:
            if row.folder not in group.home:
                self._states[row.folder] = ended_state(self._states[row.folder], _failed(row, group.lost[row.folder]))
        if group.killed >= MOST_LOST:
            raise SoakError(f"{self._cluster.address}: the scheduler gave up {_named(group)} {group.killed} times")
        lost = group.worker
        group.withdraw()
        group.at_once = 1  # so that it shows which of its runs costs workers
        group.lost_s = time.monotonic()
        self._workers = [worker for worker in self._workers if worker.address != lost]
        self._looked_s = float("-inf")
        if not group.pinned and not group.home:
            group.host = None
        for row in group.open_rows:
            self._states[row.folder] = first_state(row.job)

    def _discard(self, group: Group) -> None:
        """Let go of what came home from another machine than the one that the group goes to now."""
        for row in group.rows:
            if row.folder in group.home:
                shutil.rmtree(row.folder, ignore_errors=True)
                self._states[row.folder] = first_state(row.job)
        group.home.clear()

    def _forget(self, group: Group) -> None:
        """Have what a handing out recorded removed there."""
        if self._shared is not None:
            shutil.rmtree(self._shared / at_worker.INCOMING / group.token, ignore_errors=True)
        elif group.worker is not None:
            with contextlib.suppress(Gone, SoakError):
                self._cluster.ask([group.worker], at_worker.forget, group.token)

    def withdraw(self) -> None:
        """End what is out, and return when its workers say that it has ended, or after some seconds."""
        out = [group for group in self._groups if group.future is not None and group.open_rows]
        if not out:
            return
        with contextlib.suppress(Exception):
            self._cluster.client.cancel([group.future for group in out])
        running = [group for group in out if group.worker is not None]
        ended: set[str] = set()
        deadline = time.monotonic() + GRACE_S
        while time.monotonic() < deadline and interrupts.asked() < 2 and len(ended) < len(running):
            with contextlib.suppress(queue.Empty):
                told = self._heard.get(timeout=POLL_S)
                if told["kind"] == "stopped" and told["token"] in {group.token for group in running}:
                    ended.add(told["token"])
        for group in out:
            self._forget(group)
        for folder, state in self._states.items():
            if state.state == "running":
                self._states[folder] = replace(state, state="interrupted", reason=ASKED_TO_END)
        self._observe(list(self._states.values()))


def replace_folder(row: Row, arrived: Path) -> str | None:
    """Put what arrived where a row is recorded; return the key by which its job is another, and leave it; None."""
    if (key := row.other_job(arrived)) is None:
        put(arrived, row.folder)
    return key


def _standing(state: RunState, stands: list[Any]) -> RunState:
    names = ("state", "phase", "t_s", "wall_s", "rss_bytes", "peak_rss_bytes", "reason")
    return replace(state, **dict(zip(names, stands, strict=True)))


def _failed(row: Row, workers: Sequence[str]) -> dict[str, Any]:
    """Write down a run that cost too many workers; return its facts."""
    shutil.rmtree(row.folder, ignore_errors=True)
    row.folder.mkdir(parents=True)
    row.job.write(row.folder)
    reason = f"{len(workers)} workers were lost while it ran: {', '.join(workers)}"
    return archive.bring_home(row.folder, row.job, status="died", reason=reason)


def _named(group: Group) -> str:
    row = group.rows[0]
    return f"{row.world.folder.name} seed {row.job.seed}"
