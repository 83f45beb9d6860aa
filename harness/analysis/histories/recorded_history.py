"""A search over releases: the one way from its result folder to what each release came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.analysis.histories.release_finding import ReleaseFinding, find_release
from harness.analysis.result import Result
from harness.histories.candidate import Candidate
from harness.histories.history_file import History
from harness.histories.release_worlds import WORLDS_FOLDER
from harness.histories.search import Outcome, Stretch, stretches, unknown_between
from harness.soaks.result_folder import run_folders


@dataclass(frozen=True)
class RecordedHistory:
    """What a search knows: `findings` are those of the releases that were run, by their places among the candidates."""

    folder: Path
    history: History
    findings: Mapping[int, ReleaseFinding]

    @classmethod
    def open(cls, folder: Path) -> RecordedHistory:
        """What a result folder holds, as far as it was recorded. Raises UsageError where it is none."""
        history = History.read(folder)
        worlds = {
            place: folder / WORLDS_FOLDER / history.worlds[candidate.name]
            for place, candidate in enumerate(history.candidates)
            if candidate.name in history.worlds
        }
        findings = {place: find_release(Result.open(world)) for place, world in worlds.items() if run_folders(world)}
        return cls(folder, history, findings)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Every release that there is, the oldest first."""
        return self.history.candidates

    @property
    def outcomes(self) -> dict[int, Outcome]:
        """Whether each release is good or bad; those that were passed over are open."""
        skipped: dict[int, Outcome] = {
            place: "open" for place, candidate in enumerate(self.candidates) if candidate.name in self.history.skipped
        }
        return skipped | {place: found.outcome for place, found in self.findings.items()}

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """What is bad, each stretch between the good ones around it."""
        return stretches(self.outcomes)

    @property
    def decided(self) -> bool:
        """Whether both edges of all that is bad are known; where nothing is, whether every release that ran is good."""
        known = self.outcomes
        if not self.stretches:
            return "good" in known.values() and all(found.outcome == "good" for found in self.findings.values())
        return not any(
            unknown_between(known, low, high)
            for stretch in self.stretches
            for low, high in ((stretch.good_before, stretch.first), (stretch.last, stretch.good_after))
            if low is not None and high is not None
        )
