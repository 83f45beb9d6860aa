"""Numbers in words: amounts with their unit, bands, intervals, verdicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from harness.analysis.estimates import Bound, Estimate
from harness.analysis.leaks.memory_limit import Limit
from harness.analysis.verdict.claim_verdict import ClaimVerdict
from harness.text import number, without_negative_zero

NOTHING = "-"

NOT_TOLD = "not told"
"""What a target may tell of, and does not."""

SMALL_GB = 0.1
"""Below it two digits of GB say too little."""

SMALL_RATE = 0.01
"""Below it three digits of GB an hour do."""

_TIMES = {unit + hour: times for unit, times in (("GB", 1.0), ("MB", 1e3), ("kB", 1e6)) for hour in ("", "/h")}

_DECIMALS = {"samples": 0}
_DECIMALS |= dict.fromkeys(("minutes", "s", "share", "tasks", "files", "threads", "errors", "objects", "messages"), 1)
_DECIMALS |= dict.fromkeys(("GB", "MB", "MB/h", "1/h", "ms", "times", "budgets"), 2)
_DECIMALS |= {"kB": 1, "kB/h": 1}
"""Decimals per unit; a share is shown in percent. GB/h and what has no unit have three."""

_ONE = {
    "samples": "sample",
    "tasks": "task",
    "files": "file",
    "threads": "thread",
    "errors": "error",
    "objects": "object",
    "budgets": "budget",
}

BOUNDS: dict[Bound, str] = {"exact": "", "lower": "at least ", "upper": "at most "}


def value(amount: float | None, unit: str) -> str:
    """Return a number in the digits of its unit, without it: ``7.13``; a share of 0.716 is ``71.6``."""
    if amount is None:
        return NOTHING
    shown = 100 * amount if unit == "share" else amount
    return without_negative_zero(f"{shown:,.{_DECIMALS.get(unit, 3)}f}")


def in_unit(gb: float | None, unit: str) -> str:
    """Return GB, or GB an hour, in the digits of `unit`, one of those of unit_of or rate_unit, without it."""
    return value(None if gb is None else _TIMES[unit] * gb, unit)


def unit_of(*gb: float | None) -> str:
    """Return in which unit amounts of GB are told beside one another: MB where a small program's would be 0.00 GB."""
    largest = max((abs(amount) for amount in gb if amount is not None), default=0.0)
    return "GB" if largest >= SMALL_GB or not largest else "MB" if largest >= SMALL_GB / 1000 else "kB"


def size(gb: float | None) -> str:
    """Return an amount of GB in the unit that suits it: ``7.10 GB``, ``51.20 MB``."""
    unit = unit_of(gb)
    return NOTHING if gb is None else f"{in_unit(gb, unit)} {unit}"


def rate_unit(*gb_per_hour: float | None) -> str:
    """Return in which unit rates of GB an hour are told beside one another: MB/h where they would be 0.00 GB/h."""
    largest = max((abs(rate) for rate in gb_per_hour if rate is not None), default=0.0)
    return "GB/h" if largest >= SMALL_RATE or not largest else "MB/h" if largest >= SMALL_RATE / 1000 else "kB/h"


def rate_interval(rate: Estimate, unit: str) -> str:
    """Return a rate of GB an hour with its interval in the digits of `unit`, of rate_unit, without it."""
    times = _TIMES[unit]
    middle, low, high = (None if end is None else times * end for end in (rate.estimate, rate.low, rate.high))
    return interval(replace(rate, estimate=middle, low=low, high=high), unit)


def byte_rate(rate: Estimate) -> str:
    """Return a rate of GB an hour with its interval, in the unit that suits it: ``5.5 [4.2, 6.8] MB per hour``."""
    unit = rate_unit(rate.estimate, rate.low, rate.high)
    return f"{rate_interval(rate, unit)} {per_hour(unit)}"


def per_hour(unit: str) -> str:
    """Return the unit of a rate as a sentence has it: ``MB per hour``."""
    return unit.replace("/h", " per hour")


def budget_rate(gb_per_hour: float, unit: str | None = None) -> str:
    """Return a budget with the digits it was written with, in the unit that suits it or in `unit`: ``5.5 MB/h``."""
    unit = rate_unit(gb_per_hour) if unit is None else unit
    return f"{_TIMES[unit] * gb_per_hour:.6g} {unit}"


def spoken(amount: float, unit: str) -> str:
    """Return an amount in the digits that a person would say, with its unit: ``7.1 GB``, ``72 %``, ``1.4 minutes``."""
    return with_unit(_spoken_digits(amount, unit), unit, minutes="minutes")


def percent(share: float) -> str:
    """Return a share in whole percent: ``71 %``."""
    return f"{round(100 * share)} %"


