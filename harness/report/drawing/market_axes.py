"""The pictures of a market's sheet, each drawn into axes of its own."""

from __future__ import annotations

from collections.abc import Mapping
from math import erfc
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.ticker import FuncFormatter, LogLocator, MultipleLocator, NullFormatter

from harness.report.drawing.looks import ASKS, BIDS, FAINT, INK, PALE, SMALL_PT, Look, looks
from synthetic.facts.measures import log_returns, mean_depth
from synthetic.facts.profiles import activity, autocorrelations, heat, tail
from synthetic.facts.tape import SymbolTape, Tape

SHOWN = 4
"""Symbols that get a line of their own: spread over the ranks, the most active first."""

_HEAT_SECONDS, _HEAT_TICKS = 300, 25
_LAGS = 1000
_KEY_SHARE = 0.28  # of the height of prices, for their key above them
_POINTS = 400  # of a curve; more are not seen


def draw_prices(axes: Axes, tape: Tape) -> None:
    """Mid prices of some symbols over all of their seconds."""
    for symbol, look in _shown(tape):
        mids = symbol.mids
        known = mids[~np.isnan(mids)]
        if not known.size:
            continue
        places = np.unique(np.linspace(0, mids.size - 1, 3 * _POINTS).astype(np.int64))
        percent = 100 * (mids[places] / known[0] - 1)
        axes.plot(places / 3600, percent, color=look.colour, linewidth=1.4, label=symbol.name, gid="price")
    hours = max((symbol.mids.size for symbol in tape.symbols), default=0) / 3600
    if hours > 12:
        axes.xaxis.set_major_locator(MultipleLocator(6 if hours <= 48 else 24))
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + _KEY_SHARE * (high - low))
    axes.margins(x=0.02)
    axes.set_xlabel("hours", fontsize=SMALL_PT)
    _key(axes, "upper left", columns=2)


def draw_heat(axes: Axes, tape: Tape, ticks: Mapping[str, float]) -> None:
    """Draw the most active symbol's book over its first minutes, and its best prices."""
    symbol = tape.symbols[0]
    book = heat(symbol, ticks[symbol.name], seconds=_HEAT_SECONDS, ticks=_HEAT_TICKS)
    if book is None:
        return
    sizes = np.log10(np.maximum(np.abs(book.lots), 1e-300))
    there = book.lots != 0
    low, high = (float(np.percentile(sizes[there], share)) for share in (5, 99.5)) if there.any() else (0.0, 1.0)
    strength = np.clip((sizes - low) / max(high - low, 1e-9), 0.0, 1.0)
    signed = np.where(there, np.sign(book.lots) * (0.12 + 0.88 * strength), np.nan)
    axes.pcolormesh(
        book.time_s, book.price, signed, cmap=_bids_and_asks(), vmin=-1, vmax=1, shading="nearest", rasterized=True
    )
    for best in (book.bid, book.ask):
        axes.step(book.time_s, best, where="post", color=INK, linewidth=1.0, gid="best")
    axes.grid(False)
    axes.set_ylim(book.price[0], book.price[-1])
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.set_xlabel("seconds", fontsize=SMALL_PT)
    axes.tick_params(labelsize=SMALL_PT)


def draw_tails(axes: Axes, tape: Tape) -> None:
    """Draw how often returns of a second and of a minute exceed a size, beside a normal and a cubic law."""
    for step_s, name, look in _labelled((1, "1 s"), (60, "1 min")):
        returns = [log_returns(symbol, step_s) for symbol in tape.symbols]
        pooled = np.concatenate([r / r.std() for r in returns if r.size and r.std() > 0] or [np.empty(0)])
        sizes, shares = tail(pooled)
        if sizes.size:
            places = np.unique(np.geomspace(1, sizes.size, _POINTS).astype(np.int64))
            axes.plot(sizes[-places], shares[-places], color=look.colour, linewidth=2.2, label=name, gid="tail")
    cubic = np.array([3.0, 60.0])
    axes.plot(cubic, 0.02 * (cubic / 3) ** -3.0, color=FAINT, linewidth=1.5, linestyle=(0, (4, 2)), label="power of -3")
    normal = np.linspace(0.3, 5, 100)
    beyond = [erfc(size / np.sqrt(2)) for size in normal.tolist()]
    axes.plot(normal, beyond, color=INK, linewidth=1.5, linestyle=(0, (1, 1.5)), label="normal")
    axes.set(xscale="log", yscale="log", xlim=(0.3, 60), ylim=(1e-6, 1.2))
    axes.set_xlabel("standard deviations", fontsize=SMALL_PT)
    _plain(axes.xaxis)
    _key(axes, "lower left")


