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

from harness.calibration.curves import detection
from harness.calibration.curves.coverage import NOISES, coverage
from harness.calibration.curves.detection import HOURS, SEEDS
from harness.calibration.curves.families import FAMILIES, HARDER, Family, Setting
from harness.calibration.curves.page import COVERAGE_SOAKS, MAX_SEEDS, Calibration, FamilyResult, by_name, enough, page

PAGE = Path("docs/reference/calibration.md")
SEED = 20260101
SERIES = 300


def simulate(number: int, *, seed: int, series: int) -> FamilyResult:
    """All of one family, by its place in FAMILIES and then HARDER. Its draws depend on the seed and the place alone."""
    family: Family = (*FAMILIES, *HARDER)[number]
    own = [seed, number]
    rates = detection.measure(family, Setting(series, max(SEEDS), HOURS), [*own, 0])
    hours = HOURS if enough(rates) else detection.hours_to_decide(family, series, [*own, 1])
    if family in HARDER:
        return FamilyResult(rates, hours)
    sequential = tuple(
        detection.measure_sequential(family, Setting(series, most, HOURS), [*own, 2, most], SEEDS[0])
        for most in MAX_SEEDS
    )
    detectable = {}
    for seeds in SEEDS:
        stated, detected = detection.detected_at_minimum(family, Setting(series, seeds, HOURS), [*own, 3, seeds])
        detectable[seeds] = (stated / detection.BUDGET, detected)
    return FamilyResult(rates, hours, sequential, detectable)


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m harness.calibration", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--series", type=int, default=SERIES, help="synthetic series per family (%(default)s)")
    parser.add_argument("--jobs", type=int, default=min(os.cpu_count() or 1, 2), help="processes (%(default)s)")
    parser.add_argument("--out", type=Path, default=PAGE, help="the page to write (%(default)s)")
    options = parser.parse_args(arguments)
    begun = time.perf_counter()
    every = (*FAMILIES, *HARDER)
    results = []
    with ProcessPoolExecutor(options.jobs) as pool:
        job = partial(simulate, seed=options.seed, series=options.series)
        for family, result in zip(every, pool.map(job, range(len(every))), strict=True):
            results.append(result)
            print(f"[{time.perf_counter() - begun:4.0f} s] {len(results)} of {len(every)}: {family.name}", flush=True)
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
        families=by_name(FAMILIES, results[: len(FAMILIES)]),
        harder=by_name(HARDER, results[len(FAMILIES) :]),
        coverage=covered,
        command=command,
    )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(page(calibration), encoding="utf-8")
    print(f"[{time.perf_counter() - begun:4.0f} s] {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
