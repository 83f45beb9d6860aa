"""The scenarios of the note's untried sentences: what stands in their comments follows from their numbers."""

from __future__ import annotations

import pytest

from harness.scenario import load


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
