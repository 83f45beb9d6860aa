"""Numbers in words: amounts with their unit, expected bands, intervals, verdicts."""

from __future__ import annotations

from harness.analysis.estimates import Bound, Estimate
from harness.analysis.leaks.limit import Limit
from harness.analysis.units import unit_after
from harness.analysis.verdict.claims import ClaimVerdict
from harness.text import number

NOTHING = "-"

UNBROKEN = "\N{NO-BREAK SPACE}"
"""Between a number and its unit on a picture, where lines may break at spaces."""

_DECIMALS = {
    "GB": 2,
    "MB": 2,
    "GB/h": 3,
    "1/h": 2,
    "minutes": 1,
    "s": 1,
    "ms": 2,
    "samples": 0,
    "share": 1,
    "times": 2,
    "budgets": 2,
}
_DECIMALS |= dict.fromkeys(("tasks", "files", "threads"), 1)
"""Decimals per unit; a share is shown in percent. What has no unit has three."""

_UNIT_WORDS = {"share": "%", "minutes": "min"}

_BOUNDS: dict[Bound, str] = {"exact": "", "lower": "at least ", "upper": "at most "}


def value(amount: float | None, unit: str) -> str:
    """A number in the digits of its unit, without it: ``7.13``; a share of 0.716 is ``71.6``."""
    if amount is None:
        return NOTHING
    shown = 100 * amount if unit == "share" else amount
    text = f"{shown:,.{_DECIMALS.get(unit, 3)}f}"
    return text.lstrip("-") if not text.strip("-0.") else text


def percent(share: float) -> str:
    """A share in whole percent that stay on one line: ``71 %``."""
    return f"{round(100 * share)}{UNBROKEN}%"


def level(confidence: float) -> str:
    """A confidence in percent: ``95 %``, ``98.1 %``."""
    return f"{100 * confidence:.3g} %"


def with_unit(text: str, unit: str) -> str:
    """`text` followed by the unit, if there is one."""
    return f"{text} {_UNIT_WORDS.get(unit, unit_after(text, unit))}".rstrip()


def measured(estimate: Estimate, unit: str, *, signed: bool = False) -> str:
    """An estimate with its interval: ``71.6 [71.3, 72.0] %``; a `signed` one is a difference and has its plus."""
    if estimate.estimate is None:
        return NOTHING
    text = value(estimate.estimate, unit)
    if signed and estimate.estimate > 0 and text.strip("0."):
        text = f"+{text}"
    if estimate.low is not None or estimate.high is not None:
        low = "open" if estimate.low is None else value(estimate.low, unit)
        high = "open" if estimate.high is None else value(estimate.high, unit)
        text += f" [{low}, {high}]"
    return with_unit(_BOUNDS[estimate.bound] + text, unit)


def scale_note(scale: float) -> str:
    """What the marks behind values mean that move with the memory scale."""
    return (
        f"@1: at full scale, by anchor runs there or carried there from larger worlds; @{scale:g}: of the small world "
        "only, which says nothing of full scale."
    )


def expected(judged: ClaimVerdict) -> str:
    """The band as it was claimed: ``60 to 70 %``, ``at least 25 ± 0.5 GB``, ``0 ± 2 %``."""
    return band_words(judged.claim.expected, judged.claim.tolerance, judged.metric.unit)


def band_words(
    band: tuple[float | None, float | None], tolerance: float | None, unit: str, between: str = " to "
) -> str:
    """A band with its tolerance, in the metric's unit; what is open on a side is ``at least`` or ``at most``."""
    low, high = (None if end is None else _written(end, unit) for end in band)
    if low is None or high is None:
        text = f"at least {low}" if high is None else f"at most {high}"
    else:
        text = low if low == high else f"{low}{between}{high}"
    if tolerance:
        text += f" ± {_written(tolerance, unit)}"
    return with_unit(text, unit)


def verdict_word(judged: ClaimVerdict) -> str:
    """The verdict in a word or two; a known miss is called one, and so is one that is not missed after all."""
    if judged.claim.known == "missed" and judged.outcome == "missed":
        return "known miss"
    if judged.claim.known == "missed" and judged.outcome in ("met", "exceeded"):
        return f"{judged.outcome} (a known miss)"
    return judged.outcome


def _written(amount: float, unit: str) -> str:
    """A number as a person would write it, without digits that nobody claimed."""
    return number(round(100 * amount, 9) if unit == "share" else amount)


def when_limit(limit: Limit) -> str:
    """What RSS does at the machine's limit, and when: ``reaches ... of 32 GB between 18.8 and 19.2 hours ...``."""
    gb = f"{limit.gb:g} GB"
    if limit.reached:
        span = "" if limit.low == limit.high else f" ({limit.low:.2f} to {limit.high:.2f})"
        return f"reached the machine's limit of {gb} after {limit.hours:.2f} hours{span}"
    low, high = _hours(limit.low), _hours(limit.high)
    when = f"{low} hours" if low == high else f"between {low} and {high} hours"
    return f"reaches the machine's limit of {gb} {when} after the start"


def _hours(hours: float) -> str:
    return f"{hours:.1f}" if hours < 100 else f"{hours:,.0f}"
