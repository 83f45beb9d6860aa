"""What is missing on disk, whatever a target counts."""

from __future__ import annotations

from typing import Any

from harness.analysis.estimates import Reading
from harness.analysis.metrics import losses

STOPPED = {"before": {"rss_bytes": 1}, "after_stop": {"rss_bytes": 1}}


def on_disk(rows: float | None, **facts: Any) -> dict[str, Any]:
    return {"patterns": ["*.csv"], "rows": rows, "files": 1, **facts}


def test_rows_on_disk_are_held_against_what_was_collected(make_run, make_scenario) -> None:
    counters = {"collected": 100, "persisted": 100, "lost": 0}
    run = make_run([5], counters=counters, stop=STOPPED, on_disk=on_disk(20)).under(make_scenario())
    assert losses.rows_on_disk(run) == Reading(20)
    assert losses.missing(run) == Reading(80)
    assert losses.missing_share(run) == Reading(0.8)
    assert losses.loss(run) == losses.Loss(80, 100)


def test_what_was_not_counted_is_not_applicable(make_run, make_scenario) -> None:
    silent = make_run([5], stop=STOPPED, on_disk=on_disk(20)).under(make_scenario())
    assert losses.missing(silent).lack == "not applicable"
    assert losses.loss(silent) is None
    late = make_run([5], stop=STOPPED, on_disk=on_disk(None, trouble=["not counted within 600 s"]))
    assert "not counted within 600 s" in losses.rows_on_disk(late.under(make_scenario())).reason
    assert losses.OnDisk.of(make_run([5]).under(make_scenario())) is None


def test_a_run_that_ended_early_has_lost_at_least_that(make_run, make_scenario) -> None:
    run = make_run([5, 32], status="limit", counters={"collected": 10}, on_disk=on_disk(4)).under(make_scenario())
    assert (losses.missing(run).value, losses.missing(run).bound) == (6, "lower")
