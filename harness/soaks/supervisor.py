"""All runs of a soak: starts the judged processes, watches them, and brings every recording home, however they end."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from harness.command_line import RESOURCE_TRACKER, short_command
from harness.guarding.guarded import Guarded
from harness.made_here import sign
from harness.soaks import interrupts
from harness.soaks.admission import Admission, free_memory_bytes, room_bytes
from harness.soaks.archive import DAMAGED, bring_home, end_with_limit, last_row
from harness.soaks.children import Children
from harness.soaks.worker_log import LOG_FILE, bound_ended, bound_growing, last_line
from harness.text import how_it_ended
from harness.worker.failures import ASKED_TO_END
from harness.worker.isolation import judged_environment
from harness.worker.job import JOB_FILE, Job
from harness.worker.recorder import PHASES, RUN_FILE, write_run_file

POLL_S = 0.2
LEAST_PAUSE_S = 0.005
"""Between two readings of the children of a run."""

ENDING_POLL_S = 0.05
GRACE_S = 10.0
"""Real seconds that a process has to end after it was asked to, before it is killed."""

BACKSTOP = 1.25
"""A process that is this many times its memory limit has missed its own test of it and is killed."""

SHORT_BYTES = 200_000_000
"""With less memory left than this the largest run is killed, before the system chooses one."""

SILENCE = 3.0
"""A process without a new sample for this many times the stall time has missed its own stall test and is killed."""

WORKER = ("harness.worker.judged_run",)
"""The module that carries out a job in a process of its own; what follows it is told to it after the job's folder."""


@dataclass(frozen=True)
class RunState:
    """What can be seen of a run from outside. `rss_bytes` are real bytes; times in seconds."""

    config: str
    seed: int
    state: str  # "waiting", "running", or the status it ended with
    phase: str = PHASES[0]
    t_s: float = 0.0
    total_s: float = 0.0
    wall_s: float = 0.0
    rss_bytes: int = 0
    peak_rss_bytes: int = 0
    reason: str | None = None
    memory_scale: float = 1.0

    @property
    def acceleration(self) -> float:
        """Virtual seconds per real second so far."""
        return self.t_s / self.wall_s if self.wall_s else 0.0


Observer = Callable[[Sequence[RunState]], None]


