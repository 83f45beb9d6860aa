"""Tiny soaks in a folder of their own: started, read from outside, and compared with an undisturbed one."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from harness.soaks.archive import PARQUET_FILE, read_rows
from tests.integration.conftest import DEFAULTS, ROOT, WORLD

HUNG_S = 300.0
"""After so many seconds a command hangs."""

CONFIGS = """\
[configs.old]
[configs.fixed]
[[claims]]
name = "no errors"
metric = "errors.logged"
configs = ["fixed"]
expected = [0, 0]
tolerance = 0
better = "lower"
kind = "prediction"
source = "a program that does nothing"
"""

TARGET = """\
import os, signal, subprocess, sys, threading
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()"
class Target:
    def __init__(self, params, environment):
        self.real = "rehearsal" not in str(environment.data_dir)
        self.books = 0
    async def start(self):
        if self.real:
            subprocess.Popen([sys.executable, "-I", "-S", "-c", DEAF])
            subprocess.Popen([sys.executable, "-I", "-S", "-c", DEAF], start_new_session=True)
    def on_book(self, book):
        self.books += 1
        {hostile}
    async def stop(self):
        pass
build = Target
"""

HOSTILE = {
    "raises": 'if self.real and self.books == 40: raise ValueError("hostile\\x1b[31m")',
    "ends itself": "if self.real and self.books == 40: os._exit(0)",
    "kills itself": "if self.real and self.books == 40: os.kill(os.getpid(), signal.SIGKILL)",
    "takes memory": "if self.real: self.taken = [*getattr(self, 'taken', ()), bytearray(30_000_000)]",
    "closes all files": "if self.real and self.books == 40: os.closerange(0, 100)",
    "removes its folder": "if self.real and self.books == 40: import shutil; shutil.rmtree('results', True)",
    "prints for ever": "print('x' * 100_000, flush=True)",
}


@dataclass
class Command:
    """One `soak` under way, and what it said once it has ended."""

    process: subprocess.Popen[str]
    out: str = ""
    err: str = ""

    def ended(self) -> int:
        """Wait for its end; returns its exit code, negative for a signal."""
        self.out, self.err = self.process.communicate(timeout=HUNG_S)
        return self.process.returncode


@dataclass
class Place:
    """A folder with a scenario and its target, in which soaks run; `token` marks every process of them."""

    folder: Path
    token: str
    hostile: str = "pass"
    commands: list[Command] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        (self.folder / "mine.py").write_text(TARGET.format(hostile=self.hostile))
        world = {"hours": 0.02, "warmup_minutes": 0.2, "symbols": 2, "sample_every_s": 0.5, "factory": "mine:build"}
        (self.folder / "tiny.toml").write_text(WORLD.format(**{**DEFAULTS, **world}) + CONFIGS)
        self.outside = self.files_outside()

    def start(self, *arguments: object) -> Command:
        """`soak` with these arguments, in a session of its own."""
        home = self.folder.parent / "home"
        home.mkdir(exist_ok=True)
        environment = {**os.environ, "TORTURE": self.token, "HOME": str(home), "MPLCONFIGDIR": str(home)}
        environment |= {"PYTHONPATH": f"{self.folder}{os.pathsep}{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "harness", *map(str, arguments)],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.commands.append(Command(process))
        return self.commands[-1]

    def results(self) -> list[Path]:
        """The result folders, oldest first: also one that no soak has begun in."""
        return sorted(path for path in (self.folder / "results").glob("tiny/*") if path.is_dir())

    def processes(self) -> dict[int, str]:
        """What is alive of any soak here: command lines by pid."""
        found = {}
        mark = f"TORTURE={self.token}".encode()
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if not entry.name.isdigit() or mark not in (entry / "environ").read_bytes().split(b"\0"):
                    continue
                if (entry / "stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z":  # a zombie holds nothing
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found

    def judged(self) -> list[int]:
        """The judged processes that are alive; a fork of one has its command line, too."""
        return sorted(pid for pid, command in self.processes().items() if "judged_run" in command)

    def files_outside(self) -> dict[str, bytes]:
        """Everything below the folder that belongs to no result; bytecode is Python's own."""
        files = (file for file in self.folder.rglob("*") if not {"results", "__pycache__"} & {*file.parts})
        files = (file for file in files if file.is_file())
        return {str(file.relative_to(self.folder)): file.read_bytes() for file in files}


def rows_grown(result: Path) -> dict[Path, int]:
    """How many whole rows every run of a result has on disk now."""
    rows = {}
    for run in result.glob("runs/*/seed-*"):
        archived = run / PARQUET_FILE
        rows[run] = len(pd.read_parquet(archived)) if archived.exists() else len(read_rows(run))
    return rows


def outcome(result: Path) -> dict[str, Any]:
    """What a verdict says that no noise of a machine moves: status, claims, how every run ended, its feed."""
    verdict = json.loads((result / "verdict.json").read_text())
    runs = {}
    for run in verdict["runs"]:
        facts = json.loads((result / "runs" / run["config"] / f"seed-{run['seed']}" / "run.json").read_text())
        runs[run["config"], run["seed"]] = (run["status"], facts.get("feed_hash"))
    claims = {claim["name"]: claim["verdict"] for claim in verdict["claims"]}
    return {"status": verdict["status"], "reasons": bool(verdict["reasons"]), "claims": claims, "runs": runs}
