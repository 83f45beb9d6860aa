"""A Dask cluster on loopback: a scheduler and workers, each by its own command, in the folder of the soaks."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tests.integration.conftest import PATIENCE_S, Soaks


class Machines:
    """A scheduler and its workers, ended with the block."""

    def __init__(self, soaks: Soaks) -> None:
        self.soaks = soaks
        self.address = ""
        self.log = soaks.folder / "dask.log"
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        file = self.soaks.folder / "scheduler.json"
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
        self._until(lambda: file.exists() and file.read_text().rstrip().endswith("}"))
        self.address = json.loads(file.read_text())["address"]
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def worker(self, name: str, *options: str) -> subprocess.Popen[bytes]:
        return self._start(
            "worker",
            self.address,
            *("--host", "127.0.0.1", "--nthreads", "1", "--memory-limit", "0", "--name", name, *options),
            *("--resources", "memory=2e9", "--local-directory", str(self.soaks.folder / name)),
        )

    def wait_for(self, workers: int) -> None:
        """Return when so many workers have registered."""
        self._until(lambda: self.log.read_text().count("Registered to:") >= workers)

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments, "--no-dashboard"],
                cwd=self.soaks.folder,
                env=self.soaks.environment(),
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def judged_on(self, name: str) -> list[int]:
        """The judged processes whose runs are recorded by a worker."""
        return [pid for pid in self.soaks.workers() if f"/{name}/" in Path(f"/proc/{pid}/cmdline").read_text()]

    def _until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, self.log.read_text()
            assert all(process.poll() is None for process in self.processes), self.log.read_text()
            time.sleep(0.05)