def on_one_line(text: str) -> str:
    """Return `text` for a picture, where lines break at spaces: this one does not."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def level(confidence: float) -> str:
    """Return a confidence in percent: ``95 %``, ``98.1 %``."""
    return f"{100 * confidence:.3g} %"


def with_unit(text: str, unit: str, *, minutes: str = "min") -> str:
    """Return a written number followed by its unit, if it has one: ``71.6 %``, ``1 budget``, ``0.20 budgets``."""
    one = text.split()[-1:] == ["1"]
    words = {"share": "%", "minutes": minutes}.get(unit) or (_ONE.get(unit, unit) if one else unit)
    return f"{text} {words}".rstrip()


def measured(estimate: Estimate, unit: str, *, signed: bool = False) -> str:
    """Return an estimate with its interval, ``71.6 [71.3, 72.0] %``; with a plus if it is a `signed` difference."""
    return NOTHING if estimate.estimate is None else with_unit(interval(estimate, unit, signed=signed), unit)


def interval(estimate: Estimate, unit: str, *, signed: bool = False) -> str:
    """Return an estimate with its interval in the digits of its unit, without it: ``71.6 [71.3, 72.0]``."""
    if estimate.estimate is None:
        return NOTHING
    text = value(estimate.estimate, unit)
    if signed and estimate.estimate > 0 and text.strip("0."):
        text = f"+{text}"
    alone = estimate.counted and estimate.bound == "exact" and len(estimate.readings) == 1
    if not alone and (estimate.low is not None or estimate.high is not None):
        low = "open" if estimate.low is None else value(estimate.low, unit)
        high = "open" if estimate.high is None else value(estimate.high, unit)
        text += f" [{low}, {high}]"
    return BOUNDS[estimate.bound] + text


def expected(judged: ClaimVerdict) -> str:
    """Return the band as it was claimed: ``60 to 70 %``, ``at least 25 ± 0.5 GB``, ``0 ± 2 %``."""
    return band_words(judged.claim.expected, judged.claim.tolerance, judged.metric.unit)


def band_words(
    band: tuple[float | None, float | None], tolerance: float | None, unit: str, between: str = " to "
) -> str:
    """Return a band with its tolerance, in the metric's unit: ``60 to 70 %``, ``at least 25 ± 0.5 GB``."""
    write = partial(_written, unit=unit)
    text = band_digits(band, write, between)
    return with_unit(f"{text} ± {write(tolerance)}" if tolerance else text, unit)


def spoken_band(band: tuple[float | None, float | None], unit: str) -> str:
    """Return a band in the digits that a person would say: ``60-70 %``, ``at least 25.0 GB``."""
    return with_unit(band_digits(band, partial(_spoken_digits, unit=unit), "-"), unit, minutes="minutes")


def band_digits(band: tuple[float | None, float | None], write: Callable[[float], str], between: str = " to ") -> str:
    """Return a band whose ends are written by `write`, without a unit; one that is open on a side is a bound."""
    low, high = (None if end is None else write(end) for end in band)
    if low is None or high is None:
        return f"at least {low}" if high is None else f"at most {high}"
    return low if low == high else f"{low}{between}{high}"


def verdict_word(judged: ClaimVerdict) -> str:
    """Return the verdict in a word or two; a known miss is named as one, also where it is open or no longer missed."""
    if judged.as_known:
        return "known miss, open"
    if judged.claim.known == "missed" and judged.outcome == "missed":
        return "known miss"
    if judged.claim.known == "missed" and judged.outcome in ("met", "exceeded"):
        return f"{judged.outcome} (a known miss)"
    return judged.outcome


def verdict_words(judged: ClaimVerdict) -> str:
    """Return the verdict with how many seeds it tells of, where runs are missing: ``met, 2 of 3 seeds``."""
    return ", ".join(filter(None, [verdict_word(judged), judged.lacking]))


def _spoken_digits(amount: float, unit: str) -> str:
    if unit == "share":
        return f"{round(100 * amount)}"
    if unit == "GB" and 0 < abs(amount) < 1:  # a small world of its own
        return f"{amount:.2g}"
    if unit in ("GB", "minutes"):
        return f"{amount:.1f}"
    if abs(amount) >= 1000:
        return f"{amount:,.0f}"
    return f"{round(amount, 2):g}" if unit == "budgets" else f"{amount:.3g}"


def _written(amount: float, unit: str) -> str:
    """Return a number as a person would write it, without digits that nobody claimed."""
    return number(round(100 * amount, 9) if unit == "share" else amount)


def when_limit(limit: Limit) -> str:
    """Say when RSS reaches the machine's limit: ``reaches ... of 32 GB between 18.8 and 19.2 hours ...``."""
    gb = f"{limit.gb:g} GB"
    if limit.reached:
        span = "" if limit.low == limit.high else f" ({limit.low:.2f} to {limit.high:.2f})"
        return f"reached the machine's limit of {gb} after {limit.hours:.2f} hours{span}"
    low, high = _hours(limit.low), _hours(limit.high)
    when = f"{low} hours" if low == high else f"between {low} and {high} hours"
    return f"reaches the machine's limit of {gb} {when} after the start"


def _hours(hours: float) -> str:
    return f"{hours:.1f}" if hours < 100 else f"{hours:,.0f}"