class _Running:
    """One judged process and what was last seen of it."""

    def __init__(self, job: Job, folder: Path, now_s: float, program: Sequence[str]) -> None:
        job.write(folder)
        sign(folder / JOB_FILE)
        self.job = job
        self.folder = folder
        self.killed_for: str | None = None
        self.killed_at_limit: tuple[int, str] | None = None
        self.children = Children(folder)
        self._seen_t_s = -1.0
        self._seen_at_s = now_s
        module, *told = program
        self._log = (folder / LOG_FILE).open("wb")
        self.process = Guarded(
            [job.interpreter or sys.executable, "-P", "-m", module, str(folder.resolve()), *told],
            output=self._log,
            env=judged_environment(os.environ, job.env),
        )

    @property
    def judged_pid(self) -> int | None:
        """The judged process's own, below its guardian; None until it has begun."""
        return self.process.pid

    def observe(self, state: RunState, now_s: float) -> RunState:
        """The newest state; kills a process that is far beyond its limit or silent for too long."""
        row = last_row(self.folder)
        if row is not None:
            t_s = float(row["t_s"][0])
            rss = int(row["rss_bytes"][0])
            state = replace(
                state,
                phase=PHASES[int(row["phase"][0])],
                t_s=t_s,
                wall_s=float(row["wall_s"][0]),
                rss_bytes=rss,
                peak_rss_bytes=max(state.peak_rss_bytes, rss),
            )
            if t_s != self._seen_t_s:
                self._seen_t_s, self._seen_at_s = t_s, now_s
        bound_growing(self._log.fileno())
        if self.killed_for is None and not self.folder.is_dir():
            self.kill("its folder was removed")
        if self.killed_for is None:
            self._backstop(now_s)
        return state

    def _backstop(self, now_s: float) -> None:
        silent_s = now_s - self._seen_at_s
        patience_s = SILENCE * self.job.stall_s + (self.job.sample_every_s if self.job.real_time else 0)
        if silent_s > patience_s:
            self.kill(f"no sample for {silent_s:.0f} s")
        elif self._seen_t_s >= 0 and _rss_bytes(self.judged_pid) > BACKSTOP * self.job.limit_bytes:
            self.kill(f"far beyond the memory limit of {self.job.limit_bytes / 1e6:.0f} MB")
        elif self.children.held and self.held_bytes > self.job.limit_bytes:
            self.killed_at_limit = self.held_bytes, self.children.largest
            self.kill("beyond the memory limit")

    @property
    def held_bytes(self) -> int:
        """What the process holds now, with what all that it started did when they were last read."""
        return _rss_bytes(self.judged_pid) + self.children.pss_bytes

    def kill(self, reason: str) -> None:
        """End the process at once, and say later why."""
        self.killed_for = reason
        self.process.kill()

    def bring_home(self, *, interrupted: bool = False) -> dict[str, Any]:
        """Archive the recording of the ended process; returns the facts of its run.json, or of a damaged run."""
        self._log.close()
        if interrupted:
            facts = bring_home(self.folder, self.job, status="interrupted", reason=ASKED_TO_END)
        elif self.killed_at_limit is not None:
            facts = end_with_limit(self.folder, self.job, *self.killed_at_limit)
        else:
            told = (self.folder / RUN_FILE).exists()
            facts = bring_home(self.folder, self.job, reason=None if told else self._cause_of_death())
        bound_ended(self.folder)
        if outlived := self._outlived(facts.pop("left_running", None)):
            facts |= {"outlived": outlived}
            if facts["status"] != DAMAGED:  # whose files stay as they are
                write_run_file(self.folder, facts)
        return facts

    def _outlived(self, left_running: object) -> list[str]:
        """The commands that stop() left running, and those that had to be ended after the run.

        Without the tracker that ends with the last of them.
        """
        left = map(str, left_running) if isinstance(left_running, list) else ()
        commands = {*left, *map(short_command, self.process.outlived)}
        return sorted(commands - {RESOURCE_TRACKER})

    def _cause_of_death(self) -> str:
        if self.killed_for is not None:
            return f"killed by the supervisor: {self.killed_for}"
        code = self.process.returncode
        if code is None:
            return self._with_last_words(f"its guardian ended: {how_it_ended(self.process.guardian_returncode or 0)}")
        if code == os.EX_IOERR:
            return "its recording could not be written: is the disk full?"
        if code < 0:
            return how_it_ended(code)
        return self._with_last_words(how_it_ended(code))

    def _with_last_words(self, reason: str) -> str:
        last_words = last_line(self.folder)
        return reason + (f": {last_words}" if last_words else "")


