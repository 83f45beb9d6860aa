"""The scenarios of the note's untried sentences: what stands in their comments follows from their numbers."""

from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.leaks.floors import FEWEST_FLOORS
from harness.scenario import Scenario, load
from harness.worker.handlers import PATIENCE_S
from synthetic.model.arrivals import updates_per_cell
from synthetic.symbols import instruments


def test_as_written_bounds_all_that_the_note_names_and_walks_when_buffers_are_nearly_full() -> None:
    scenario = load("as_written")
    for config in scenario.configs.values():
        assert config["cache_limit"] == 1
        assert config["level_limit"] == 100
        assert config["unreachable_share"] == 0
        assert not config["quote_stuffing_detector"]
        assert scenario.memory.baseline_gb * 1000 < config["cleanup_threshold_mb"]
    per_sample_s = scenario.configs["old"]["collection_interval"] * scenario.time.cycle_s
    full_s = scenario.configs["old"]["max_samples_per_file"] * per_sample_s
    walk_s = scenario.time.anatomy_every_minutes * 60
    last_walk_s = full_s // walk_s * walk_s
    assert full_s < scenario.time.hours * 3600
    assert last_walk_s / full_s == pytest.approx(0.99)
    changed = {
        name: {key for key, value in config.items() if value != scenario.configs["old"][key]}
        for name, config in scenario.configs.items()
    }
    assert changed == {
        "old": set(),
        "fix_1": {"max_samples_per_file", "max_buffer_memory_mb", "use_legacy_format"},
        "fix_5": {"snapshot_history_size", "candle_history_size"},
    }


def growth_gb_per_s(scenario: Scenario, calibrated: Scenario) -> float:
    """What grows between cleanups at full scale: 20 GB per 5000 s with the feed of 50symbols, and as the feed does."""
    peak_gb = next(claim.expected[0] for claim in calibrated.claims if claim.kind == "calibration")
    interval_s = calibrated.configs["old"]["cleanup_interval_cycles"] * calibrated.time.cycle_s
    share = scenario.market.books_per_second / calibrated.market.books_per_second
    return (peak_gb - calibrated.memory.baseline_gb) / interval_s * share


def expected(scenario: Scenario, name: str) -> tuple[float | None, float | None]:
    return next(claim.band for claim in scenario.claims if claim.name == name)


@pytest.fixture(scope="module")
def calibrated() -> Scenario:
    return load("50symbols")


def test_old_crashes_before_its_first_cleanup_and_fixed_never(calibrated: Scenario) -> None:
    scenario = load("crash")
    memory, time = scenario.memory, scenario.time
    rate = growth_gb_per_s(scenario, calibrated)
    crash_s = (memory.limit_gb - memory.baseline_gb) / rate
    low, high = expected(scenario, "old reaches 32 GB in 72 minutes")
    assert (low + high) / 2 == pytest.approx(crash_s / 60, abs=0.1)
    assert high * 60 < scenario.configs["old"]["cleanup_interval_cycles"] * time.cycle_s < time.hours * 3600
    fixed_gb = memory.baseline_gb + rate * scenario.configs["fixed"]["cleanup_interval_cycles"] * time.cycle_s
    assert fixed_gb == pytest.approx(8.1, abs=0.05)
    for config, unsaved in (("old", 86), ("old_500", 86), ("often", 860), ("often_500", 360)):
        table = scenario.configs[config]
        samples = crash_s / (table["collection_interval"] * time.cycle_s)
        assert samples % table["max_samples_per_file"] == pytest.approx(unsaved, abs=1)
    low, high = expected(scenario, "files of 500 lose less, with a sample every cycle")
    assert low < 1 - 360 / 860 < high


def test_the_peaks_at_cycles_of_one_second_are_those_of_the_calibrated_feed(calibrated: Scenario) -> None:
    scenario = load("50symbols_1s")
    assert scenario.market == calibrated.market
    for config, claim in (("old", "old peaks at 9 GB"), ("fixed", "fixed peaks at 5.4 GB")):
        interval_s = scenario.configs[config]["cleanup_interval_cycles"] * scenario.time.cycle_s
        peak_gb = scenario.memory.baseline_gb + growth_gb_per_s(scenario, calibrated) * interval_s
        low, high = expected(scenario, claim)
        assert low < peak_gb < high
    same = {"cycle_s", "run_on_s", "settle_minutes", "warmup_minutes"}
    assert {key for key, value in scenario.time if value != dict(calibrated.time)[key]} <= same


