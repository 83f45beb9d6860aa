"""What a claim would be by the model's arithmetic alone, printed beside what was measured and never used in judging.

`cleanup_interval_cycles` and `max_samples_per_file` are parameters of the reference target; without them there is no
arithmetic (None).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from harness.analysis.metrics import levels
from harness.analysis.runs import Run
from harness.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Premise:
    """What arithmetic may use: the scenario at full scale, the one or two configs asked about, every run."""

    scenario: Scenario
    configs: Sequence[str]
    runs: Sequence[Run]

    def parameter(self, name: str, config: str) -> float | None:
        """A positive number among the parameters of a config, else None."""
        value = self.scenario.configs.get(config, {}).get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else None


Arithmetic = Callable[[Premise], float | None]

FEATURES, FLOAT_BYTES = 112, 8
"""The note's sample: 112 features of 8 bytes. It adds 20-30 MB of labels and metadata for all symbols together."""


def none(_premise: Premise) -> float | None:
    """A metric of which the model's arithmetic says nothing."""
    return None


def cleanup_interval_minutes(premise: Premise) -> float | None:
    """Cycles between cleanups times the length of a cycle."""
    cycles = premise.parameter("cleanup_interval_cycles", premise.configs[0])
    return None if cycles is None else cycles * premise.scenario.time.cycle_s / 60


def cleanup_ratio(premise: Premise) -> float | None:
    """How many times as often the second config attempts a cleanup."""
    a, b = (premise.parameter("cleanup_interval_cycles", config) for config in premise.configs)
    return None if a is None or b is None else a / b


def buffers_mb(premise: Premise) -> float | None:
    """The note's own: symbols x samples x 112 features x 8 bytes, in MB."""
    samples = premise.parameter("max_samples_per_file", premise.configs[0])
    return None if samples is None else premise.scenario.market.symbols * samples * FEATURES * FLOAT_BYTES / 1e6


def buffers_reduction(premise: Premise) -> float | None:
    """1 - 500/2000 in the note."""
    a, b = (premise.parameter("max_samples_per_file", config) for config in premise.configs)
    return None if a is None or b is None else 1 - b / a


def peak_reduction(premise: Premise) -> float | None:
    """1 - (start + g ratio)/(start + g) for a growth of g per interval of the first config.

    The growth and the start are the measured ones of the first config, ratio is that of the time both may grow: the
    interval between cleanups, at most the horizon.
    """
    ratio, grown = _growth_ratio(premise, *premise.configs), _grown(premise, premise.configs[0])
    if ratio is None or grown is None:
        return None
    start, growth = grown
    return 1 - (start + growth * ratio) / (start + growth)


def net_peak_reduction(premise: Premise) -> float | None:
    """1 - ratio: the peak reduction without the start."""
    ratio = _growth_ratio(premise, *premise.configs)
    return None if ratio is None else 1 - ratio


def peak_gb(premise: Premise) -> float | None:
    """start + g ratio, with start and growth of the config whose peak the feed is calibrated on."""
    calibrated = next((c for c in premise.scenario.claims if c.kind == "calibration" and c.metric == "peak"), None)
    if calibrated is None or calibrated.configs[0] == premise.configs[0]:
        return None
    ratio = _growth_ratio(premise, calibrated.configs[0], premise.configs[0])
    grown = _grown(premise, calibrated.configs[0])
    return None if ratio is None or grown is None else grown[0] + grown[1] * ratio


def _growth_ratio(premise: Premise, a: str, b: str) -> float | None:
    cycles = [premise.parameter("cleanup_interval_cycles", config) for config in (a, b)]
    horizon = premise.scenario.time.hours * 3600 / premise.scenario.time.cycle_s
    first, second = (None if count is None else min(count, horizon) for count in cycles)
    return None if first is None or second is None else second / first


def _grown(premise: Premise, config: str) -> tuple[float, float] | None:
    """Mean start and growth to the peak of a config over its seeds, None where a run did not get to its peak."""
    runs = [run for run in premise.runs if run.config == config]
    starts = [levels.start(run) for run in runs]
    peaks = [levels.peak(run) for run in runs]
    if not runs or any(reading.value is None or reading.bound != "exact" for reading in (*starts, *peaks)):
        return None
    start = float(np.mean([reading.value for reading in starts if reading.value is not None]))
    return start, float(np.mean([reading.value for reading in peaks if reading.value is not None])) - start
