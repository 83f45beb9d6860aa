"""Two counts of all objects by type: which types grew, by how much, and who refers to what is new of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.deep.findings import BY_NOBODY, IN_CYCLES, ByCensus, GrownType, by_census
from harness.deep.type_census import LEAST_BYTES
from tests.unit.deep import counted_process

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is judged on Linux")

NODE, LOOP = "__main__.Node", "__main__.Loop"

Count = Callable[[str], tuple[ByCensus, dict[str, GrownType]]]


@pytest.fixture
def count(tmp_path: Path) -> Count:
    """What two censuses of a fresh process find in one of its cases."""

    def counted(case: str) -> tuple[ByCensus, dict[str, GrownType]]:
        subprocess.run([sys.executable, counted_process.__file__, str(tmp_path), case], check=True, timeout=300)
        census = by_census(json.loads((tmp_path / "found.json").read_text()))
        return census, {grown.name: grown for grown in census.types}

    return counted


def test_types_that_grew_with_what_hangs_on_them_and_who_refers_to_it(count: Count) -> None:
    whole, grown = count("nodes")
    assert list(grown)[:2] == ["float", "list"]
    assert grown[NODE].objects == 1000
    assert grown[NODE].holders[0] == ("elsewhere.SEEN[*]", pytest.approx(1.0, abs=0.05))
    assert grown["float"].objects == pytest.approx(40_000, rel=0.01)
    assert grown["float"].bytes == pytest.approx(40_000 * 32, rel=0.01)
    assert grown["float"].holders[0] == ("elsewhere.SEEN[*].values[*]", pytest.approx(1.0, abs=0.05))
    assert sum(one.bytes for one in whole.types) == pytest.approx(whole.live_bytes, rel=0.05)
    assert not whole.truncated


def test_a_value_that_many_refer_to_counts_once(count: Count) -> None:
    _, grown = count("references")
    assert "str" not in grown


def test_arrays_and_what_hangs_on_views_are_seen_though_the_collector_does_not_know_them(count: Count) -> None:
    _, grown = count("views")
    assert grown["numpy.ndarray"].bytes == pytest.approx(820_000, rel=0.05)


def test_what_stays_as_it_is_does_not_grow(count: Count) -> None:
    whole, grown = count("nothing")
    assert grown == {}
    assert whole.live_bytes is not None
    assert whole.live_bytes < LEAST_BYTES


def test_what_sits_in_cycles_is_held_by_nothing_else(count: Count) -> None:
    _, grown = count("cycles")
    for name in (LOOP, "list", "float", "tuple"):
        path, share = grown[name].holders[0]
        assert path == IN_CYCLES, grown[name]
        assert share > 0.95, grown[name]


def test_a_reference_that_was_never_given_back_is_held_by_nobody(count: Count) -> None:
    _, grown = count("references that leak")
    assert grown[NODE].holders[0] == (BY_NOBODY, pytest.approx(1.0, abs=0.05))


def test_memory_of_c_code_is_in_no_type(count: Count) -> None:
    whole, grown = count("memory of C code")
    assert whole.live_bytes is not None
    assert sum(one.bytes for one in grown.values()) < 0.1 * whole.live_bytes
    assert whole.live_bytes == pytest.approx(1.5e6, rel=0.1)


def test_of_many_objects_a_sample_is_asked_who_refers_to_them(count: Count) -> None:
    _, grown = count("nodes, a sample")
    assert grown["float"].objects == pytest.approx(40_000, rel=0.01)
    path, share = grown["float"].holders[0]
    assert path == "elsewhere.SEEN[*].values[*]"
    assert share > 0.9
