"""Draws: in proportion to size, the large ones for certain, and honest about what they do not know."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from harness.probes.owners.sizes import block, chunk, inline_values, size_of
from harness.probes.owners.systematic_draw import CAPACITY, Scratch, draw, spread, uniform, variance
from tests.unit.probes.owners.owner_heaps import built


@pytest.fixture
def scratch() -> Iterator[Scratch]:
    made = Scratch()
    yield made
    made.close()


def test_what_is_as_large_as_a_step_is_taken_for_certain(scratch: Scratch) -> None:
    scratch.measure[:1000] = 1.0
    scratch.measure[123] = 1e6
    drawn = draw(scratch, 1000, 32, 0.3)
    assert drawn.certain == [123]
    assert 32 <= len(drawn.drawn) <= 64
    assert sum(drawn.weights) == pytest.approx(999)


def test_weights_bring_the_measure_back(scratch: Scratch) -> None:
    sizes = np.random.default_rng(1).pareto(1.1, 5000) + 0.1
    scratch.measure[:5000] = sizes
    drawn = draw(scratch, 5000, 64, 0.7)
    assert drawn.certain
    estimated = math.fsum(weight * sizes[index] for index, weight in zip(drawn.drawn, drawn.weights, strict=True))
    assert estimated + sizes[drawn.certain].sum() == pytest.approx(sizes.sum())


def test_few_elements_are_all_taken(scratch: Scratch) -> None:
    scratch.measure[:10] = 3.0
    drawn = draw(scratch, 10, 16, 0.5)
    assert (drawn.certain, drawn.drawn) == (list(range(10)), [])


def test_nothing_of_size_nothing_is_drawn(scratch: Scratch) -> None:
    scratch.measure[:10] = 0.0
    drawn = draw(scratch, 10, 16, 0.5)
    assert (drawn.certain, drawn.drawn) == ([], [])


def test_growth_at_the_end_keeps_the_draws(scratch: Scratch) -> None:
    sizes = np.random.default_rng(1).random(4000) + 1
    taken = []
    for count in (3000, 3010, 3100):
        scratch.measure[:CAPACITY] = 0
        scratch.measure[:count] = sizes[:count]
        taken.append(draw(scratch, count, 64, 0.4).drawn)
    assert taken[1][: len(taken[0])] == taken[0]
    assert taken[2][: len(taken[0])] == taken[0]


def test_the_variance_covers_the_spread_of_the_estimates() -> None:
    sizes = np.random.default_rng(3).lognormal(0, 0.5, 20_000)
    estimates, errors = [], []
    for seed in range(200):
        start = uniform(seed, "path")
        positions = range(int(start * 256), 20_000, 256)
        values = [float(sizes[position]) * 20_000 / len(positions) for position in positions]
        estimates.append(math.fsum(values))
        errors.append(math.sqrt(variance(values)))
    assert np.mean(errors) == pytest.approx(np.std(estimates), rel=0.25)
    inside = np.abs(np.array(estimates) - sizes.sum()) <= 2 * np.array(errors)
    assert inside.mean() > 0.9


def test_one_draw_knows_nothing_of_its_error() -> None:
    assert variance([5.0]) == 25.0
    assert variance([]) == 0.0


def test_a_slow_drift_is_no_error() -> None:
    assert math.sqrt(variance([100.0 + i for i in range(100)])) < 0.002 * 15_000


def test_spread_covers_a_container_in_steps_of_two() -> None:
    assert list(spread(100, 4, 0.0)) == [0, 16, 32, 48, 64, 80, 96]
    assert list(spread(3, 4, 0.9)) == [0, 1, 2]


def test_a_seed_and_a_name_have_one_number() -> None:
    assert uniform(1, "a") == uniform(1, "a")
    assert len({uniform(seed, name) for seed in range(3) for name in "abc"}) == 9
    assert 0 <= uniform(1, "a") < 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is judged on Linux")
@pytest.mark.parametrize("size", [40, 48, 49, 500, 512, 513, 1000, 4000])
def test_blocks_are_rounded_as_the_allocators_round(size: int) -> None:
    with built(lambda: [bytes(size - 33) for _ in range(20_000)]) as (target, truth):
        expected = 20_000 * block(size) + chunk(len(target.heap) * 8)
        assert truth == pytest.approx(expected, rel=0.02)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is judged on Linux")
@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13, 21])
def test_an_instance_with_its_values(count: int) -> None:
    body = "".join(f"        self.a{number} = None\n" for number in range(count))
    space: dict[str, type] = {}
    exec(f"class Made:\n    def __init__(self):\n{body}", space)
    made = space["Made"]
    first = [made() for _ in range(100)]
    with built(lambda: [made() for _ in range(3000)]) as (_, truth):
        expected = 3000 * (size_of(made)(first[0]) + inline_values(count) + 8)
        assert truth == pytest.approx(expected, rel=0.04)
