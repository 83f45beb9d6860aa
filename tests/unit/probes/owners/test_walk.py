"""The walk finds who holds the memory: the right path, the right bytes, an honest error, and nothing left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from harness.probes.owners import Owner, walk
from tests.unit.probes.owners.owner_heaps import HEAPS, Holder, Snapshot, built

ROOT = Path(__file__).parents[4]

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is judged on Linux")

SIZE = 4e6


def by_path(owners: list[Owner]) -> dict[str, float]:
    return {owner.path: owner.bytes for owner in owners if not owner.symbol}


def total(owners: list[Owner]) -> float:
    return sum(by_path(owners).values())


@pytest.mark.parametrize("name", HEAPS)
def test_the_total_is_right_and_its_error_honest(name: str) -> None:
    HEAPS[name](1e5)
    with built(lambda: HEAPS[name](SIZE)) as (target, truth):
        allowed = 0.05 if name == "shared_snapshots" else 0.01
        assert truth > SIZE / 3
        for seed in range(5):
            owners = walk({"": target}, seed=seed)
            error = total(owners) - truth
            assert abs(error) <= allowed * truth
            assert abs(error) <= 3 * sum(owner.se for owner in owners) + 0.01 * truth


def test_one_key_that_holds_nearly_all_is_found_two_hops_down() -> None:
    with built(lambda: HEAPS["one_key_hidden"](SIZE)) as (target, truth):
        largest = walk({"": target.heap["key 2500"]}, seed=1)[0]
        assert largest.path == "side.levels[*]"
        assert largest.bytes > 0.6 * truth
        whole = walk({"": target}, seed=1)[0]
        assert (whole.path, whole.bytes) == ("heap[*]", pytest.approx(truth, rel=0.01))


def test_the_same_seed_gives_the_same_reading_and_another_draws_anew() -> None:
    target = Holder(HEAPS["levels"](SIZE))
    assert walk({"": target}, seed=7) == walk({"": target}, seed=7)
    assert walk({"": target}, seed=7) != walk({"": target}, seed=8)


class Delegated:
    """As ccxt's caches have it: a method of a list that is another object's, which a class alone does not have."""

    def __get__(self, instance: Rows | None, owner: type) -> object:
        assert instance is not None, "the walk asks a class for what only its instances have"
        return instance.kept.__iter__


class Rows(list[bytes]):
    __iter__ = Delegated()

    def __init__(self, rows: int) -> None:
        self.kept = [bytes(1000 + number) for number in range(rows)]


def test_a_descriptor_in_place_of_a_method_is_not_asked() -> None:
    (largest, *_) = walk({"": Holder(Rows(100))}, seed=1)
    assert largest.path == "heap.kept[*]"


def test_an_owner_reads_the_same_whatever_others_do() -> None:
    target = types.SimpleNamespace(still=HEAPS["levels"](SIZE), growing=[])
    first = by_path(walk({"": target}, seed=1))["still[*]"]
    for _ in range(3):
        target.growing += [Snapshot(i) for i in range(300)]
        assert by_path(walk({"": target}, seed=1))["still[*]"] == first


def test_a_slowly_growing_list_keeps_its_draws() -> None:
    """New elements add their own bytes; a draw that moved would bring the spread of sizes with it."""
    lengths = np.random.default_rng(5).integers(1, 9, 5000).tolist()
    target = Holder([[[j + 0.5 for j in range(n)] for _ in range(2)] for n in lengths])
    first = walk({"": target}, seed=1)[0].bytes
    target.heap += [[[0.5], [0.25]] for _ in range(10)]
    grown = walk({"": target}, seed=1)[0].bytes - first
    assert abs(grown) < 0.002 * first


def test_without_pymalloc_blocks_are_glibcs() -> None:
    """Another allocator must be there from the start of a process. Then only glibc's figure counts."""
    script = """
from harness.probes.allocators.statistics import Allocators
from harness.probes.owners import walk
from tests.unit.probes.owners.owner_heaps import HEAPS, Holder

allocators = Allocators()
HEAPS["collector"](1e5)
before = allocators.glibc_bytes()
target = Holder(HEAPS["collector"](4e6))
truth = allocators.glibc_bytes() - before
print(sum(owner.bytes for owner in walk({"": target}, seed=1)) / truth)
"""
    environment = {**os.environ, "PYTHONMALLOC": "malloc"}
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert float(ended.stdout) == pytest.approx(1, abs=0.01)
