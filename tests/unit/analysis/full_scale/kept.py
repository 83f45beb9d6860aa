"""Recordings of `50symbols` that are kept: runs of one seed or three at several scales, made by the product.

They were recorded by ``python -m harness.calibration.scales 50symbols``, and thinned: of the samples under feed every
sixth, those about cleanups and those at which live bytes were read; of the columns what the course of memory needs; of
the events the cleanups.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from harness.analysis.full_scale.anchor_runs import World
from harness.analysis.reading import read_run
from harness.analysis.runs import Run
from harness.scenario import Scenario, load
from harness.scenario.overrides import with_options

FOLDER = Path(__file__).parent / "kept"


@lru_cache
def kept_run(config: str, scale: float, seed: int = 1) -> Run:
    """A run that is kept, on the terms of its scenario."""
    run = read_run(FOLDER / f"{config}-{scale:g}" / "runs" / config / f"seed-{seed}")
    return run.under(note(config))


def kept_runs(config: str, scale: float) -> tuple[Run, ...]:
    """All seeds of a config at a scale that are kept."""
    folders = sorted((FOLDER / f"{config}-{scale:g}" / "runs" / config).glob("seed-*"))
    return tuple(kept_run(config, scale, int(folder.name.removeprefix("seed-"))) for folder in folders)


@lru_cache
def note(config: str) -> Scenario:
    """The scenario of which they are, for one config, at a tenth: with as many seeds as are kept."""
    return with_options(load("50symbols"), configs=[config], scale=0.1).model_copy(update={"max_seeds": None})


def kept_world(config: str, scale: float) -> World:
    """The runs of a config at a scale, as anchors have them."""
    return World(with_options(note(config), scale=scale, seeds=1), kept_runs(config, scale))
