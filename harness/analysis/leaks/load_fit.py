"""How fast floors rise beside what the recent load explains: a regression whose window nobody knows.

    floor = a + b s + c X,  c >= 0

X is the recent load by one of the KINDS of stores and one of many windows; or, whatever the load, a start that settles,
or a bend where something is full (or, with c < 0, where growth begins); or nothing. So b is how fast floors rise in the
end. s is the hour, or what was delivered since the feed began, in hours at the mean load: what grows per hour and what
grows per event both leak.

The noise is a first-order autoregression with the correlation of the residuals of the best fit (Prais and Winsten 1954;
corrected by what the fit took out, as in harness.analysis.leaks.slope_errors). Every fit is kept whose residuals are
not much larger than the least, (n - 4) ln(RSS / least RSS) <= 10.8, the 99.9 % point of chi squared with one degree of
freedom; the interval of b is the union of all of theirs. A best fit alone would have the wrong window too often.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from harness.analysis.leaks.floors import FEWEST_BESIDE_LOAD, part_of, theil_sen
from harness.analysis.leaks.load import KINDS, Kept, LoadCourse
from harness.analysis.leaks.slope_errors import ROUNDING, correlation_of

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

KEPT = 10.8
ERROR = 0.005
"""What is allowed on one side of the interval of every fit."""

PER_WINDOW = 1.1
"""Each window is longer than the last by this factor: a coarser grid misses the bend where a store is full."""

SHORTEST_IN_FLOORS = 0.25
"""The shortest window, in distances between floors. A shorter one cannot be told from it."""

LONGEST_OF_RUN = 0.5
"""The longest window, as a share of the hours since the feed began. A longer one is not yet full for as long."""

LEAST_FREEDOM = 3.0
"""The bend where a window is a little wrong passes for correlation; with less freedom nothing would be decided."""

LONGEST_SETTLING = 1.5
"""A start that settles does so as what fades under a steady load, in up to so many longest windows.

