"""What moves with the memory scale, judged by anchor runs: of kept recordings, and of none, broken and odd ones."""

from __future__ import annotations

import dataclasses

import pytest

from harness.analysis.full_scale.anchor_runs import NO_ANCHORS, Anchors, World
from harness.analysis.full_scale.extrapolation import AtFullScale, FullScale, moves
from harness.analysis.full_scale.needs import anchor_needs
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.runs import Run
from harness.analysis.verdict.claim_verdict import judge_claim
from harness.scenario import Claim
from harness.scenario.overrides import with_options
from harness.soaks.anchor_plan import START_S
from tests.unit.analysis.full_scale.kept import kept_run, kept_runs, kept_world, note
from tests.unit.analysis.full_scale.test_larger_world import cut

CONFIDENCE = 0.95


def read(config: str, metric: str, anchors: Anchors, runs: tuple[Run, ...] | None = None) -> AtFullScale:
    """A metric at full scale, off the small runs at 0.1 and these anchors."""
    small = kept_runs(config, 0.1) if runs is None else runs
    return FullScale(note(config), small, anchors, CONFIDENCE).estimate(METRICS[metric], [config])


def worlds(*found: World) -> Anchors:
    return Anchors({found[0].runs[0].config: found})


def hours_of(world: World, hours: float) -> World:
    """The first hours of the runs of a world."""
    return World(with_options(world.scenario, hours=hours), tuple(cut(run, hours) for run in world.runs))


@pytest.mark.parametrize("metric", ["mean", "horizon", "sawtooth.trough_gb", "release.stop", "release.trim"])
def test_full_scale_extrapolated_agrees_with_full_scale_measured(metric: str) -> None:
    measured = read("fixed", metric, worlds(kept_world("fixed", 1.0)))
    told = read("fixed", metric, worlds(kept_world("fixed", 0.4), kept_world("fixed", 0.05)))
    assert (measured.basis, told.basis) == ("measured", "extrapolated")
    assert told.words == "fixed extrapolated from 0.05, 0.1, 0.4"
    assert told.estimate.low is not None
    assert told.estimate.high is not None
    assert told.estimate.low <= (measured.estimate.estimate or 0) <= told.estimate.high


@pytest.mark.parametrize("metric", ["mean", "horizon", "sawtooth.trough_gb"])
def test_an_hour_at_full_scale_agrees_with_five(metric: str) -> None:
    whole = read("fixed", metric, worlds(kept_world("fixed", 1.0)))
    short = read("fixed", metric, worlds(hours_of(kept_world("fixed", 1.0), 1.25)))
    assert short.basis == "continued"
    assert short.words == "fixed at scale 1 for 1.25 of 5 h, continued"
    assert short.estimate.low is not None
    assert short.estimate.high is not None
    assert short.estimate.low <= (whole.estimate.estimate or 0) <= short.estimate.high


def test_one_run_is_lent_the_spread_of_the_small_ones() -> None:
    found = read("fixed", "mean", worlds(kept_world("fixed", 1.0)))
    assert list(found.estimate.values) == [1]
    assert found.estimate.low is not None
    assert found.estimate.low < (found.estimate.estimate or 0)
    alone = read("fixed", "mean", worlds(kept_world("fixed", 1.0)), kept_runs("fixed", 0.1)[:1])
    assert (alone.estimate.low, alone.estimate.high) == (None, None)  # one small run has no spread to lend


def test_a_pair_takes_the_corners_of_both() -> None:
    old = World(with_options(note("old_stop"), scale=0.2, seeds=1), kept_runs("old_stop", 0.2))
    third = World(with_options(note("old_stop"), scale=0.7, seeds=1), kept_runs("old_stop", 0.7))
    anchors = Anchors({"fixed": (kept_world("fixed", 1.0),), "old_stop": (third, old)})
    runs = (*kept_runs("fixed", 0.1), *kept_runs("old_stop", 0.1))
    full = FullScale(note("fixed"), runs, anchors, CONFIDENCE)
    found = full.estimate(METRICS["reduction.mean"], ["old_stop", "fixed"])
    assert found.basis == "extrapolated"
    assert found.estimate.low is not None
    assert found.estimate.high is not None
    assert found.estimate.low < 1 - 6.40 / 15.1 < found.estimate.high
    assert found.estimate.high - found.estimate.low < 0.05


def test_without_anchors_nothing_is_decided_and_the_reason_is_told() -> None:
    assert "this result has no anchor runs" in read("fixed", "mean", NO_ANCHORS).words
    unfit = Anchors(unfit={"fixed": "fixed needs 7.9 GB of free memory at scale 1, and 4.0 GB are free"})
    found = read("fixed", "mean", unfit)
    assert (found.basis, found.estimate.estimate) == ("undecided", None)
    assert found.words == f"not decided at scale 0.1: {unfit.unfit['fixed']}"


@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        ("limit", "RSS reached the machine's limit of 6000 MB", "fixed reached the memory limit at 5.0"),
        ("died", "killed by SIGKILL", "fixed died at 5.0"),
        ("interrupted", "asked to end", "fixed was interrupted at 5.0"),
    ],
)
def test_an_anchor_that_did_not_complete_leaves_the_claim_open_and_says_how(
    status: str, reason: str, said: str
) -> None:
    run = kept_run("fixed", 1.0)
    broken = dataclasses.replace(run, status=status, facts={**run.facts, "reason": reason})
    found = read("fixed", "mean", worlds(World(kept_world("fixed", 1.0).scenario, (broken,))))
    assert found.basis == "undecided"
    assert said in found.words
    assert reason in found.words


def test_an_anchor_that_did_not_begin_says_so() -> None:
    begun = Anchors({"fixed": (World(kept_world("fixed", 1.0).scenario, ()),)})
    assert "did not begin" in read("fixed", "mean", begun).words


