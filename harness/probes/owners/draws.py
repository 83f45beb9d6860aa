"""How many elements of a population are drawn, and what those that were drawn tell of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.probes.owners.drawn_elements import Buffers, Bytes, Subtrees
from harness.probes.owners.population import Population
from harness.probes.owners.systematic_draw import Scratch, draw, golden
from harness.probes.owners.tally import Tally

PILOT = 16
"""Draws that tell how many more are needed."""

MOST = 1024
"""The most draws of a population."""

FEWEST = ((64e6, 256), (4e6, 64), (0.5e6, 32))
"""(bytes, draws): the least draws of a larger population, as a few elements may share much; else PILOT."""

AIM = 0.004
"""The relative standard error that the draws of a population of a megabyte and more are to reach, if EFFORT allows."""

EFFORT = 4_000
"""The most objects opened below the draws of 16 MB and more; a quarter below those of a small population."""


@dataclass(slots=True)
class Drawn:
    """The draws of one population, to be weighed when all that is exact has been opened.

    `shares`: what part of the size each symbol has; `relative_variance`: that of the population's size.
    """

    path: str
    folded: bool
    shares: dict[str, float]
    start: float
    elements: list[Any]
    weights: list[float]
    relative_variance: float


def draw_from(
    population: Population, scratch: Scratch, subtrees: Subtrees, start: float
) -> tuple[Drawn, list[tuple[Any, str]]]:
    """Draw from a population whose measures stand in `scratch`: draws, and (element, symbol) of those that are certain.

    Where only a part was looked at, none stands for itself alone. The population lets go of its elements.
    """
    count = sum(map(len, population.pieces))
    measure = scratch.measure[:count]
    population.weight(measure)
    factor = population.reach / count
    mean = float(measure.mean())
    relative_variance = 0.0
    if factor > 1 and mean:  # the size is an estimate: simple random sampling, Cochran, Sampling Techniques, 1977, 2.15
        relative_variance = float(measure.var()) / mean**2 / count * (1 - 1 / factor)
    draws = _needed(population, scratch, subtrees, start, mean * population.reach)
    taken = draw(scratch, count, draws, start)
    elements = population.take(taken.drawn)
    weights = [
        weight * population.bound_of(index)[2] * factor
        for index, weight in zip(taken.drawn, taken.weights, strict=True)
    ]
    certain = []
    for index, element in zip(taken.certain, population.take(taken.certain), strict=True):
        _, symbol, stands_for = population.bound_of(index)
        if factor * stands_for > 1:
            elements.append(element)
            weights.append(factor * stands_for)
        else:
            certain.append((element, symbol))
            measure[index] = 0
    shares = population.shares(measure)
    population.pieces.clear()
    return Drawn(population.path, population.folded, shares, start, elements, weights, relative_variance), certain


def _needed(population: Population, scratch: Scratch, subtrees: Subtrees, start: float, size: float) -> int:
    """How many draws bring the error of about `size` bytes to AIM, from the spread of a few."""
    fewest = next((draws for least, draws in FEWEST if size >= least), PILOT)
    pilot = draw(scratch, sum(map(len, population.pieces)), PILOT, start)
    if fewest == PILOT or len(pilot.drawn) < 2:
        return fewest
    before = subtrees.opened
    values = []
    for number, (element, weight) in enumerate(zip(population.take(pilot.drawn), pilot.weights, strict=True)):
        weighed, _ = subtrees.weigh(element, "", True, golden(start, number), lone=True)
        values.append(weight * sum(weighed.values()))
    opened = (subtrees.opened - before) / len(values)
    mean = math.fsum(values) / len(values)
    if mean <= 0 or not opened:
        return fewest
    square = math.fsum((value / mean - 1) ** 2 for value in values) / (len(values) - 1)
    effort = EFFORT * min(max(size / 16e6, 0.25), 1.0)
    wanted = min(max(square / AIM**2 * min(size / 1e6, 1.0), fewest), MOST)
    return int(2 ** round(math.log2(max(min(wanted, effort / opened), PILOT))))


def weigh(drawn: Drawn, subtrees: Subtrees, tally: Tally) -> Iterator[None]:
    """Weigh the draws of one population and add them to `tally`; yields after each.

    What the exact part has opened is counted there. An Arrow buffer that several draws hold counts once.
    """
    weighed: list[Bytes] = []
    buffers: list[Buffers] = []
    for number, weight in enumerate(drawn.weights):
        total: Bytes = {}
        held: Buffers = []
        if not subtrees.was_seen(id(drawn.elements[number])):
            start = golden(drawn.start, number)
            total, held = subtrees.weigh(drawn.elements[number], drawn.path, drawn.folded, start)
        weighed.append({path: size * weight for path, size in total.items()})
        buffers.append(held)
        yield
    _add_buffers(drawn, weighed, buffers, subtrees)
    tally.add_draws(drawn.shares, weighed, drawn.relative_variance)


def _add_buffers(drawn: Drawn, weighed: list[Bytes], buffers: list[Buffers], subtrees: Subtrees) -> None:
    held_by: dict[int, list[float]] = {}
    for weight, held in zip(drawn.weights, buffers, strict=True):
        for address, _, _ in held:
            held_by.setdefault(address, []).append(weight)
    for weight, total, held in zip(drawn.weights, weighed, buffers, strict=True):
        for address, size, path in held:
            if subtrees.was_seen(address):
                continue
            holders = held_by[address]
            share = weight / sum(holders) if len(holders) > 1 else weight
            total[path] = total.get(path, 0.0) + size * share
