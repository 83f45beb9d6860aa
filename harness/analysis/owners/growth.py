"""Who holds the memory: the growth of every owner, from the walks of a run. GB at full scale, GB per virtual hour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.analysis.estimates import Estimate, Reading, mean_or_zero, over_seeds
from harness.analysis.owners.rates import Rate, rate
from harness.analysis.runs import EPSILON_S, Run

UNATTRIBUTED = "(unattributed)"
"""Live bytes and mappings less all owners: held by nothing that can be reached from the target. May be negative."""

SMALLER = "(smaller owners)"
"""All owners together that never hold SMALL_SHARE of what is live."""

LIVE = "(live)"
"""All owners and the unattributed: live bytes, without the ballast, and what the program mapped itself."""

SMALL_SHARE = 0.001

EXPLAINED = 0.9
"""The first owners that make this share of a growth explain it."""

TIMELINE = ("start", "load", "before")
"""The walks under feed, in order: before the first event, in time, just before stop()."""


@dataclass(frozen=True, eq=False)
class Walks:
    """The walks of one run under feed: `times_s` of shape (walks,), `gb` with one row a walk and one column a path.

    `early` marks the walks before the end of the warm-up. An owner that a walk did not meet held nothing then.
    """

    times_s: NDArray[np.float64]
    gb: pd.DataFrame
    early: NDArray[np.bool_]


@dataclass(frozen=True)
class OwnerGrowth:
    """One owner of one config over its seeds.

    `rate` is its growth in GB/h under load that no cleanup reaches, `cleared` what it grows in GB/h between cleanups
    beyond that and they give back (None without cleanups); `grown` is what it held more in the last walk under feed
    than in the first, GB; `held` what it held in the last.
    """

    path: str
    rate: Estimate
    cleared: Estimate | None
    grown: Estimate
    held: Estimate


@dataclass(frozen=True)
class Growth:
    """The owners of one config, the fastest first, with `live`, all of them together; `walks` is the fewest of a run.

    UNATTRIBUTED is always among the owners.
    """

    config: str
    live: OwnerGrowth
    owners: tuple[OwnerGrowth, ...]
    walks: int

    def owner(self, path: str) -> OwnerGrowth:
        """The owner at `path`; KeyError where there is none."""
        return {owner.path: owner for owner in self.owners}[path]

    def by_cleared(self) -> tuple[OwnerGrowth, ...]:
        """The owners, the one that cleanups lower most first."""
        return tuple(sorted(self.owners, key=lambda owner: mean_or_zero(owner.cleared), reverse=True))


def walks(run: Run) -> Walks | None:
    """The walks of a run under feed, None where there is none."""
    totals = run.owners[(run.owners["symbol"] == "") & run.owners["step"].isin(TIMELINE)]
    if totals.empty:
        return None
    table = totals.pivot_table(index="t_s", columns="path", values="bytes", aggfunc="last", fill_value=0.0)
    times = table.index.to_numpy(dtype=np.float64)
    gb = table.reset_index(drop=True).astype(np.float64) / run.memory_scale / 1e9
    return Walks(times, gb, times < run.warmup_s - EPSILON_S)


def growth(config: str, runs: Sequence[Run]) -> Growth | None:
    """How the owners of `config` grow, None where none of its runs was walked; runs without walks are left out."""
    walked = {run.seed: (run, one) for run in runs if run.config == config and (one := walks(run))}
    if not walked:
        return None
    paths = _large([one.gb for _, one in walked.values()])
    tables: dict[int, pd.DataFrame] = {}
    for seed, (_, one) in walked.items():
        large, live_gb = one.gb.reindex(columns=paths, fill_value=0.0), one.gb.sum(axis=1)
        tables[seed] = large.assign(**{SMALLER: live_gb - large.sum(axis=1), LIVE: live_gb})
    found = {
        path: _grown(path, {seed: table[path].to_numpy() for seed, table in tables.items()}, walked)
        for path in (LIVE, *paths, SMALLER)
    }
    live = found.pop(LIVE)
    if not any(table[SMALLER].any() for table in tables.values()):
        del found[SMALLER]
    return Growth(config, live, fastest_first(found.values()), min(len(table) for table in tables.values()))


def fastest_first(owners: Iterable[OwnerGrowth]) -> tuple[OwnerGrowth, ...]:
    """The owners by their rates, those without one by what they have grown."""
    return tuple(sorted(owners, key=lambda owner: (mean_or_zero(owner.rate), mean_or_zero(owner.grown)), reverse=True))


def explaining(owners: Sequence[OwnerGrowth], total: float, share: float = EXPLAINED) -> tuple[OwnerGrowth, ...]:
    """The fewest first owners, but those without a name, whose rates together make `share` of a `total` rate, or all
    that grow."""
    found: list[OwnerGrowth] = []
    covered = 0.0
    for owner in owners:
        if covered >= share * total or mean_or_zero(owner.rate) <= 0:
            break
        if owner.path not in (UNATTRIBUTED, SMALLER):
            found.append(owner)
            covered += mean_or_zero(owner.rate)
    return tuple(found)


def share_of(owner: OwnerGrowth, live: OwnerGrowth) -> float | None:
    """The share of the long-run growth of live bytes that an owner makes, None where these do not grow for certain."""
    if owner.rate.estimate is None or live.rate.estimate is None or not certainly_above(live.rate, 0.0):
        return None
    return owner.rate.estimate / live.rate.estimate


def certainly_above(estimate: Estimate, bound: float) -> bool:
    """Whether an estimate, with all of its interval where it has one, lies above a bound."""
    if estimate.estimate is None:
        return False
    return (estimate.estimate if estimate.low is None else estimate.low) > bound


def after_step(config: str, runs: Sequence[Run], step: str, *, since: str = "start") -> dict[str, Estimate]:
    """What every owner holds in the walk of a step of the stop over what it held in the walk `since`, GB, most first.

    Empty where no run has both walks. Owners that hold less than before are left out, but for UNATTRIBUTED.
    """
    both: dict[int, dict[str, float]] = {}
    for run in runs:
        if run.config == config:
            then, now = _walk(run, since), _walk(run, step)
            if then is not None and now is not None:
                more_gb = now.add(-then, fill_value=0.0)
                both[run.seed] = dict(zip(map(str, more_gb.index), more_gb.tolist(), strict=True))
    paths = dict.fromkeys(path for one in both.values() for path in one)
    held = {path: over_seeds({seed: Reading(one.get(path, 0.0)) for seed, one in both.items()}) for path in paths}
    more = {path: one for path, one in held.items() if mean_or_zero(one) > 0 or path == UNATTRIBUTED}
    return dict(sorted(more.items(), key=lambda item: mean_or_zero(item[1]), reverse=True))


@dataclass(frozen=True)
class Unevenness:
    """How the growth of an owner from the first walk to stop() falls on symbols.

    `shares` holds the symbols of the lowest seed with their shares of it, the largest first; `largest` the share of the
    largest over all seeds (symbols may be called otherwise in another seed).
    """

    path: str
    seed: int
    shares: tuple[tuple[str, float], ...]
    largest: Estimate

    @property
    def times_even(self) -> float:
        """How many times an even share the largest symbol has."""
        return mean_or_zero(self.largest) * len(self.shares)


def unevenness(config: str, runs: Sequence[Run], path: str) -> Unevenness | None:
    """How the growth of `path` falls on symbols, None where symbols were not told apart or nothing grew."""
    found: dict[int, tuple[tuple[str, float], ...]] = {}
    for run in sorted(runs, key=lambda run: run.seed):
        if run.config != config:
            continue
        then, now = _walk(run, "start", path), _walk(run, "before", path)
        if now is None:
            continue
        grown = now if then is None else now.add(-then, fill_value=0.0)
        total = float(grown.clip(lower=0.0).sum())
        if total > 0:
            shares = [(str(symbol), float(share) / total) for symbol, share in grown.clip(lower=0.0).items()]
            found[run.seed] = tuple(sorted(shares, key=lambda item: item[1], reverse=True))
    if not found:
        return None
    seed = min(found)
    largest = over_seeds({one: Reading(shares[0][1]) for one, shares in found.items()})
    return Unevenness(path, seed, found[seed], largest)


def _walk(run: Run, step: str, path: str | None = None) -> pd.Series[float] | None:
    """GB by path of the last walk of a step, or by symbol where one path is given; None where there is none."""
    rows = run.owners[run.owners["step"] == step]
    rows = rows[rows["symbol"] == ""] if path is None else rows[(rows["symbol"] != "") & (rows["path"] == path)]
    if rows.empty:
        return None
    rows = rows[rows["t_s"] == rows["t_s"].max()]
    summed: pd.Series[float] = rows.groupby("path" if path is None else "symbol")["bytes"].sum()
    return summed / run.memory_scale / 1e9


def _large(tables: Sequence[pd.DataFrame]) -> list[str]:
    """The paths that held SMALL_SHARE of the live bytes in some walk of some seed, and UNATTRIBUTED."""
    found = dict.fromkeys([UNATTRIBUTED])
    for table in tables:
        least = SMALL_SHARE * float(table.sum(axis=1).abs().max())
        found.update(dict.fromkeys(path for path in table.columns if float(table[path].abs().max()) >= least))
    return list(found)


def _grown(path: str, series: dict[int, NDArray[np.float64]], walked: dict[int, tuple[Run, Walks]]) -> OwnerGrowth:
    rates: dict[int, Reading] = {}
    cleared: dict[int, Reading] = {}
    for seed, values in series.items():
        run, found = walked[seed]
        late = ~found.early
        ages = _ages_h(run, found)
        one = rate(found.times_s[late] / 3600, None if ages is None else ages[late], values[late])
        rates[seed], cleared[seed] = _readings(run, one)
    return OwnerGrowth(
        path,
        over_seeds(rates),
        over_seeds(cleared) if any(reading.value is not None for reading in cleared.values()) else None,
        over_seeds({seed: Reading(float(values[-1] - values[0])) for seed, values in series.items()}),
        over_seeds({seed: Reading(float(values[-1])) for seed, values in series.items()}),
    )


def _readings(run: Run, one: Rate | None) -> tuple[Reading, Reading]:
    too_few = Reading(None, lack="undecided", reason=f"{run.config} was walked too few times under load")
    if one is None:
        return too_few, too_few
    if one.cleared_per_hour is None:
        return Reading(one.per_hour), too_few
    return Reading(one.per_hour), Reading(one.cleared_per_hour)


def _ages_h(run: Run, found: Walks) -> NDArray[np.float64] | None:
    """Hours since the last done cleanup (or the start) at every walk, shape (walks,); None where there was none.

    A walk at the very instant of a cleanup may have come before or after it: the live bytes around it tell which.
    """
    cleanups = np.concatenate([[0.0], run.event_times("cleanup")])
    if len(cleanups) == 1:
        return None
    at_or_before = np.searchsorted(cleanups, found.times_s + EPSILON_S, side="right") - 1
    since = cleanups[at_or_before]
    for walk in np.flatnonzero((np.abs(found.times_s - since) <= EPSILON_S) & (at_or_before > 0)):
        if _came_before(run, float(since[walk]), float(found.gb.iloc[walk].sum())):
            since[walk] = cleanups[at_or_before[walk] - 1]
    ages: NDArray[np.float64] = np.maximum(found.times_s - since, 0.0) / 3600
    return ages


def _came_before(run: Run, cleanup_s: float, live_gb: float) -> bool:
    """Whether live bytes (without ballast) are nearer to the reading before a cleanup than to the one after it."""
    live = run.held_gb
    read = np.isfinite(live) & run.fed
    times, live = run.t_s[read], live[read]
    before, after = live[times < cleanup_s - EPSILON_S], live[times > cleanup_s + EPSILON_S]
    if not before.size or not after.size:
        return True
    return bool(abs(live_gb - before[-1]) <= abs(live_gb - after[0]))
