"""Simulate the verdicts on synthetic curves and write how often they err: docs/reference/calibration.md."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from harness.calibration.curves.coverage import NOISES, coverage
from harness.calibration.curves.detection import (
    BUDGET,
    HOURS,
    SEEDS,
    detected_at_minimum,
    hours_to_decide,
    measure,
    measure_sequential,
)
from harness.calibration.curves.families import FAMILIES, FOREIGN, HARDER, ONE_LEAKING, Family, Setting
from harness.calibration.curves.loads import LOAD_FAMILIES, LoadRates, measure_with_load
from harness.calibration.curves.page import (
    COVERAGE_SOAKS,
    HOURS_FOR,
    LOAD_HOURS,
    LOAD_SEEDS,
    MAX_SEEDS,
    SEQUENTIAL_FROM,
    Calibration,
    FamilyResult,
    by_name,
    page,
)

PAGE = Path("docs/reference/calibration.md")
SEED = 20260101
SERIES = 400
EVERY_FAMILY: tuple[Family, ...] = (*FAMILIES, *FOREIGN, *HARDER, ONE_LEAKING)
LOAD_CASES = tuple((family, hours) for family in LOAD_FAMILIES for hours in LOAD_HOURS)
FOR_LOADS = 200
"""Series at most where the load is not flat."""

FOR_HOURS = 100
"""Series at most by which the hours are sought that decide."""


def simulate(number: int, *, seed: int, series: int) -> FamilyResult:
    """All of one family, by its place in EVERY_FAMILY. Its draws depend on the seed and the place alone."""
    family, own = EVERY_FAMILY[number], [seed, number]
    rates = measure(family, Setting(series, max(SEEDS), HOURS), [*own, 0])
    if family is ONE_LEAKING:
        return FamilyResult(rates, {})
    hours = {seeds: hours_to_decide(family, min(series, FOR_HOURS), [*own, 1, seeds], seeds) for seeds in HOURS_FOR}
    if family in HARDER:
        return FamilyResult(rates, hours)
    sequential = tuple(
        measure_sequential(family, Setting(series, most, HOURS), [*own, 2, most], SEQUENTIAL_FROM) for most in MAX_SEEDS
    )
    detectable = {}
    for seeds in SEEDS if family in FAMILIES else ():
        stated, detected = detected_at_minimum(family, Setting(series, seeds, HOURS), [*own, 3, seeds])
        detectable[seeds] = (stated / BUDGET, detected)
    return FamilyResult(rates, hours, sequential, detectable)


def simulate_load(number: int, *, seed: int, series: int) -> LoadRates:
    """One family with a load at some hours, by its place among LOAD_CASES."""
    family, hours = LOAD_CASES[number]
    own = [seed, len(EVERY_FAMILY) + number]
    return measure_with_load(family, min(series, FOR_LOADS), hours, own, seeds=LOAD_SEEDS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m harness.calibration", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--series", type=int, default=SERIES, help="synthetic series per family (%(default)s)")
    parser.add_argument("--jobs", type=int, default=min(os.cpu_count() or 1, 2), help="processes (%(default)s)")
    parser.add_argument("--out", type=Path, default=PAGE, help="the page to write (%(default)s)")
    options = parser.parse_args(arguments)
    begun = time.perf_counter()
    results = []
    with ProcessPoolExecutor(options.jobs) as pool:
        job = partial(simulate, seed=options.seed, series=options.series)
        for family, result in zip(EVERY_FAMILY, pool.map(job, range(len(EVERY_FAMILY))), strict=True):
            results.append(result)
            print(
                f"[{time.perf_counter() - begun:4.0f} s] {len(results)} of {len(EVERY_FAMILY)}: {family.name}",
                flush=True,
            )
        with_load = partial(simulate_load, seed=options.seed, series=options.series)
        loads = {}
        for (loaded, hours), rates in zip(LOAD_CASES, pool.map(with_load, range(len(LOAD_CASES))), strict=True):
            loads[loaded.name, hours] = rates
            done = f"{len(loads)} of {len(LOAD_CASES)}: {loaded.name}, {hours:g} h"
            print(f"[{time.perf_counter() - begun:4.0f} s] {done}", flush=True)
    covered = {
        (noise.name, seeds): coverage(noise, seeds, COVERAGE_SOAKS, [options.seed, 99, place, seeds])
        for place, noise in enumerate(NOISES)
        for seeds in SEEDS
    }
    command = "make calibrate"
    if (options.seed, options.series) != (SEED, SERIES):
        command = f"python -m harness.calibration --seed {options.seed} --series {options.series}"
    calibration = Calibration(
        seed=options.seed,
        series=options.series,
        families=by_name(EVERY_FAMILY[:-1], results[:-1]),
        one_leaking=results[-1].rates,
        loads=loads,
        coverage=covered,
        command=command,
    )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(page(calibration), encoding="utf-8")
    print(f"[{time.perf_counter() - begun:4.0f} s] {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
