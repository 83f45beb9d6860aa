"""What a target lost of the samples that it collected, and what of them is on disk, in words."""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis.metrics import buffers, losses
from harness.analysis.runs import Run
from harness.analysis.verdict.run_summary import RunSummary
from harness.text import first_of, joined

MOST_FILES = 3
"""So many of the files that are there are named where those looked for are not."""


def loss_lines(runs: Sequence[Run]) -> list[str]:
    """Return a line a config that lost samples or does not account for some, over all of its runs; often none."""
    lines = []
    for config in dict.fromkeys(run.config for run in runs):
        mine = [run for run in runs if run.config == config]
        lines += [f"{said}." for said in (losses.said(mine, config),) if said]
        missing = sum(buffers.unaccounted(run).value or 0.0 for run in mine)
        if missing:
            counted = "were neither persisted nor reported lost" if missing > 0 else "more were told of than collected"
            lines.append(f"{config}: {abs(missing):,.0f} samples {counted}.")
    return lines


def lost_in(runs: Sequence[RunSummary]) -> list[str]:
    """Return a line a run that lost samples: ``old seed 1 lost 48 of 60 samples (80 %)``.

    Of one that ended early it is at least that.
    """
    return [
        f"{run.config} seed {run.seed} lost {losses.Loss(run.lost, run.collected, run.status != 'complete')}"
        for run in runs
        if run.lost is not None and run.lost > 0
    ]


def missing_lines(runs: Sequence[Run]) -> list[str]:
    """Return a line a config whose files hold other than it collected, or cannot be counted; often none."""
    return [line for told in _by_config(runs) for line in told.wrong()]


def complete_lines(runs: Sequence[Run]) -> list[str]:
    """Return a line a config whose rows are all on disk, or could not be held against what it collected."""
    return [line for told in _by_config(runs) for line in told.right()]


def on_disk_in(runs: Sequence[RunSummary]) -> list[str]:
    """Return a line a run whose rows on disk are not those that it collected."""
    return [
        f"{run.config} seed {run.seed} collected {run.collected:,.0f}, on disk are {run.rows_on_disk:,.0f}"
        for run in runs
        if run.rows_on_disk is not None and run.collected is not None and run.rows_on_disk != run.collected
    ]


def _by_config(runs: Sequence[Run]) -> list[_Told]:
    by_config: dict[str, list[tuple[Run, losses.OnDisk]]] = {}
    for run in runs:
        if (disk := losses.OnDisk.of(run)) is not None:
            by_config.setdefault(run.config, []).append((run, disk))
    return [_Told(config, counted) for config, counted in by_config.items()]


class _Told:
    """The runs of one config that were counted: their collected samples and rows on disk together."""

    def __init__(self, config: str, counted: Sequence[tuple[Run, losses.OnDisk]]) -> None:
        self.config = config
        self.disks = [disk for _, disk in counted]
        self.known = [(run, disk.rows) for run, disk in counted if disk.rows is not None]
        gathered = [buffers.collected(run) for run, _ in self.known]
        self.collected = None if None in gathered else sum(count or 0.0 for count in gathered)
        self.rows = sum(rows for _, rows in self.known)
        self.several = f" in {len(self.known)} runs" if len(self.known) > 1 else ""
        # what one run has too many of does not stand for what another lacks
        self.lacks = sum(max((count or 0.0) - rows, 0.0) for count, (_, rows) in zip(gathered, self.known, strict=True))

    def wrong(self) -> list[str]:
        lines = []
        if self.known and self.collected is not None and self.lacks:
            share = f" ({100 * self.lacks / self.collected:.3g} %)" if self.collected else ""
            lines.append(
                f"{self.config}: collected {self.collected:,.0f}{self.several}, on disk {self.rows:,.0f}: "
                f"{self.lacks:,.0f} {'is' if self.lacks == 1 else 'are'} missing{share}."
            )
        elif self.known and self.collected is not None and self.rows > self.collected:
            more = self.rows - self.collected
            lines.append(
                f"{self.config}: collected {self.collected:,.0f}{self.several}, on disk {self.rows:,.0f}: {more:,.0f} "
                "more than collected: written twice, or not every row is a sample."
            )
        return [*lines, *self._files()]

    def right(self) -> list[str]:
        if not self.known or any(disk.unmatched for disk in self.disks):
            return []
        if self.collected is None:
            files = sum(disk.files for disk in self.disks)
            return [
                f"{self.config}: {self.rows:,.0f} rows in {files:,} files{self.several}; to hold them against what was "
                "collected, count that in counters()."
            ]
        if self.rows != self.collected or self.lacks:
            return []
        return [f"{self.config}: collected {self.collected:,.0f}{self.several}, on disk {self.rows:,.0f}."]

    def _files(self) -> list[str]:
        """Return what is wrong with the files themselves, of the first run that has it."""
        lines = []
        without = next((disk for disk in self.disks if disk.unmatched), None)
        if without is not None:
            patterns = joined([f'"{pattern}"' for pattern in without.unmatched])
            files = f"there are {first_of(without.there, MOST_FILES)}" if without.there else "nothing is there"
            lines.append(
                f"{self.config}: no file matches target.persisted = {patterns} in the data folder of its run; {files}."
            )
        torn = sum(disk.damaged for disk in self.disks)
        if torn:
            lines.append(f"{self.config}: {torn:,} damaged {'row' if torn == 1 else 'rows'} on disk, not counted.")
        unread = sum(disk.unreadable for disk in self.disks)
        first = next((disk.trouble[0] for disk in self.disks if disk.trouble), "")
        if unread:
            lines.append(f"{self.config}: {unread:,} {'file' if unread == 1 else 'files'} cannot be read: {first}.")
        elif first:
            lines.append(f"{self.config}: rows on disk: {first}.")
        return lines
