"""What was lost, in words: as a share of what was collected, and nothing where nothing was."""

from __future__ import annotations

import pytest

from harness.analysis.metrics.losses import Loss
from harness.analysis.runs import Run
from harness.analysis.verdict.run_summary import summarise
from harness.report.words.losing import complete_lines, loss_lines, lost_in, missing_lines, on_disk_in


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (Loss(48, 60), "48 of 60 samples (80 %)"),
        (Loss(1, 1), "1 of 1 sample (100 %)"),
        (Loss(4559, 4560), "4,559 of 4,560 samples (99.9 %)"),  # a share below 1 is not all of them
        (Loss(1, 20_000), "1 of 20,000 samples (0.005 %)"),
        (Loss(3, None), "3 samples"),
        (Loss(1, None, at_least=True), "at least 1 sample"),
        (Loss(3, 0), "3 of 0 samples"),
    ],
)
def test_a_loss_is_told_as_a_share(loss: Loss, words: str) -> None:
    assert str(loss) == words


def test_configs_that_lost_samples_have_a_line(make_run, make_scenario) -> None:
    counts = {"collected": 60, "persisted": 12, "lost": 48}
    lossy = [make_run("old", seed, counters=counts).under(make_scenario()) for seed in (1, 2)]
    cut = make_run("old", 3, status="limit", counters=counts).under(make_scenario())
    assert lost_in([summarise(cut)]) == ["old seed 3 lost at least 48 of 60 samples (80 %)"]
    whole = make_run("fixed", 1, counters={"collected": 60, "persisted": 60, "lost": 0}).under(make_scenario())
    silent = make_run("old_stop", 1).under(make_scenario())
    assert loss_lines([*lossy, whole, silent]) == ["old lost 96 of 120 samples (80 %)."]
    assert lost_in([summarise(run) for run in (*lossy, whole, silent)]) == [
        "old seed 1 lost 48 of 60 samples (80 %)",
        "old seed 2 lost 48 of 60 samples (80 %)",
    ]


def test_samples_that_are_not_accounted_for_are_told_as_well(make_run, make_scenario) -> None:
    counts = {"collected": 60, "persisted": 50, "lost": 0}
    missing = make_run("old", 1, counters=counts).under(make_scenario())
    assert loss_lines([missing]) == ["old: 10 samples were neither persisted nor reported lost."]
    more = make_run("old", 1, counters={**counts, "persisted": 70}).under(make_scenario())
    assert loss_lines([more]) == ["old: 10 samples more were told of than collected."]


def test_what_is_on_disk_is_held_against_what_was_collected(make_run, make_scenario) -> None:
    def run(config: str, rows: float, collected: float | None = 100, seed: int = 1, **disk: object) -> Run:
        counters = {} if collected is None else {"collected": collected}
        facts = {"patterns": ["*.csv"], "rows": rows, "files": 3, **disk}
        return make_run(config, seed, counters=counters, on_disk=facts).under(make_scenario())

    runs = [run("old", 20), run("old", 40, seed=2), run("fixed", 100), run("fixed_plus", 130), run("old_stop", 7, None)]
    assert missing_lines(runs) == [
        "old: collected 200 in 2 runs, on disk 60: 140 are missing (70 %).",
        "fixed_plus: collected 100, on disk 130: 30 more than collected: written twice, or not every row is a sample.",
    ]
    assert complete_lines(runs) == [
        "fixed: collected 100, on disk 100.",
        "old_stop: 7 rows in 3 files; to hold them against what was collected, count that in counters().",
    ]
    assert on_disk_in([summarise(run("old", 20))]) == ["old seed 1 collected 100, on disk are 20"]
    nothing = run("old", 0, unmatched=["*.csv"], there=["a.npy", "b.npy"])
    torn = run("fixed", 99, damaged=1, unreadable=2, trouble=["x.csv: Permission denied"])
    assert missing_lines([nothing, torn])[1:] == [
        'old: no file matches target.persisted = "*.csv" in the data folder of its run; there are a.npy, b.npy.',
        "fixed: collected 100, on disk 99: 1 is missing (1 %).",
        "fixed: 1 damaged row on disk, not counted.",
        "fixed: 2 files cannot be read: x.csv: Permission denied.",
    ]
    assert complete_lines([nothing, torn]) == []