def test_two_scales_are_too_few_to_extrapolate() -> None:
    assert "has runs at 2 scales, 3 are needed" in read("fixed", "mean", worlds(kept_world("fixed", 0.4))).words


def test_what_does_not_follow_the_scale_is_not_extrapolated() -> None:
    """RSS at 0.4 as high as if nothing were freed at all, where the world of 0.1 foretells less."""
    run = kept_run("old_stop", 0.7)
    live = run.samples["rss_bytes"].cummax()
    odd = dataclasses.replace(run, samples=run.samples.assign(rss_bytes=live))
    world = World(with_options(note("old_stop"), scale=0.7, seeds=1), (odd,))
    third = World(with_options(note("old_stop"), scale=0.2, seeds=1), kept_runs("old_stop", 0.2))
    found = read("old_stop", "mean", worlds(world, third))
    assert found.basis == "undecided"
    assert "does not follow the scale as this instrument expects" in found.words


def test_slopes_and_leaks_take_whole_runs_at_full_scale() -> None:
    short = worlds(hours_of(kept_world("fixed", 1.0), 1.25))
    assert "told by whole runs at scale 1 only" in read("fixed", "floors.slope_gb_per_hour", short).words
    whole = read("fixed", "floors.slope_gb_per_hour", worlds(kept_world("fixed", 1.0)))
    assert whole.estimate.estimate == pytest.approx(0.131, abs=0.02)
    full = FullScale(note("fixed"), kept_runs("fixed", 0.1), short, CONFIDENCE)
    said = full.leak(METRICS["leak.rss"], "fixed")
    assert isinstance(said, str)
    assert "all 5 h of 3 seeds at scale 1" in said
    assert "its floors climb by" in said


def claim(metric: str, expected: list[float | str], **changes: object) -> Claim:
    table = {"name": metric, "metric": metric, "configs": ["fixed"], "better": "higher", "kind": "prediction"}
    return Claim.model_validate({**table, "expected": expected, "source": "the note", **changes})


def test_a_claim_has_the_verdict_of_full_scale_and_shows_the_small_world() -> None:
    stop = claim("release.stop", [0.4, 0.6], tolerance=0.05)
    small = kept_runs("fixed", 0.1)
    judged = judge_claim(stop, note("fixed"), small, anchors=worlds(kept_world("fixed", 1.0)))
    assert (judged.outcome, judged.basis) == ("exceeded", "measured")
    assert judged.estimate.estimate == pytest.approx(0.861, abs=0.005)
    assert judged.small.estimate == pytest.approx(0.61, abs=0.03)  # which the band would have taken for met
    undecided = judge_claim(stop, note("fixed"), small)
    assert (undecided.outcome, undecided.estimate.estimate, undecided.basis) == ("inconclusive", None, "undecided")
    assert undecided.small.estimate == judged.small.estimate
    assert not undecided.lacks_seeds


def test_what_does_not_move_is_judged_as_it_was() -> None:
    peak = judge_claim(claim("peak", [7.0, 7.5]), note("fixed"), kept_runs("fixed", 0.1))
    assert (peak.outcome, peak.basis, peak.small.estimate) == ("met", "scenario", None)


def test_nothing_moves_at_full_scale_or_where_nothing_grew(make_run, make_scenario) -> None:
    trough, cost = METRICS["sawtooth.trough_gb"], METRICS["cpu.per_cleanup_ms"]
    flat, grown = [make_run([5, 5.1, 5])], [make_run([5, 9, 5])]
    assert not moves(trough, make_scenario(scale=1.0), grown, ["old"])
    assert not moves(trough, make_scenario(scale=0.1), flat, ["old"])
    assert moves(trough, make_scenario(scale=0.1), grown, ["old"])
    assert not moves(METRICS["peak"], make_scenario(scale=0.1), grown, ["old"])
    assert moves(cost, make_scenario(scale=0.1), flat, ["old"])  # CPU goes with the feed, whatever grows


def test_what_is_needed_is_read_off_the_claims_and_the_small_runs() -> None:
    scenario = note("fixed")
    runs = kept_runs("fixed", 0.1)
    (need,), unfit = anchor_needs(scenario, runs)
    assert unfit == {}
    assert need.peak_bytes == pytest.approx(7.1e9, rel=0.02)
    assert need.period_h == pytest.approx(500 / 3600)
    assert 0.85 < need.least_hours < 1.0
    assert (5 - need.least_hours) / need.period_h == pytest.approx(round((5 - need.least_hours) / need.period_h))
    assert 60 < need.wall_s_per_hour < 1000
    run = runs[0]
    hours, wall_s = run.facts["t_s"] / 3600, run.facts["wall_s"]  # three in five of these seconds without a core:
    (busy,), _ = anchor_needs(scenario, [dataclasses.replace(run, facts={**run.facts, "queued_s": 0.6 * wall_s})])
    assert busy.wall_s_per_hour == pytest.approx((0.4 * wall_s - START_S) / hours / 0.1)  # nor start and stop
    peak_only = scenario.model_copy(update={"claims": tuple(c for c in scenario.claims if c.metric == "peak")})
    assert anchor_needs(peak_only, runs) == ([], {})
    (old,), _ = anchor_needs(note("old_stop"), kept_runs("old_stop", 0.1))
    assert old.least_hours == pytest.approx(5 - 2 * 5000 / 3600)  # a release: a stop after one cleanup


def test_a_config_whose_small_run_reached_the_limit_is_not_anchored() -> None:
    run = kept_run("fixed", 0.1)
    needs, unfit = anchor_needs(note("fixed"), [dataclasses.replace(run, status="limit")])
    assert needs == []
    assert "its peak is not known" in unfit["fixed"]
