"""Two configs on the same market: how readings of one seed make a reading of the pair."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.analysis.estimates import Bound, Reading, absent

Pairing = Callable[[Reading, Reading], Reading]

OPPOSITE: dict[Bound, Bound] = {"exact": "exact", "lower": "upper", "upper": "lower"}


def paired(a: Mapping[int, Reading], b: Mapping[int, Reading], pair: Pairing) -> dict[int, Reading]:
    """The readings of the pairs, by seed, of the seeds that both configs ran."""
    return {seed: pair(a[seed], b[seed]) for seed in sorted(a.keys() & b.keys())}


def reduction(a: Reading, b: Reading) -> Reading:
    """1 - b/a: what `b` saves of `a`. Where `a` is a lower bound, so is the reduction; where `b` is, it is an upper."""
    return _pair(a, b, lambda before, after: 1 - after / before)


def ratio(a: Reading, b: Reading) -> Reading:
    """a/b."""
    return _pair(a, b, lambda before, after: before / after)


def relative_difference(a: Reading, b: Reading) -> Reading:
    """(b - a)/a."""
    reading = reduction(a, b)
    if reading.value is None:
        return reading
    return Reading(0.0 - reading.value, OPPOSITE[reading.bound], reason=reading.reason)


def difference(a: Reading, b: Reading) -> Reading:
    """b - a."""
    if a.value is None or b.value is None:
        return a if a.value is None else b
    bound = _bound(OPPOSITE[a.bound], b.bound)
    return _both_bounded() if bound is None else Reading(b.value - a.value, bound, reason=_why(a, b))


def _pair(a: Reading, b: Reading, value: Callable[[float, float], float]) -> Reading:
    """A pair's reading that rises with `a` and falls with `b`, both of which must be positive."""
    if a.value is None or b.value is None:
        return a if a.value is None else b
    if a.value <= 0 or b.value <= 0:
        return absent("not applicable", f"no ratio of {a.value:g} and {b.value:g}")
    bound = _bound(a.bound, OPPOSITE[b.bound])
    return _both_bounded() if bound is None else Reading(value(a.value, b.value), bound, reason=_why(a, b))


def _bound(first: Bound, second: Bound) -> Bound | None:
    """The bound of a sum of two, None where they bound it from different sides."""
    if "exact" in (first, second):
        return second if first == "exact" else first
    return first if first == second else None


def _why(a: Reading, b: Reading) -> str:
    return "; ".join(reading.reason for reading in (a, b) if reading.bound != "exact")


def _both_bounded() -> Reading:
    return absent("undecided", "both sides are bounds")