@interrupts.held()
def supervise(
    jobs: Mapping[Path, Job],
    *,
    at_once: int,
    observe: Observer,
    admission: Admission | None = None,
    program: Sequence[str] = WORKER,
    now_s: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> dict[Path, dict[str, Any]]:
    """Carry out `jobs`, each in a fresh interpreter and recorded in its folder, at most `at_once` of them at a time.

    A job waits while `admission` (by default: to the memory that is free now) has no room for it beside those that run;
    a later one that fits goes first. Where memory runs out all the same, the largest run is killed.
    Returns the facts of every run that was started, by its folder.
    A run that is refused (its idle process is larger than the baseline) ends the soak, as does Ctrl-C: the
    KeyboardInterrupt is raised once every process is gone and every recording is home. A second one ends them at once.
    """
    states = {folder: first_state(job) for folder, job in jobs.items()}
    admission = Admission(room_bytes()) if admission is None else admission
    facts: dict[Path, dict[str, Any]] = {}
    waiting = dict(jobs)
    running: dict[Path, _Running] = {}
    try:
        while waiting or running:
            interrupts.check()
            while len(running) < at_once and (admitted := _next(waiting, running, admission)) is not None:
                folder, job = admitted
                del waiting[folder]
                folder.mkdir(parents=True)
                running[folder] = _Running(job, folder, now_s(), program)
                states[folder] = replace(states[folder], state="running")
            for folder, run in list(running.items()):
                # a process that ends after this was asked has written all it will write
                ended = run.process.ended()
                states[folder] = run.observe(states[folder], now_s())
                if ended:
                    del running[folder]
                    facts[folder] = run.bring_home()
                    states[folder] = ended_state(states[folder], facts[folder])
                    admission.learn(run.job, facts[folder])
                    if facts[folder]["status"] == "refused":
                        waiting.clear()
            observe(list(states.values()))
            if running:
                _relieve(running.values())
                _pause(running.values(), pause)
    finally:
        _end(running.values(), now_s, pause)
        for folder, run in running.items():
            with contextlib.suppress(OSError):  # a full disk is reported once, by what brought us here
                facts[folder] = run.bring_home(interrupted=True)
                states[folder] = ended_state(states[folder], facts[folder])
        if running:
            observe(list(states.values()))
    return facts


def _end(running: Collection[_Running], now_s: Callable[[], float], pause: Callable[[float], None]) -> None:
    """Ask the processes to end; kill those that have not in time, or all at once where that is asked for again."""
    for run in running:
        if not run.process.ended():
            run.process.ask()
    until_s = now_s() + GRACE_S
    while interrupts.asked() < 2 and now_s() < until_s and not all(run.process.ended() for run in running):
        pause(ENDING_POLL_S)
    for run in running:
        run.process.kill()
    for run in running:
        run.process.end_now(GRACE_S)


def _next(
    waiting: Mapping[Path, Job], running: Mapping[Path, _Running], admission: Admission
) -> tuple[Path, Job] | None:
    """The first job that is admitted beside those that run, as it may start; None where none is."""
    beside = [run.job for run in running.values()]
    for folder, job in waiting.items():
        admitted = admission.admit(job, beside)
        if admitted is not None:
            return folder, admitted
    return None


def _pause(running: Collection[_Running], pause: Callable[[float], None]) -> None:
    """Wait until the next look at the runs; meanwhile read their children as often as that is due."""
    waited_s = 0.0
    while waited_s < POLL_S:
        step_s = min(POLL_S - waited_s, max(LEAST_PAUSE_S, min(run.children.due_in_s() for run in running)))
        pause(step_s)
        waited_s += step_s
        for run in running:
            if run.judged_pid is not None and run.killed_for is None:
                run.children.read(run.judged_pid, run.process.guardian_pid)


def _relieve(running: Collection[_Running]) -> None:
    """Kill the largest run where the machine is about to run out of memory."""
    if free_memory_bytes() < SHORT_BYTES:
        largest = max(running, key=lambda run: run.held_bytes)
        largest.kill(f"this machine has less than {SHORT_BYTES / 1e6:.0f} MB of memory left")


def first_state(job: Job) -> RunState:
    """A run that has not begun."""
    total_s = job.horizon_s + job.run_on_s + job.settle_s
    return RunState(job.config, job.seed, "waiting", total_s=total_s, memory_scale=job.memory_scale)


def ended_state(state: RunState, facts: dict[str, Any]) -> RunState:
    """A run that has ended as its facts say."""
    told = {key: facts[key] for key in ("reason", "phase", "t_s", "wall_s", "peak_rss_bytes")}
    return replace(state, state=facts["status"], **told)


def _rss_bytes(pid: int | None) -> int:
    try:
        return 0 if pid is None else int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