One that takes longer is not told from a leak.
"""


@dataclass(frozen=True, eq=False)
class Candidates:
    """The fits that are tried, (fits,) of each; the first is the straight line in time without load.

    `window_h` is 0 and `kept` None without a load; `per_event` says that b counts by events, `bend` that c may be below
    0. `trend` and `beside` are s and X at the floors, (..., fits, floors): hours, and shares of the mean load or of a
    start.
    """

    window_h: Array
    kept: tuple[Kept | None, ...]
    per_event: Bools
    bend: Bools
    trend: Array
    beside: Array

    @property
    def with_load(self) -> Bools:
        """Which of them have a load."""
        return self.window_h > 0

    @classmethod
    def of(cls, load: LoadCourse, looked_at_h: Array) -> Candidates:
        """All that are tried for floors that were looked for at these hours, (floors, points)."""
        apart = float(np.median(np.diff(looked_at_h.mean(axis=-1))))
        shortest, longest = SHORTEST_IN_FLOORS * apart, LONGEST_OF_RUN * float(looked_at_h[-1, -1])
        count = 1 + max(int(np.ceil(np.log(longest / shortest) / np.log(PER_WINDOW))), 1)
        windows = np.geomspace(shortest, longest, count)
        recent = [recent_at(load, looked_at_h, window, kept) for kept in KINDS for window in windows]
        steady = LoadCourse(load.t_h[[0, -1]], load.t_h[[0, -1]])
        bends = [recent_at(steady, looked_at_h, window, "window") for window in windows]
        starts = [recent_at(steady, looked_at_h, LONGEST_SETTLING * window, "decay") for window in windows]
        alike = [np.broadcast_to(course, recent[0].shape) for course in (*starts, *bends)]
        each = np.stack([np.zeros_like(recent[0]), *recent, *alike], axis=-2)
        in_time, in_events = (trend_at(load, looked_at_h, per_event=which)[..., None, :] for which in (False, True))
        kinds = [None, *(kept for kept in KINDS for _ in windows), *(None for _ in alike)]
        return cls(
            window_h=np.tile(np.concatenate([[0.0], *[windows] * len(KINDS), np.zeros(len(alike))]), 2),
            kept=(*kinds, *kinds),
            per_event=np.repeat([False, True], len(kinds)),
            bend=np.tile(np.arange(len(kinds)) >= len(kinds) - len(bends), 2),
            trend=np.concatenate([np.broadcast_to(s, each.shape) for s in (in_time, in_events)], axis=-2),
            beside=np.concatenate([each, each], axis=-2),
        )


def trend_at(load: LoadCourse, looked_at_h: Array, *, per_event: bool) -> Array:
    """The hours of floors, or what was delivered by then in hours at the mean load: (..., floors)."""
    if not per_event:
        return _lowest(looked_at_h)
    return np.asarray(_lowest(load.at(looked_at_h)) / load.per_hour[..., None])


def recent_at(load: LoadCourse, looked_at_h: Array, window_h: float, kept: Kept) -> Array:
    """The recent load that floors would have if they were nothing else, in shares of the mean load: (..., floors)."""
    return np.asarray(_lowest(load.recent(looked_at_h, window_h, kept)) / load.per_hour[..., None])


def _lowest(points: Array) -> Array:
    """What the floor of a block is, of the points (..., points) at which it was looked for."""
    return np.asarray(np.percentile(points, 10, axis=-1)) if points.shape[-1] > 1 else points[..., 0]


class Noise(NamedTuple):
    """A first-order autoregression: its correlation from floor to floor and its sum of squared shocks, (...,)."""

    correlation: Array
    squares: Array


@dataclass(frozen=True, eq=False)
class LoadFit:
    """What became of a curve of floors, each (...,) of one series or of many.

    `slope` and `per_load` are b and c of the best fit, [`low`, `high`] the union of the intervals of b of all that are
    kept; [`own_low`, `own_high`] is that of the best, [`line_low`, `line_high`] that of the straight line without load.
    `window_h` and `kept` are those of the best, `windows_h` the shortest and longest of all kept that have a load (NaN
    where the best has none). `share` is how much of the rise of the best fit from the first floor to the last its load
    explains, 0 to 1, NaN where it does not rise. `explained` (..., floors) is what the load explains, less that of the
    first floor. `late` and `last` are the Theil-Sen slopes of the last half and quarter of what it leaves.
    """

    slope: Array
    per_load: Array
    low: Array
    high: Array
    own_low: Array
    own_high: Array
    line_low: Array
    line_high: Array
    best: NDArray[np.intp]
    window_h: Array
    windows_h: tuple[Array, Array]
    share: Array
    explained: Array
    late: Array
    last: Array
    noise: Noise


def fit_load(
    hours: Array, values: Array, candidates: Candidates, *, error: float = ERROR, noise: Noise | None = None
) -> LoadFit:
    """Fit the floors `values` (..., floors) at `hours` (floors,); `error` is that of one side of a fit's interval.

    With a `noise` the values are taken for what is behind it: the fits are as a curve with that noise would have them
    on average. Raises ValueError for fewer than eight floors.
    """
    if hours.size < FEWEST_BESIDE_LOAD:
        raise ValueError(f"{hours.size} floors are too few for a fit with a load: {FEWEST_BESIDE_LOAD} are needed")
    centred = values - values.mean(axis=-1, keepdims=True)
    if noise is None:
        correlation = _correlation(centred, candidates)
        fits = _Fits.of(centred, candidates, correlation)
    else:
        correlation = noise.correlation
        fits = _Fits.of(centred, candidates, correlation, beside=noise.squares)
    intervals = fits.intervals(hours.size, correlation, error)
    residual = fits.squares
    best = residual.argmin(axis=-1)
    keep = (hours.size - 4) * np.log(residual / residual.min(axis=-1, keepdims=True)) <= KEPT

    def of_best(each: Array) -> Array:
        wide = np.broadcast_to(each, keep.shape)
        return np.asarray(np.take_along_axis(wide, best[..., None], axis=-1)[..., 0])

    slope, per_load = of_best(fits.slope), of_best(fits.load * candidates.with_load)
    load, trend = _at_best(candidates.beside, best), _at_best(candidates.trend, best)
    explained = per_load[..., None] * (load - load[..., :1])
    by_load, by_trend = explained[..., -1], slope * (trend[..., -1] - trend[..., 0])
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(by_load + by_trend > 0, np.clip(by_load / (by_load + by_trend), 0, 1), np.nan)
    rest = values - explained
    with_load = keep & candidates.with_load & (fits.load > 0)
    some = with_load.any(axis=-1) & (per_load > 0)
    shortest = np.where(with_load, candidates.window_h, np.inf).min(axis=-1)
    longest = np.where(with_load, candidates.window_h, 0.0).max(axis=-1)
    return LoadFit(
        slope=slope,
        per_load=per_load,
        low=np.where(keep, intervals.low, np.inf).min(axis=-1),
        high=np.where(keep, intervals.high, -np.inf).max(axis=-1),
        own_low=of_best(intervals.low),
        own_high=of_best(intervals.high),
        line_low=intervals.low[..., 0],
        line_high=intervals.high[..., 0],
        best=best,
        window_h=np.where(per_load > 0, of_best(candidates.window_h), 0.0),
        windows_h=(np.where(some, shortest, np.nan), np.where(some, longest, np.nan)),
        share=share,
        explained=explained,
        late=_slope_of("last_half", hours, rest),
        last=_slope_of("last_quarter", hours, rest),
        noise=Noise(correlation, residual.min(axis=-1)),
    )


def _slope_of(part: str, hours: Array, values: Array) -> Array:
    inside = part_of(part, hours.size)
    return theil_sen(hours[inside], values[..., inside])


def _at_best(each: Array, best: NDArray[np.intp]) -> Array:
    """The best of regressors (..., fits, floors) for every series: (..., floors)."""
    wide = np.broadcast_to(each, (*best.shape, *each.shape[-2:]))
    return np.asarray(np.take_along_axis(wide, best[..., None, None], axis=-2)[..., 0, :])


def _correlation(centred: Array, candidates: Candidates) -> Array:
    """That of the residuals from floor to floor, of the best fit; corrected, and that of the best fit under it."""
    correlation = np.zeros(centred.shape[:-1])
    for _ in range(2):
        fits = _Fits.of(centred, candidates, correlation)
        best = fits.squares.argmin(axis=-1)
        slope, load = (np.take_along_axis(each, best[..., None], axis=-1) for each in (fits.slope, fits.load))
        left = centred - slope * _at_best(candidates.trend, best) - load * _at_best(candidates.beside, best)
        left = left - left.mean(axis=-1, keepdims=True)
        correlation = correlation_of(left, centred, np.where(load[..., 0] != 0, 3, 2))
    return correlation


class _Ends(NamedTuple):
    low: Array
    high: Array


@dataclass(frozen=True, eq=False)
class _Fits:
    """All fits of all series, each (..., fits): b and c with its bound, and what they were found from.

    `free` are b and c without a bound, `line` is b at c = 0; the moments are those of s and X beside a constant.
    `bounded` are the fits whose c is not below 0.
    """

    slope: Array
    load: Array
    squares: Array
    free: tuple[Array, Array]
    line: Array
    line_squares: Array
    moments: tuple[Array, Array, Array]
    bounded: Bools

    @classmethod
    def of(cls, values: Array, candidates: Candidates, correlation: Array, beside: Array | None = None) -> _Fits:
        """The fits of centred `values` (..., floors); `beside` are squares of a noise that is not in the values."""
        one = _whitened(np.ones((*values.shape[:-1], 1, values.shape[-1])), correlation)
        one = one / np.sqrt((one**2).sum(axis=-1, keepdims=True))

        def beside_constant(each: Array) -> Array:
            white = _whitened(each, correlation)
            return np.asarray(white - (white * one).sum(axis=-1, keepdims=True) * one)

        y, s, x = (beside_constant(each) for each in (values[..., None, :], candidates.trend, candidates.beside))
        ss, sx, xx = (s * s).sum(axis=-1), (s * x).sum(axis=-1), (x * x).sum(axis=-1)
        sy, xy, yy = (s * y).sum(axis=-1), (x * y).sum(axis=-1), (y * y).sum(axis=-1)
        line = sy / ss
        det = ss * xx - sx**2
        told = det > 1e-9 * ss * xx
        det = np.where(told, det, 1.0)
        load = np.where(told, (ss * xy - sx * sy) / det, 0.0)
        slope = np.where(told, (xx * sy - sx * xy) / det, line)
        least = np.maximum(yy, 1e-300) * ROUNDING
        line_squares = np.maximum(yy - line * sy, least)
        used = (load > 0) | candidates.bend
        squares = np.where(used, np.maximum(yy - slope * sy - load * xy, least), line_squares)
        extra = 0.0 if beside is None else beside[..., None]
        return cls(
            slope=np.where(used, slope, line),
            load=np.where(used, load, 0.0),
            bounded=~candidates.bend,
            squares=squares + extra,
            free=(slope, load),
            line=line,
            line_squares=line_squares + extra,
            moments=(ss, sx, np.where(told, xx, 0.0)),
        )

    def intervals(self, floors: int, correlation: Array, error: float) -> _Ends:
        """The interval of b of every fit, by Student's t with the freedom of floors that depend on each other.

        Where an end would be reached with a c below 0, it is that at c = 0, or at the upper end of c's own interval.
        """
        freedom = np.maximum(floors * (1 - correlation) / (1 + correlation) - 3, LEAST_FREEDOM)
        t = np.asarray(stats.t.ppf(1 - error, freedom))[..., None]
        ss, sx, xx = self.moments
        slope, load = self.free
        told = xx > 0
        det = np.where(told, ss * xx - sx**2, 1.0)
        variance = self.squares / (floors - 3)
        half, half_load = t * np.sqrt(variance * xx / det), t * np.sqrt(variance * ss / det)
        half_line = t * np.sqrt(self.line_squares / (floors - 2) / ss)
        turn = sx / np.where(told, xx, 1.0) * half  # how far c is from its estimate where b is at an end
        limit = load + half_load
        at_limit = slope - sx / ss * half_load
        ends = []
        for sign, extreme in ((-1.0, np.minimum), (1.0, np.maximum)):
            at_line = self.line + sign * half_line
            held = np.where(limit > 0, extreme(at_line, at_limit), at_line)
            ends.append(np.where(told & (~self.bounded | (load - sign * turn >= 0)), slope + sign * half, held))
        return _Ends(
            *(np.where(told, end, self.line + sign * half_line) for sign, end in zip((-1, 1), ends, strict=True))
        )


def _whitened(series: Array, correlation: Array) -> Array:
    """Series (..., fits, floors) less what the floor before tells of each, by Prais and Winsten."""
    phi = correlation[..., None, None]
    first = np.sqrt(1 - phi**2) * series[..., :1]
    return np.concatenate([first, series[..., 1:] - phi * series[..., :-1]], axis=-1)
