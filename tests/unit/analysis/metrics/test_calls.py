"""Growth for every 1,000 calls, where the target counts them."""

from __future__ import annotations

import pytest

from harness.analysis.metrics.calls import grown_per_1000_calls_mb


def test_growth_is_told_for_every_1000_calls(make_run, make_scenario) -> None:
    gb = [5 + 0.01 * sample for sample in range(301)]  # 0.06 GB an hour over 50 hours, with 1,000 calls in each
    run = make_run(gb, live_gb=gb, counters={"calls": 50_000}).under(make_scenario(hours=50))
    assert grown_per_1000_calls_mb(run).value == pytest.approx(60, rel=0.01)
    silent = grown_per_1000_calls_mb(make_run(gb, live_gb=gb).under(make_scenario(hours=50)))
    assert (silent.lack, silent.reason) == ("not applicable", "old does not count its calls")
    idle = make_run(gb, live_gb=gb, counters={"calls": 0}).under(make_scenario(hours=50))
    assert grown_per_1000_calls_mb(idle).reason == "old made no calls"
