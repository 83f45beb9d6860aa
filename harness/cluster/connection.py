"""A Dask cluster as its client sees it: the scheduler that was named, its workers, and how much memory they offer."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from distributed import Client, Security

from harness.cluster import at_worker
from harness.cluster.conditions import required, this_host
from harness.errors import SoakError, UsageError
from harness.soaks import interrupts
from harness.text import shown_path

MEMORY: Final = "memory"
"""The resource that workers are started with, in bytes: ``dask worker ... --resources memory=8e9``."""

SCHEMES: Final = ("tcp://", "tls://")

CONNECT_S: Final = 15.0
ANSWER_S: Final = 120.0
"""Real seconds that a worker has for an answer, before it is taken for gone."""

_Answer = TypeVar("_Answer")


class Gone(Exception):
    """A worker, or the scheduler, does not answer any more."""


@dataclass(frozen=True)
class WorkerOffer:
    """A worker: its address, the name of its machine, the tasks it takes at once, and the memory it offers, bytes."""

    address: str
    host: str
    threads: int
    memory_bytes: float


@dataclass(frozen=True)
class Keys:
    """TLS: files of the authority, of the certificate and of its key; what is None comes from Dask's configuration."""

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def security(self) -> Security | None:
        """Return what Dask takes. Raises UsageError where a file is missing."""
        given = {"tls_ca_file": self.authority, "tls_client_cert": self.certificate, "tls_client_key": self.key}
        told = {name: str(file) for name, file in given.items() if file is not None}
        for file in given.values():
            if file is not None and not file.is_file():
                raise UsageError(f"{shown_path(file)}: no such file: --tls-ca, --tls-cert and --tls-key name PEM files")
        return Security(require_encryption=True, **told) if told else None


class Cluster:
    """The workers of a scheduler. What is asked of them ends with a second Ctrl-C, or when they do not answer."""

    def __init__(self, client: Client, address: str) -> None:
        self.client = client
        self.address = address
        self._hosts: dict[str, str] = {}

    def workers(self) -> list[WorkerOffer]:
        """Return the workers there are. Raises Gone where the scheduler does not answer."""
        told: Mapping[str, Any] = self._ask(lambda: self.client.scheduler_info(n_workers=-1)["workers"])
        if new := [address for address in told if address not in self._hosts]:
            with contextlib.suppress(Gone):  # one that only just came and is gone again: the others are enough
                self._hosts |= self.ask(new, this_host)
        return [
            WorkerOffer(
                address, self._hosts[address], int(about["nthreads"]), float(about["resources"].get(MEMORY, 0.0))
            )
            for address, about in told.items()
            if address in self._hosts
        ]

    def ask(self, workers: Sequence[str], function: Callable[..., _Answer], *told: Any) -> dict[str, _Answer]:
        """Run a function of ours on workers beside their tasks; return what those that live returned."""
        ask = self.client.run
        answers: dict[str, _Answer] = self._ask(lambda: ask(function, *told, workers=list(workers), on_error="ignore"))
        return answers

    def ask_one(self, worker: str, function: Callable[..., _Answer], *told: Any) -> _Answer:
        """Run a function of ours on a worker. Raises Gone where it does not live."""
        answers: dict[str, _Answer] = self._ask(lambda: self.client.run(function, *told, workers=[worker]))
        if worker not in answers:
            raise Gone(worker)
        return answers[worker]

    @staticmethod
    def _ask(call: Callable[[], Any]) -> Any:
        answer: list[Any] = []
        failed: list[Exception] = []

        def asking() -> None:
            try:
                answer.append(call())
            except Exception as error:  # noqa: BLE001 - told by who waits for it
                failed.append(error)

        thread = threading.Thread(target=asking, daemon=True)
        thread.start()
        deadline = time.monotonic() + ANSWER_S
        while thread.is_alive() and time.monotonic() < deadline and interrupts.asked() < 2:
            thread.join(0.1)
        if failed and not isinstance(failed[0], OSError | ValueError | TimeoutError):
            raise SoakError(f"a worker of the cluster: {type(failed[0]).__name__}: {failed[0]}") from failed[0]
        if not answer:
            raise Gone(str(failed[0]) if failed else "no answer")
        return answer[0]


@contextlib.contextmanager
def connected(address: str, keys: Keys) -> Iterator[Cluster]:
    """Be a client of the scheduler at `address` inside.

    Raises UsageError where it is no address, nobody answers there, there is no worker, or one of them cannot take runs:
    it lacks the harness, or has another revision of it.
    """
    if not address.startswith(SCHEMES):
        raise UsageError(f"--on {address}: must be the address of a Dask scheduler, such as tcp://host:8786")
    security = keys.security() or Security()
    if address.startswith("tls://") and security.get_connection_args("client").get("ssl_context") is None:
        raise UsageError(
            f"--on {address}: TLS wants files: --tls-ca, --tls-cert and --tls-key, or Dask's configuration"
        )
    try:
        client = Client(address, security=security, timeout=CONNECT_S, set_as_default=False, name="soak")
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        told = " ".join(str(error).split()) or type(error).__name__
        raise UsageError(f"--on {address}: no Dask scheduler answers: {told[:300]}") from error
    try:
        cluster = Cluster(client, address)
        _refuse_unfit(cluster)
        yield cluster
    finally:
        with contextlib.suppress(Exception):
            client.close(timeout=5)


def _refuse_unfit(cluster: Cluster) -> None:
    try:
        addresses = [*cluster.client.scheduler_info(n_workers=-1)["workers"]]
        if not addresses:
            raise UsageError(f"--on {cluster.address}: it has no worker: start some with `dask worker`")
        differing = cluster.ask(addresses, at_worker.unlike_here, json.dumps(required()))
    except Gone as error:
        raise UsageError(f"--on {cluster.address}: its workers do not answer: {error}") from error
    silent = [worker for worker in addresses if worker not in differing]
    if silent:
        raise UsageError(
            f"--on {cluster.address}: {silent[0]} cannot run what this sends: does its Python have "
            "collector-soak[cluster] of this version?"
        )
    for worker, why in differing.items():
        if why is not None:
            raise UsageError(
                f"--on {cluster.address}: {worker} would record something else: {why}: start workers in a checkout of "
                "this revision"
            )