def draw_memory_of_returns(axes: Axes, tape: Tape) -> None:
    """Autocorrelations of returns and of absolute returns, medians over symbols."""
    axes.axhline(0, color=INK, linewidth=1.0)
    seconds = [log_returns(symbol, 1) for symbol in tape.symbols]
    for absolute, name, look in _labelled((True, "absolute"), (False, "returns")):
        curves = [autocorrelations(np.abs(r) if absolute else r, _LAGS) for r in seconds]
        lags = min((curve.size for curve in curves if curve.size), default=0)
        if lags:
            median = np.median([curve[:lags] for curve in curves if curve.size], axis=0)
            places = np.unique(np.geomspace(1, lags, 80).astype(np.int64))
            axes.plot(places, median[places - 1], color=look.colour, linewidth=2.2, label=name, gid="autocorrelation")
    axes.set(xscale="log", xlim=(1, _LAGS))
    axes.set_xlabel("lag in seconds", fontsize=SMALL_PT)
    _plain(axes.xaxis, steps=(1.0,))
    _key(axes, "upper right")


def draw_depth(axes: Axes, tape: Tape) -> None:
    """Cumulated quantity against the level, of the mean book of some symbols; the band's exponents beside it."""
    deepest = 1
    for symbol, look in _shown(tape):
        depth = mean_depth(symbol)
        if depth.size:
            deepest = max(deepest, depth.size)
            levels = np.arange(1, depth.size + 1)
            axes.plot(levels, depth / depth[0], color=look.colour, linewidth=2.2, label=symbol.name, gid="depth")
    band = np.geomspace(1, max(deepest, 2), 50)
    axes.fill_between(band, band**0.4, band**0.9, color=PALE, linewidth=0, zorder=0, label="0.4 to 0.9")
    axes.set(xscale="log", yscale="log", xlim=(1, max(deepest, 2)))
    axes.set_xlabel("level from the best", fontsize=SMALL_PT)
    _plain(axes.xaxis)
    _plain(axes.yaxis)
    _key(axes, "upper left")


def draw_activity(axes: Axes, tape: Tape) -> None:
    """Books a second against the rank."""
    rates = activity(tape)
    ranks = np.arange(1, rates.size + 1)
    look = looks(["one", "two"])["two"]
    axes.plot(ranks, rates, "o", color=look.colour, markersize=6, gid="activity")
    if rates.size >= 5 and rates.min() > 0:
        slope, level = np.polyfit(np.log(ranks), np.log(rates), 1)
        fitted = np.exp(level) * ranks**slope
        axes.plot(ranks, fitted, color=INK, linewidth=1.5, linestyle=(0, (4, 2)), label=f"power of {slope:.2f}")
        _key(axes, "upper right")
    axes.set(xscale="log", yscale="log")
    axes.set_xlabel("rank", fontsize=SMALL_PT)
    _plain(axes.xaxis)
    _plain(axes.yaxis)


def _shown(tape: Tape) -> list[tuple[SymbolTape, Look]]:
    places = np.unique(np.linspace(0, len(tape.symbols) - 1, min(SHOWN, len(tape.symbols))).astype(np.int64))
    symbols = [tape.symbols[place] for place in places.tolist()]
    return list(zip(symbols, looks([symbol.name for symbol in symbols]).values(), strict=True))


def _labelled(*pairs: tuple[int, str]) -> list[tuple[int, str, Look]]:
    by_name = looks([name for _, name in pairs])
    return [(value, name, by_name[name]) for value, name in pairs]


def _key(axes: Axes, where: Literal["upper left", "upper right", "lower left"], *, columns: int = 1) -> None:
    axes.tick_params(labelsize=SMALL_PT)
    if axes.get_legend_handles_labels()[0]:
        close: dict[str, Any] = {"handlelength": 1.4, "labelspacing": 0.25, "borderaxespad": 0.2, "columnspacing": 1.0}
        axes.legend(loc=where, fontsize=SMALL_PT - 1, ncol=columns, **close)


def _plain(axis: Axis, *, steps: tuple[float, ...] = (1.0, 2.0, 5.0)) -> None:
    """Write plain numbers on a logarithmic axis, such as 1, 2, 5, 10, 20, ..."""
    axis.set_major_locator(LogLocator(subs=steps))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _bids_and_asks() -> ListedColormap:
    """Return the colours from asks (vermilion) over white to bids (blue)."""
    white = np.ones(3)
    ask, bid = np.array(to_rgb(ASKS)), np.array(to_rgb(BIDS))
    share = np.linspace(0, 1, 128)[:, None]
    return ListedColormap(np.concatenate([(white + (ask - white) * share)[::-1], white + (bid - white) * share]))
