"""The standing controls on recordings whose truth is known: they hold, and each fails where it must."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness.analysis.runs import Run
from harness.analysis.verdict.control_record import Check
from harness.controls import derived as controls
from harness.controls.checks import Recorded, judge_controls, leak_to_inject
from harness.injected_leak import OWNER
from harness.scenario import Scenario, load
from tests.unit.anatomy_soak import CACHE, EVENTS, Leaks, anatomy_run

INJECTED = 0.2
TEETH = {CACHE: 4.0}


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load("50symbols")


def soaked(scenario: Scenario, **lasting: float) -> list[Run]:
    """A run per config and seed, each config with what it grows for good in GB/h, and a cache until its cleanups."""
    return [
        anatomy_run(config, seed, leaks=Leaks({OWNER if rate else EVENTS: rate}, TEETH, teeth_vary=0.02))
        for config, rate in lasting.items()
        for seed in (1, 2, 3)
    ]


def oftener(run: Run, config: str) -> Run:
    """`run`, sampled every second."""
    times = np.arange(0, run.t_s[-1] + 0.5)
    samples = pd.DataFrame({name: np.full(times.size, np.nan) for name in run.samples.columns})
    samples["t_s"], samples["rss_bytes"] = times, np.interp(times, run.t_s, run.column("rss_bytes"))
    samples["phase"] = np.where(times == 0, "start", "load")
    return dataclasses.replace(run, config=config, samples=samples)


def clocked(config: str, rate: float) -> list[Run]:
    return [anatomy_run(config, hours=1 / 6, leaks=Leaks({EVENTS: rate}, {}, cleanup_s=None))]


@pytest.fixture
def sound(scenario: Scenario) -> dict[str, Recorded]:
    """Controls that all hold."""
    virtual, real = controls.clocks(scenario, short=False)
    clean = soaked(scenario, fixed_clean=0.0)
    nothing = [anatomy_run("null", seed, leaks=Leaks({}, {}, cleanup_s=None)) for seed in (1, 2, 3)]
    return {
        "clean": Recorded(controls.clean(scenario).scenario, clean),
        "same": Recorded(controls.old_against_old(scenario).scenario, soaked(scenario, old_a=0.0, old_b=0.0)),
        "leak": Recorded(controls.leaking(scenario, 5000).scenario, soaked(scenario, fixed_leaking=INJECTED)),
        "null": Recorded(controls.null(scenario).scenario, nothing),
        "probe": Recorded(controls.probed(scenario).scenario, [oftener(clean[0], "fixed_probed")]),
        "virtual": Recorded(virtual.scenario, clocked("old_virtual", 14.0)),
        "real": Recorded(real.scenario, clocked("old_real", 14.1)),
    }


def judged(soaks: dict[str, Recorded], injected: float = INJECTED) -> list[Check]:
    return judge_controls(soaks, injected_gb_per_hour=injected, owner=OWNER)


def failing(soaks: dict[str, Recorded], injected: float = INJECTED) -> list[tuple[str, str]]:
    return [(check.control, check.quantity) for check in judged(soaks, injected) if not check.passed]


def with_runs(soaks: dict[str, Recorded], **runs: Any) -> dict[str, Recorded]:
    return soaks | {name: Recorded(soaks[name].scenario, some) for name, some in runs.items()}


def test_sound_controls_hold(sound: dict[str, Recorded]) -> None:
    assert failing(sound) == []
    assert len(judged(sound)) == 11


def test_a_reduction_of_nothing_is_seen(sound: dict[str, Recorded], scenario: Scenario) -> None:
    slight = soaked(scenario, old_a=0.06, old_b=0.0)  # 0.3 of 5.9 GB at the end
    assert failing(with_runs(sound, same=slight)) == [("old against old", "saved at the peak")]
    large = [*soaked(scenario, old_a=2.4), *soaked(scenario, old_b=0.0)]
    saved, claims = (c for c in judged(with_runs(sound, same=large)) if c.control == "old against old")
    assert not saved.passed
    assert not claims.passed
    assert "60-70 % less, net of the start" in claims.measured


def test_a_leak_that_is_missed_misjudged_or_misattributed_is_seen(
    sound: dict[str, Recorded], scenario: Scenario
) -> None:
    missed = failing(with_runs(sound, leak=soaked(scenario, fixed_leaking=0.0)))
    assert missed == [
        ("injected leak", "verdict on live bytes"),
        ("injected leak", "verdict on RSS"),
        ("injected leak", "rate of live bytes, over that without"),
        ("injected leak", "owner that grows fastest, likewise"),
    ]
    assert failing(sound, injected=INJECTED * 1.06) == [("injected leak", "rate of live bytes, over that without")]
    assert failing(sound, injected=INJECTED * 1.04) == []
    other = [dataclasses.replace(run, owners=run.owners.replace(OWNER, EVENTS)) for run in sound["leak"].runs]
    assert failing(with_runs(sound, leak=other)) == [("injected leak", "owner that grows fastest, likewise")]


def test_a_config_that_leaks_by_itself_has_its_controls_all_the_same(
    sound: dict[str, Recorded], scenario: Scenario
) -> None:
    def leaking(config: str, **more: float) -> list[Run]:
        lasting = {EVENTS: 2 * INJECTED, **more}
        return [anatomy_run(config, seed, leaks=Leaks(lasting, TEETH, teeth_vary=0.02)) for seed in (1, 2, 3)]

    both = {"clean": leaking("fixed_clean"), "leak": leaking("fixed_leaking", **{OWNER: INJECTED})}
    found = [one for one in judged(with_runs(sound, **both)) if one.control == "injected leak"]
    assert [one.passed for one in found] == [True] * 4
    assert found[-1].measured.startswith(f"{OWNER}, ")


def test_a_null_target_that_is_not_flat_is_seen(sound: dict[str, Recorded]) -> None:
    rising = [anatomy_run("null", seed, leaks=Leaks({EVENTS: 0.012}, {}, cleanup_s=None)) for seed in (1, 2, 3)]
    assert failing(with_runs(sound, null=rising)) == [("nothing kept", "range of RSS")]


def test_a_probe_that_disturbs_or_does_not_watch_is_seen(sound: dict[str, Recorded]) -> None:
    name = "probe 60 times as often"
    (often,) = sound["probe"].runs
    heavy = dataclasses.replace(often, samples=often.samples.assign(rss_bytes=often.samples["rss_bytes"] * 1.011))
    assert failing(with_runs(sound, probe=[heavy])) == [(name, "largest difference of RSS at one instant")]
    lazy = dataclasses.replace(often, samples=often.samples[::2])
    assert failing(with_runs(sound, probe=[lazy])) == [(name, "samples that have their like")]


def test_real_time_that_disagrees_is_seen(sound: dict[str, Recorded]) -> None:
    both = [("real time", f"{what} against virtual time") for what in ("slope of RSS", "live bytes at the stop")]
    assert failing(with_runs(sound, real=clocked("old_real", 14.5))) == both[:1]
    assert failing(with_runs(sound, real=clocked("old_real", 15.5))) == both


def test_a_control_without_its_runs_fails_as_a_whole(sound: dict[str, Recorded]) -> None:
    (check,) = (c for c in judged(with_runs(sound, null=sound["null"].runs[:2])) if not c.passed)
    assert (check.control, check.quantity, check.measured) == ("nothing kept", "its runs", "null has no run of seed 3")
    ended = [dataclasses.replace(run, status="limit") for run in sound["leak"].runs]
    (check,) = (c for c in judged(with_runs(sound, leak=ended)) if not c.passed)
    assert "fixed_leaking seed 1 ended: limit" in check.measured


def test_the_leak_is_at_least_twice_the_budget_and_twice_what_can_be_detected(
    sound: dict[str, Recorded], scenario: Scenario
) -> None:
    assert leak_to_inject(Recorded(sound["clean"].scenario, [])) == pytest.approx(2 * 0.0375)  # nothing is known
    assert 0.075 < leak_to_inject(sound["clean"]) < 1
