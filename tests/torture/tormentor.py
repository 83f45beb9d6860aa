"""A seeded tormentor: draws a fault and an instant, soaks, and checks what must hold whatever happens.

A trial is a function of its seed and number but for the machine's own timing: instants are drawn as shares of what an
undisturbed soak takes. What must hold is in the sentences that `Trial.broken` may hold.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.exit_codes import OF_STATUS
from tests.torture.world import HOSTILE, Command, Place, outcome, rows_grown

ENDED_S = 2.0
"""No process of a soak lives so many seconds after its end."""

ROOM = "size=200m,nr_inodes=0"
UNHEARD = (-signal.SIGINT, -signal.SIGTERM)
"""How a soak may end without a verdict that was asked to before it took the signals."""


@dataclass
class Trial:
    """One trial: what was done in it, and which invariants were broken, in words."""

    number: int
    fault: str = ""
    told: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


class Tormentor:
    """Trials of one seed below `folder`, each in a place of its own, compared with one undisturbed soak.

    A process may live `ended_s` after its soak's end: more than `ENDED_S` only where the machine is not one's own.
    """

    def __init__(self, folder: Path, seed: int, *, ended_s: float = ENDED_S) -> None:
        self.folder, self.seed, self.ended_s = folder, seed, ended_s
        calm = Place(folder / "calm", f"calm-{os.getpid()}")
        began = time.monotonic()
        command = calm.start("run", "tiny.toml", "--quiet")
        self.code = command.ended()
        self.takes_s = time.monotonic() - began
        assert self.code == 0, f"an undisturbed soak ends with {self.code}: {command.out}{command.err}"
        self.expected = outcome(calm.results()[0])

    def trial(self, number: int) -> Trial:
        """Carry out the trial of that number. Its folder is removed unless something was broken."""
        draw = random.Random(f"{self.seed} {number}")
        trial = Trial(number, fault=draw.choice([*FAULTS]))
        hostile = draw.choice([*HOSTILE]) if trial.fault == "hostile target" else None
        token = f"{self.seed}-{number}-{os.getpid()}"
        place = Place(self.folder / f"trial-{number}", token, HOSTILE[hostile] if hostile else "pass")
        try:
            FAULTS[trial.fault](self, trial, place, draw)
            if hostile is not None:
                trial.told.append(hostile)
            self._resume(trial, place, hostile=hostile is not None)
            if place.files_outside() != place.outside:
                trial.broken.append("something outside the results was touched")
            for said in (command.out + command.err for command in place.commands):
                if "Traceback" in said and not _pythons_own(said):
                    trial.broken.append(f"a traceback: {said.strip().splitlines()[-1][:200]}")
        except subprocess.TimeoutExpired as error:
            trial.broken.append(f"it hangs: {error}")
        finally:
            for pid in place.processes():
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            _unmount(place)
        if trial.broken:
            said = "\n".join(f"{command.process.args}\n{command.out}{command.err}" for command in place.commands)
            (place.folder / "said.txt").write_text(said, encoding="utf-8")
        else:
            shutil.rmtree(place.folder)
        return trial

    def instant_s(self, draw: random.Random) -> float:
        """Seconds from the start of a soak: anywhere in it, and more often in its first tenth of a second."""
        return draw.choice([draw.uniform(0.001, 0.1), *(draw.uniform(0.001, self.takes_s) for _ in range(3))])

    def ended(self, trial: Trial, place: Place, command: Command) -> int:
        """Wait for the end of a soak and check what must hold then; returns its exit code."""
        code = self.left_nothing(trial, place, command)
        for result in place.results():
            self.check(trial, place, result, code)
        return code

    def left_nothing(self, trial: Trial, place: Place, command: Command) -> int:
        """Wait for the end of a soak and of its processes; returns its exit code."""
        code = command.ended()
        until = time.monotonic() + self.ended_s
        while (alive := place.processes()) and time.monotonic() < until:
            time.sleep(0.05)
        if alive:
            trial.broken.append(f"{self.ended_s:g} s after its end there lives: {'; '.join(alive.values())[:300]}")
        return code

    def check(self, trial: Trial, place: Place, result: Path, code: int | None = None) -> None:
        """Rows can be read, status and exit code agree, also with the `code` of its soak, nothing incomplete is met."""
        before = rows_grown(result)
        if (result / "scenario.toml").exists() and before:
            report = place.start("report", result)
            reported = report.ended()
            told = json.loads((result / "verdict.json").read_text()) if (result / "verdict.json").exists() else {}
            if OF_STATUS.get(told.get("status")) != reported:
                trial.broken.append(f"report: status {told.get('status')}, exit code {reported}: {report.err[-300:]}")
            if (
                len(place.results()) == 1
                and (code or 0) >= 0
                and code not in (None, reported)
                and "interrupted" not in _said(place)
            ):
                trial.broken.append(f"the soak ended with {code}, its report with {reported}")
            complete = {(run["config"], run["seed"]) for run in told.get("runs", ()) if run["status"] == "complete"}
            if told.get("status") in ("met", "missed") and complete != {*self.expected["runs"]}:
                trial.broken.append(f"{told['status']}, though only these runs are complete: {sorted(complete)}")
            after = rows_grown(result)
            lost = {str(run.relative_to(result)): rows for run, rows in before.items() if after.get(run, 0) < rows}
            if lost:
                trial.broken.append(f"rows that were written can no longer be read: {lost}")
        elif code is not None and code >= 0 and code not in (2, 3):
            trial.broken.append(f"there is no result, and the exit code is {code}")

    def _resume(self, trial: Trial, place: Place, *, hostile: bool) -> None:
        """Finish every result: then its verdict is that of the undisturbed soak."""
        for result in place.results():
            begun = (result / "scenario.toml").exists()
            command = place.start("run", "--resume", result, "--quiet")
            code = self.ended(trial, place, command)
            if not begun:
                if code != 2 or len(command.err.splitlines()) != 1:
                    trial.broken.append(f"a soak that never began is resumed with {code}: {command.err[-300:]}")
            elif not hostile:
                now = outcome(result) if (result / "verdict.json").exists() else None
                if code != self.code or now != self.expected:
                    trial.broken.append(f"resumed it ends with {code} and {now}: {command.err[-300:]}")


def _pythons_own(said: str) -> bool:
    """Whether that traceback is of an interrupt while Python itself starts, before anything of the product runs."""
    return "KeyboardInterrupt" in said and "/harness/" not in said


def _said(place: Place) -> str:
    return " ".join(command.out + command.err for command in place.commands)


def _nothing_but(tormentor: Tormentor, trial: Trial, place: Place, _draw: random.Random | None = None) -> None:
    tormentor.ended(trial, place, place.start("run", "tiny.toml", "--quiet"))


def _supervisor(tormentor: Tormentor, trial: Trial, place: Place, draw: random.Random) -> None:
    command, instant_s = place.start("run", "tiny.toml", "--quiet"), tormentor.instant_s(draw)
    trial.told.append(f"after {instant_s:.3f} s")
    time.sleep(instant_s)
    command.process.kill()
    tormentor.ended(trial, place, command)


def _worker(tormentor: Tormentor, trial: Trial, place: Place, draw: random.Random) -> None:
    command = place.start("run", "tiny.toml", "--quiet")
    while not (judged := place.judged()) and command.process.poll() is None:
        time.sleep(0.01)
    instant_s = draw.uniform(0, tormentor.takes_s / 2)
    trial.told.append(f"{instant_s:.3f} s after it began")
    time.sleep(instant_s)
    for pid in (place.judged() or judged)[:1]:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    tormentor.ended(trial, place, command)


def _interrupted(tormentor: Tormentor, trial: Trial, place: Place, draw: random.Random) -> None:
    command, instant_s = place.start("run", "tiny.toml", "--quiet"), tormentor.instant_s(draw)
    time.sleep(instant_s)
    signals = [draw.choice([signal.SIGINT, signal.SIGINT, signal.SIGTERM]) for _ in range(draw.choice([1, 2, 3]))]
    trial.told.append(f"{', '.join(number.name for number in signals)} after {instant_s:.3f} s")
    for number in signals:
        with contextlib.suppress(OSError):
            os.killpg(command.process.pid, number)
        time.sleep(draw.uniform(0.02, 0.6))
    code = tormentor.ended(trial, place, command)
    if code < 0 and code not in UNHEARD:
        trial.broken.append(f"asked to end it ended with {code}")


def _stopped(tormentor: Tormentor, trial: Trial, place: Place, draw: random.Random) -> None:
    command, instant_s = place.start("run", "tiny.toml", "--quiet"), tormentor.instant_s(draw)
    time.sleep(instant_s)
    pids = draw.choice([[command.process.pid], place.judged() or [command.process.pid]])
    trial.told.append(f"{len(pids)} processes after {instant_s:.3f} s")
    for number in (signal.SIGSTOP, signal.SIGCONT):
        for pid in pids:
            with contextlib.suppress(OSError):
                os.kill(pid, number)
        time.sleep(draw.uniform(0.2, 3))
    tormentor.ended(trial, place, command)


def _full_disk(tormentor: Tormentor, trial: Trial, place: Place, draw: random.Random) -> None:
    _full(tormentor, trial, place, f"size={draw.randrange(4096, 1_500_000)}")


def _no_inodes(tormentor: Tormentor, trial: Trial, place: Place, draw: random.Random) -> None:
    _full(tormentor, trial, place, f"nr_inodes={draw.randrange(2, 60)}")


def _full(tormentor: Tormentor, trial: Trial, place: Place, room: str) -> None:
    """A soak on a disk with so much room; then the room is there, what was written is read, and the soak resumed."""
    (place.folder / "results").mkdir()
    if not _mount(place, room):
        trial.told.append("left out: no tmpfs can be mounted here")
        return _nothing_but(tormentor, trial, place)
    trial.told.append(room)
    code = tormentor.left_nothing(trial, place, place.start("run", "tiny.toml", "--quiet"))
    if code not in (0, 2, 3):
        trial.broken.append(f"on a full disk it ended with {code}: {place.commands[-1].err[-300:]}")
    _mount(place, f"remount,{ROOM}")
    for result in place.results():
        tormentor.check(trial, place, result)
    return None


def _mount(place: Place, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place.folder / "results")]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _unmount(place: Place) -> None:
    if os.path.ismount(place.folder / "results"):
        subprocess.run(["umount", "-l", str(place.folder / "results")], check=False)


def _reader(tormentor: Tormentor, trial: Trial, place: Place, draw: random.Random) -> None:
    command = place.start("run", "tiny.toml", "--quiet")
    while command.process.poll() is None:
        time.sleep(draw.uniform(0, tormentor.takes_s / 5))
        reader = place.start(draw.choice(["report", "explain"]), "latest")
        code = reader.ended()
        if code not in OF_STATUS.values() and code != 2:
            trial.broken.append(f"a reader ended with {code}: {reader.err[-300:]}")
    tormentor.ended(trial, place, command)


def _two(tormentor: Tormentor, trial: Trial, place: Place, draw: random.Random) -> None:
    first = place.start("run", "tiny.toml", "--quiet")
    time.sleep(draw.uniform(0, tormentor.takes_s))
    second = place.start("run", "tiny.toml", "--quiet")
    codes = [first.ended(), tormentor.ended(trial, place, second)]
    results = place.results()
    if len(results) != 2 or any(outcome(result) != tormentor.expected for result in results) or any(codes):
        trial.broken.append(f"two soaks at once ended with {codes} in {len(results)} results")


FAULTS: dict[str, Callable[[Tormentor, Trial, Place, random.Random], Any]] = {
    "supervisor killed": _supervisor,
    "worker killed": _worker,
    "interrupted": _interrupted,
    "stopped": _stopped,
    "full disk": _full_disk,
    "no inodes": _no_inodes,
    "hostile target": _nothing_but,
    "reader in a loop": _reader,
    "two at once": _two,
}
