"""A search over releases, carried out: each batch is installed, run, judged, until both edges of what is bad are known.

A release begins with one seed. Others are added while its verdict is open and one may decide it; where hours are
lacking it is run again for as many as it needs. Releases at an edge are run with more seeds: their rates are told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from harness.analysis.histories.recorded_history import RecordedHistory
from harness.analysis.histories.release_finding import ReleaseFinding, find_release
from harness.analysis.leaks.config_leaks import rounded_up
from harness.analysis.result import Result
from harness.environments.commands import at_once
from harness.errors import SoakError
from harness.foreign_text import on_one_line
from harness.histories.freezing import Installed, Skipped
from harness.histories.history_file import History
from harness.histories.release_worlds import prepared, world_of
from harness.histories.search import next_tries
from harness.report.sweeps.progress import SweepProgress
from harness.report.terminal.console import whole_line
from harness.scenario import Scenario
from harness.soaks import run_rows
from harness.soaks.run_rows import RECORDED, Row, World

HOPELESS = 3
"""So many releases that cannot be run, and none that can, are taken for a target that cannot."""


class Searching:
    """One search: `history` is what is known of it so far, written into `folder` whenever that changes."""

    def __init__(
        self, console: Console, scenario: Scenario, history: History, folder: Path, *, at_once: int, quiet: bool
    ) -> None:
        self.history = history
        self._console = console
        self._scenario = scenario
        self._folder = folder
        self._at_once = at_once
        self._quiet = quiet
        self._worlds: dict[int, World] = {}
        self._findings: dict[int, ReleaseFinding] = {}
        self._peaks: dict[str, float] = {}

    def carry_out(self) -> None:
        """Search to the end, or until as many releases were run as may be.

        Raises UsageError where none of the first can be run, KeyboardInterrupt once every process is gone.
        """
        while (places := self._next()) or (places := self._edges_to_confirm()):
            new = [place for place in places if place not in self._worlds]
            begun = self._begin(dict.fromkeys(new, self.history.hours[0]))
            ready = [place for place in places if place not in new or place in begun]
            fewest = 1 if new else self.history.seeds[0]
            self._run({place: max(fewest, self._seeds(place)) for place in ready})
            self._decide(ready)
            self._refuse_hopeless()

    @property
    def known(self) -> RecordedHistory:
        """What is known so far."""
        return RecordedHistory(self._folder, self.history, self._findings)

    @property
    def left(self) -> bool:
        """Whether the search ended for the most releases that may be run, and not for want of a question."""
        return bool(next_tries(len(self.history.candidates), self.known.outcomes, self._at_once))

    def _next(self) -> list[int]:
        left = self.history.most - len(self._worlds)
        if left <= 0:
            return []
        return [*next_tries(len(self.history.candidates), self.known.outcomes, min(self._at_once, left))]

    def _edges_to_confirm(self) -> list[int]:
        edges = [
            place
            for stretch in self.known.stretches
            for place in (stretch.good_before, stretch.first, stretch.last, stretch.good_after)
            if place is not None and self._findings[place].seeds < self.history.seeds[0]
        ]
        return [*dict.fromkeys(edges)]

    def _begin(self, hours: Mapping[int, float]) -> list[int]:
        """Install releases, several at once, and plan their worlds of so many hours each; return those that can be run.

        Those that are passed over are told. Raises KeyboardInterrupt once nothing is installed any more.
        """
        history = self.history

        def prepare(place: int) -> tuple[Installed, Scenario] | Skipped:
            try:
                return prepared(self._scenario, history.candidates[place], history, hours=hours[place])
            except Skipped as error:
                return error

        ready = at_once(prepare, hours, self._at_once)
        for place, outcome in zip(hours, ready, strict=True):
            candidate = self.history.candidates[place]
            if isinstance(outcome, Skipped):
                reason = on_one_line(str(outcome))
                self.history = self.history.with_skipped(candidate, reason)
                self._tell(f"{candidate.name}: passed over: {reason}")
            else:
                installed, scenario = outcome
                self._worlds[place] = world_of(scenario, candidate, self._folder)
                self.history = self.history.with_world(installed, self._worlds[place].folder.name)
            self.history.write(self._folder)
        return [place for place, outcome in zip(hours, ready, strict=True) if not isinstance(outcome, Skipped)]

    def _seeds(self, place: int) -> int:
        return self._findings[place].seeds if place in self._findings else 0

    def _run(self, seeds: dict[int, int]) -> None:
        """Run these releases with so many seeds each, and judge them."""
        rows = [row for place, count in seeds.items() for row in self._rows(place, count)]
        waiting = [row for row in rows if row.state not in RECORDED]
        if waiting:
            names = [f"{row.job.config.replace('_', '.')} seed {row.job.seed}" for row in waiting]
            progress = SweepProgress(
                self._console, names, [row.job.horizon_s for row in waiting], before=0, quiet=self._quiet
            )
            run_rows.carry_out(waiting, at_once=self._at_once, observe=progress, foretold=self._foretold(waiting))
        for place in seeds:
            result = Result.open(self._worlds[place].folder)
            self._findings[place] = find_release(result)
            peaks = [float(run.rss_gb.max(initial=0.0)) * 1e9 for run in result.runs]
            self._peaks[self.history.candidates[place].config] = max(peaks, default=0.0)

    def _rows(self, place: int, seeds: int) -> tuple[Row, ...]:
        world = self._worlds[place]
        first = world.scenario.first_seed
        return world.rows(range(first, first + seeds))

    def _foretold(self, rows: Sequence[Row]) -> dict[str, float]:
        """The peak of every config: that of its own runs, else the highest of any."""
        if not self._peaks:
            return {}
        highest = max(self._peaks.values())
        return {row.job.config: self._peaks.get(row.job.config) or highest for row in rows}

    def _decide(self, places: Sequence[int]) -> None:
        """Add seeds, then hours, to what is open, as far as they may decide it."""
        first_h, most_h = self.history.hours
        while lacking := [place for place in places if self._lacks_seed(place)]:
            self._run({place: self._findings[place].seeds + 1 for place in lacking})
        longer = {
            place: min(most_h, max(rounded_up(found.hours_needed), first_h))
            for place in places
            if (found := self._findings[place]).outcome == "open"
            and found.hours_needed is not None
            and found.hours < most_h
        }
        for place, hours in longer.items():
            self._tell(
                f"{self.history.candidates[place].name}: open after {self._findings[place].hours:g} h: {hours:g} h"
            )
        again = self._begin(longer)
        if again:
            self._run(dict.fromkeys(again, 1))
            self._decide(again)

    def _lacks_seed(self, place: int) -> bool:
        found = self._findings[place]
        return found.outcome == "open" and found.lacks_seeds and found.seeds < self.history.seeds[1]

    def _refuse_hopeless(self) -> None:
        """Raise SoakError where the first releases could not be run at all: it is hardly for the release."""
        reasons = [*self.history.skipped.values()]
        reasons += [found.reason for found in self._findings.values() if found.leak is None and found.reason]
        if len(reasons) >= HOPELESS and len(reasons) == len(self.history.skipped) + len(self._findings):
            raise SoakError(f"none of the first {len(reasons)} can be run; the first: {reasons[0]}")

    def _tell(self, text: str) -> None:
        if not self._quiet:
            whole_line(self._console, text)
