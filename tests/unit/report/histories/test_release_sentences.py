"""Where a leak began and where it ended, in a sentence, with its owner and rates; what is not known is said."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.analysis.estimates import Estimate
from harness.analysis.histories.recorded_history import RecordedHistory
from harness.analysis.histories.release_finding import ReleaseFinding
from harness.analysis.leaks.config_leaks import LIVE, ConfigLeak
from harness.analysis.leaks.leak_verdict import LeakVerdict
from harness.histories.candidate import Candidate
from harness.histories.freezing import Frozen
from harness.histories.history_file import History
from harness.histories.search import Outcome
from harness.report.histories.release_sentences import plan_lines, told
from harness.report.histories.release_table import rows

OWNER = "client.futures[*]._callbacks[*]"


def finding(outcome: Outcome, gb_per_hour: float, *, calls: float | None = None, reason: str = "") -> ReleaseFinding:
    verdict = LeakVerdict(
        "LEAK" if outcome == "bad" else "OK", gb_per_hour, gb_per_hour - 0.001, gb_per_hour + 0.001,
        "whole", None, None, 24, {1: gb_per_hour}, "",
    )  # fmt: skip
    per_calls = Estimate(calls, None, None, "exact", {})
    owner = OWNER if outcome == "bad" else ""
    return ReleaseFinding(outcome, 3, 1.0, ConfigLeak("bot", LIVE, 0.005, verdict), per_calls, owner, 0.97, reason)


def recorded(findings: Mapping[int, ReleaseFinding], skipped: Mapping[str, str] | None = None) -> RecordedHistory:
    candidates = tuple(Candidate(f"1.{minor}", f"ticks==1.{minor}") for minor in range(7))
    frozen = Frozen("ticks", "python", (), {"deltas": "2.0"})
    history = History("ticks", "bot", candidates, frozen, (1.0, 4.0), (3, 3), 20, skipped or {})
    return RecordedHistory(Path("nowhere"), history, findings)


def test_began_gone_owner_and_rates_stand_in_one_sentence() -> None:
    bad = finding("bad", 0.018, calls=2.5)
    good = finding("good", 0.0)
    found = recorded({0: good, 1: good, 2: bad, 3: bad, 4: good, 6: good})
    (sentence,) = told(found)
    assert sentence == (
        f"Began in 1.2, gone in 1.4, owner {OWNER}, 2.50 MB for every 1,000 calls, "
        "18.00 [17.00, 19.00] MB per hour of live bytes (1.2)."
    )
    assert found.decided
    assert [row["outcome"] for row in rows(found)] == ["good", "good", "bad", "bad", "good", "good"]
    assert rows(found)[2]["per_hour"] == 18.0


def test_what_could_not_be_judged_leaves_the_edge_open() -> None:
    found = recorded(
        {0: finding("good", 0.0), 1: finding("open", 0.0, reason="the slope is near"), 2: finding("bad", 0.018)},
        {"1.5": "was yanked from the index", "1.6": "was yanked from the index"},
    )
    sentence, *others = told(found)
    assert sentence.startswith("Began in 1.2 (or 1.1, of which nothing is known), still there in 1.2, owner")
    assert others == [
        "1.5 was passed over: was yanked from the index.",
        "1.6 was passed over: was yanked from the index.",
        "1.1 is open after 3 runs of 1 h: the slope is near.",
    ]
    assert not found.decided


def test_a_history_without_a_good_beginning_says_so() -> None:
    (sentence,) = told(recorded({0: finding("bad", 0.018), 6: finding("good", 0.0)}))
    assert sentence.startswith("Began in 1.0 or before, the oldest that was run, gone in 1.6 (or 1.1, 1.2")


def test_where_nothing_leaks_it_is_said_of_how_many() -> None:
    good = finding("good", 0.0)
    assert told(recorded({0: good, 3: good, 6: good})) == [
        "None of 3 leaks: 1.0, 1.3, 1.6; 4 between them were not run (--most runs more)."
    ]
    assert told(recorded({}, {"1.0": "no"}))[0] == "No release could be judged."


def test_what_is_installed_is_told_before() -> None:
    lines = list(plan_lines(recorded({}).history))
    assert lines[0] == "ticks: 7 from 1.0 to 1.6; 7 of them are run at most, 1 virtual hours each at first."
    assert lines[1].endswith("wheels only: ticks==1.0 or another of them with deltas==2.0, whatever it asks for.")