def test_twelve_hours_give_old_enough_floors_for_a_verdict(calibrated: Scenario) -> None:
    scenario = load("50symbols_12h")
    assert scenario.market == calibrated.market
    interval_s = scenario.configs["old"]["cleanup_interval_cycles"] * scenario.time.cycle_s
    assert scenario.time.hours * 3600 // interval_s >= FEWEST_FLOORS > calibrated.time.hours * 3600 // interval_s
    stop_s = scenario.time.hours * 3600 + scenario.time.run_on_s
    assert stop_s % (scenario.configs["fixed"]["cleanup_interval_cycles"] * scenario.time.cycle_s) > 60


def test_fewer_symbols_save_what_they_bring_of_the_books(calibrated: Scenario) -> None:
    scenario = load("20symbols")
    listed = instruments(scenario.market.symbols, seed=1)
    brought = np.cumsum([updates_per_cell(instrument) for instrument in listed])
    grown_gb = 20.0 * brought / brought[-1]
    peaks = {config: 5 + grown_gb[table["active_symbols"] - 1] for config, table in scenario.configs.items()}
    assert peaks == pytest.approx({"symbols_50": 25.0, "symbols_30": 22.2, "symbols_20": 20.1}, abs=0.06)
    low, high = expected(scenario, "20 symbols hold 20 % less")
    assert low < 1 - peaks["symbols_20"] / peaks["symbols_50"] < high
    unlike = {config: {**table, "active_symbols": None} for config, table in scenario.configs.items()}
    assert unlike["symbols_50"] == unlike["symbols_30"] == unlike["symbols_20"]
    assert unlike["symbols_50"] == calibrated.configs["old"]


def test_the_slow_disk_lies_between_the_two_formats() -> None:
    scenario = load("slow_disk")
    per_s = scenario.market.symbols / scenario.time.cycle_s
    for config, bytes_per_sample in (("old", 1260), ("old_parquet", 270), ("fixed", 270)):
        table = scenario.configs[config]
        waits = 1 - table["disk_mb_per_s"] * 1e6 / (per_s * bytes_per_sample)
        assert (waits > 0) is (config == "old")
        if config == "old":
            low, high = expected(scenario, "the queue of old grows")
            assert low < waits < high
        assert scenario.memory.limit_gb * 1000 < table["cleanup_threshold_mb"]
    at_most = 1 - 0.095 / (per_s * 1390 / 1e6)
    fills_s = 2000 * scenario.time.cycle_s
    waiting_s = (at_most * scenario.time.hours * 3600 + (1 - at_most) * fills_s) / (1 - at_most)
    assert waiting_s < PATIENCE_S


def test_a_check_every_300_s_keeps_old_below_ten_gb(calibrated: Scenario) -> None:
    scenario = load("monitor")
    rate = growth_gb_per_s(scenario, calibrated)
    low, high = expected(scenario, "old peaks at 8.6-9.2 GB")
    for config in ("old", "fix_3", "fixed"):
        table = scenario.configs[config]
        between_s = table["cleanup_interval_cycles"] * scenario.time.cycle_s
        held_gb, highest_gb = 5.0, 5.0
        for t_s in range(1, int(scenario.time.hours * 3600) + 1):
            held_gb += rate
            highest_gb = max(highest_gb, held_gb)
            checked = t_s % table["memory_check_s"] == 0 and held_gb * 1000 > table["cleanup_threshold_mb"]
            if checked or t_s % between_s == 0:
                held_gb = 5.0
        if config == "old":
            assert low < highest_gb < high
        else:
            assert highest_gb == pytest.approx(6.2)
    assert scenario.configs["fix_3_gate"] == {**scenario.configs["fix_3"], "memory_check_s": 0.0}
