"""How large a leak is injected, what the controls measured, and whether a trusted instrument would put it there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.analysis.estimates import Estimate, Reading, over_seeds
from harness.analysis.leaks.config_leaks import judge_config, live_slope
from harness.analysis.leaks.leak_verdict import LeakVerdict, judge_leak
from harness.analysis.leaks.sequential import confidence_of
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.owners.attribution import growth_in_parts
from harness.analysis.runs import Run, Runs
from harness.analysis.verdict.claim_verdict import against_band, metric_of
from harness.analysis.verdict.control_record import Check
from harness.analysis.verdict.validity import incomplete_configs, invalidities
from harness.scenario import Claim, Scenario

SAME_SHARE = 0.01
"""How much a config may save of itself at the peak."""

RATE_SHARE = 0.05
"""How far the rate of the injected leak may be from what was injected, as a share of it."""

FLAT_SHARE = 0.01
"""How far RSS may range, as a share of its first sample, over a target that keeps nothing."""

PROBE_SHARE = 0.01
"""How much a probe that reads more often may change RSS at any instant, as a share of it."""

CLOCK_SHARE = 0.03
"""How far a slope in real time may be from that in virtual time, as a share of it."""

TIMES_DETECTABLE = 2.0
"""How many times the minimum detectable leak is injected, and the budget at the least."""

OFTENER = 55
"""The probe that reads 60 times as often must have at least this many times the samples: else it watched no closer."""

FEWEST_COMMON = 10
"""So many samples two runs must have in common, at the least, to be compared sample by sample."""


class Recorded(NamedTuple):
    """One soak among the controls: its scenario, and all its runs."""

    scenario: Scenario
    runs: Sequence[Run]


def leak_to_inject(clean: Recorded) -> float:
    """The leak to inject beside a config that was soaked without: GB per hour at full scale.

    TIMES_DETECTABLE times the minimum detectable leak of live bytes or RSS, whichever is larger, and of the budget
    where that is not known.
    """
    detectable = [_leak(clean, name).minimum_detectable for name in ("live", "rss")]
    return TIMES_DETECTABLE * max(clean.scenario.memory.leak_budget_gb_per_hour, *(one or 0.0 for one in detectable))


def judge_controls(soaks: Mapping[str, Recorded], *, injected_gb_per_hour: float, owner: str) -> list[Check]:
    """Every check of the controls `same`, `leak`, `null`, `probe` (beside `clean`), `real` and `virtual`.

    `owner` is the path of what holds the injected leak. A control with a soak that is incomplete or invalid has one
    check, which fails.
    """
    soaks = {name: Recorded(soak.scenario, Runs.of(*soak)) for name, soak in soaks.items()}
    same, leak, probe = "old against old", "injected leak", "probe 60 times as often"
    flat, clock = "nothing kept", "real time"
    return [
        *(_flaws(same, soaks, "same") or _same(same, soaks["same"])),
        *(
            _flaws(leak, soaks, "clean", "leak")
            or _injected(leak, soaks["clean"], soaks["leak"], injected_gb_per_hour, owner)
        ),
        *(_flaws(flat, soaks, "null") or _flat(flat, soaks["null"])),
        *(_flaws(probe, soaks, "clean", "probe") or _probed(probe, soaks["clean"], soaks["probe"])),
        *(_flaws(clock, soaks, "virtual", "real") or _clocks(clock, soaks["virtual"], soaks["real"])),
    ]


def _flaws(control: str, soaks: Mapping[str, Recorded], *names: str) -> list[Check]:
    """What keeps the soaks of these names from being evidence, as one check that fails; nothing where they are."""
    flaws = []
    for name in names:
        scenario, runs = soaks[name]
        flaws += [*incomplete_configs(scenario, runs).values(), *invalidities(scenario, runs)]
        flaws += [f"{run.config} seed {run.seed} ended: {run.status}" for run in runs if run.status == "limit"]
    return [Check(control, "its runs", "; ".join(flaws), "complete and valid", False)] if flaws else []


def _same(name: str, same: Recorded) -> list[Check]:
    saved = METRICS["reduction.peak"].compute(same.runs, tuple(same.scenario.configs))
    outcome, _ = against_band((-SAME_SHARE, SAME_SHARE), saved, "neither")
    passing = [claim.name for claim in same.scenario.claims if _passes(claim, same)]
    quantity = f"of {len(same.scenario.claims)} claims on reductions, passed"
    return [
        Check(name, "saved at the peak", _interval(saved), _around(SAME_SHARE), outcome == "met"),
        Check(name, quantity, ", ".join(passing) or "none", "none", not passing),
    ]


def _passes(claim: Claim, same: Recorded) -> bool:
    """Whether a claim would pass if this world were full scale: what moves with the scale is held against it, too."""
    metric = metric_of(claim)
    estimate = metric.compute(same.runs, claim.configs, confidence_of(same.scenario))
    if estimate.estimate is None or (estimate.low is None and estimate.high is None):
        return False
    return against_band(claim.band, estimate, claim.better)[0] in ("met", "exceeded")


def _injected(name: str, clean: Recorded, leak: Recorded, injected: float, owner: str) -> list[Check]:
    live, rss = _leak(leak, "live"), _leak(leak, "rss")
    more = _added_rate(clean, leak)
    rate = "not known" if more is None else f"{more:.4g} GB/h ({more / injected - 1:+.1%})"
    near = more is not None and abs(more / injected - 1) <= RATE_SHARE
    added = _added_by_owner(clean, leak)
    first = max(added, key=lambda path: added[path], default=None)
    held = "no owner was walked" if first is None else f"{first}, {added[first]:.4g} GB/h"
    return [
        Check(name, "verdict on live bytes", _outcome(live), "LEAK", live.outcome == "LEAK"),
        Check(name, "verdict on RSS", _outcome(rss), "LEAK", rss.outcome == "LEAK"),
        Check(name, "rate of live bytes, over that without", rate, f"{injected:.4g} GB/h {_around(RATE_SHARE)}", near),
        Check(name, "owner that grows fastest, likewise", held, owner, first == owner),
    ]


def _added_rate(clean: Recorded, leak: Recorded) -> float | None:
    """How much faster the floors of live bytes rise with the leak than without, GB per hour, over the seeds of both.

    What the config leaks by itself is in both.
    """
    without = {run.seed: live_slope(run).value for run in clean.runs}
    added = [
        found - own
        for run in leak.runs
        if (found := live_slope(run).value) is not None and (own := without.get(run.seed)) is not None
    ]
    return float(np.mean(added)) if added else None


def _added_by_owner(clean: Recorded, leak: Recorded) -> dict[str, float]:
    """How much faster each owner grows with the leak than without, GB per hour, by path."""
    with_leak, without = (_owner_rates(recorded) for recorded in (leak, clean))
    return {path: rate - without.get(path, 0.0) for path, rate in with_leak.items()}


def _owner_rates(recorded: Recorded) -> dict[str, float]:
    (config,) = recorded.scenario.configs
    found = growth_in_parts(config, recorded.runs)
    owners = () if found is None else found.owners
    return {owner.path: owner.rate.estimate for owner in owners if owner.rate.estimate is not None}


def _flat(name: str, null: Recorded) -> list[Check]:
    curves = {run.seed: _under_feed(run)[1] for run in null.runs}
    ranges = over_seeds({seed: Reading(float(np.ptp(rss) / rss[0])) for seed, rss in curves.items()})
    outcome, _ = against_band((None, FLAT_SHARE), ranges, "lower")
    return [Check(name, "range of RSS", _interval(ranges), f"at most {FLAT_SHARE:.0%}", outcome == "met")]


def _probed(name: str, clean: Recorded, probe: Recorded) -> list[Check]:
    (often,) = probe.runs
    (rarely,) = (run for run in clean.runs if run.seed == often.seed)
    at, rss = _under_feed(rarely)
    at_often, rss_often = _under_feed(often)
    _, mine, other = np.intersect1d(at, at_often, return_indices=True)
    apart = float(np.abs(rss_often[other] / rss[mine] - 1).max()) if mine.size else np.nan
    like, band = f"{mine.size:,} of {at.size:,}, among {at_often.size:,}", f"at most {PROBE_SHARE:.0%}"
    closer = FEWEST_COMMON <= mine.size == at.size and at_often.size > OFTENER * at.size
    return [
        Check(name, "samples that have their like", like, "all", closer),
        Check(name, "largest difference of RSS at one instant", f"{apart:.2%}", band, apart < PROBE_SHARE),
    ]


def _clocks(name: str, virtual: Recorded, real: Recorded) -> list[Check]:
    slopes, live = [], []
    for _, (run,) in (virtual, real):
        at, rss = _under_feed(run)
        slopes.append(float(np.polyfit(at, rss, 1)[0]))
        live.append(run.stop_gb("before", "live_bytes"))
    grown, held = (pair[1] / pair[0] - 1 if pair[0] else math.nan for pair in (slopes, live))
    band = _around(CLOCK_SHARE)
    return [
        Check(name, "slope of RSS against virtual time", f"{grown:+.2%}", band, abs(grown) <= CLOCK_SHARE),
        Check(name, "live bytes at the stop against virtual time", f"{held:+.2%}", band, abs(held) <= CLOCK_SHARE),
    ]


def _leak(recorded: Recorded, memory: str) -> LeakVerdict:
    """The verdict on the live bytes ("live") or the RSS ("rss") of the one config of a soak."""
    leak = judge_config(recorded.scenario, recorded.runs).get(memory)
    return judge_leak({}, warmup_s=0.0, budget=0.0) if leak is None else leak.verdict


def _under_feed(run: Run) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Time in seconds, to the microsecond, and RSS in GB of the samples after the first up to the horizon, (samples,).

    Not up to the stop, which may fall on a sample that is then taken after it.
    """
    fed = run.until_horizon & (run.samples["phase"] != "start").to_numpy(dtype=bool)
    return np.round(run.t_s[fed], 6), run.rss_gb[fed]


def _outcome(verdict: LeakVerdict) -> str:
    if verdict.slope is None:
        return f"{verdict.outcome}: {verdict.reason}"
    interval = f"{verdict.slope:.4g} [{verdict.low:.4g}, {verdict.high:.4g}] GB/h"
    return f"{verdict.outcome}, {interval}" + ("" if verdict.outcome == "LEAK" else f": {verdict.reason}")


def _interval(share: Estimate) -> str:
    if share.estimate is None or share.low is None or share.high is None:
        return "not known"
    return f"{share.estimate:.2%} [{share.low:.2%}, {share.high:.2%}]"


def _around(share: float) -> str:
    return f"± {share:.0%}"
