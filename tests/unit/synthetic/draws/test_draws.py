"""Draws: uniform, independent of one another, and the same on every machine."""

from __future__ import annotations

import numpy as np
import pytest

from synthetic.draws.carried import carried_sum, held, previous
from synthetic.draws.hashes import BELL_SD, bell, draw64, settle32, stir32, stream_keys


def test_the_generator_is_splitmix64():
    # The first outputs of the published generator seeded with 0, which adds its constant before it hashes.
    drawn = draw64(np.zeros(1, dtype=np.uint64), np.arange(1, 4))
    assert [hex(bits) for bits in drawn.tolist()] == ["0xe220a8397b1dcdaf", "0x6e789e6aa1b965f4", "0x6c45d188009454f"]


def test_words_of_neighbouring_ticks_are_independent():
    words = np.arange(1 << 16, dtype=np.uint32)
    scratch = np.empty_like(words)
    words *= np.uint32(0x9E3779B1)
    stir32(words, scratch)
    low = words & 3
    assert np.bincount(low) / low.size == pytest.approx(0.25, abs=0.01)
    settle32(words, scratch)
    upper = (words >> 20).astype(float)
    assert abs(np.corrcoef(upper[1:], upper[:-1])[0, 1]) < 0.02
    assert np.bincount(words >> 28) / words.size == pytest.approx(1 / 16, abs=0.005)


def test_keys_differ_by_seed_purpose_and_name():
    keys = {
        int(key)
        for seed in (1, 2)
        for purpose in ("price", "spread")
        for key in stream_keys(seed, purpose, ["A", "B", "C"])
    }
    assert len(keys) == 12


def test_bell_is_nearly_normal():
    drawn = bell(draw64(stream_keys(1, "bell", ["A"]), np.arange(200_000)))
    assert abs(drawn.mean()) < 0.01 * BELL_SD
    assert drawn.std() == pytest.approx(BELL_SD, rel=0.01)
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.01


def test_series_go_on_from_span_to_span():
    symbol = np.array([0, 0, 2, 2, 2])
    carried = np.array([10, 20, 30])
    assert carried_sum(symbol, np.array([1, 2, 3, 4, 5]), carried).tolist() == [11, 13, 33, 37, 42]
    assert carried.tolist() == [13, 20, 42]
    assert held(symbol, np.array([1, 3]), np.array([7, 8]), carried).tolist() == [13, 7, 42, 8, 8]
    assert carried.tolist() == [7, 20, 8]
    assert previous(symbol, np.array([1, 2, 3, 4, 5]), carried).tolist() == [7, 1, 8, 3, 4]
    assert carried.tolist() == [2, 20, 5]


def test_a_span_without_updates_changes_nothing():
    none, carried = np.empty(0, dtype=np.int64), np.array([1, 2])
    assert carried_sum(none, none, carried).size == 0
    assert held(none, none, none, carried).size == 0
    assert previous(none, none, carried).size == 0
    assert carried.tolist() == [1, 2]
