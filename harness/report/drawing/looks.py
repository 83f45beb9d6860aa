"""How a config looks in every picture: colour, line style and marker, so that it is told apart in grey too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

import matplotlib as mpl
from matplotlib.figure import Figure

WIDTH_PX, HEIGHT_PX, DPI = 1600, 900, 100

TEXT_PT, SMALL_PT, TITLE_PT = 15.0, 14.0, 20.0
"""Sizes that can still be read when a picture is shown at half its width."""

INK, FAINT, PAPER = "#222222", "#777777", "#ffffff"

_Arguments = ParamSpec("_Arguments")
_Drawn = TypeVar("_Drawn")

Dashes = tuple[float, tuple[float, ...]] | str


@dataclass(frozen=True)
class Look:
    """One config's look. `text` is its colour made dark enough to be read on white."""

    colour: str
    text: str
    dashes: Dashes
    marker: str
    width: float


_COLOURS = (  # Okabe and Ito (2008), without the yellow, which white paper swallows
    ("#d55e00", "#b34f00"),
    ("#0072b2", "#0072b2"),
    ("#000000", "#000000"),
    ("#009e73", "#007a59"),
    ("#cc79a7", "#a3527e"),
    ("#e69f00", "#946600"),
    ("#56b4e9", "#1f78ad"),
    ("#7f7f7f", "#5f5f5f"),
)
_DASHES: tuple[Dashes, ...] = ("solid", (0, (5, 1)), (0, (1.5, 1.5)), (0, (5, 1.2, 1.2, 1.2)))
_MARKERS = "osD^vPX*"
_WIDTHS = (4.5, 2.6, 1.7)
"""A later curve is thinner, so that an earlier one under it is seen on both sides."""


def looks(configs: Sequence[str]) -> dict[str, Look]:
    """The look of every config, by its place in the scenario."""
    found = {}
    for place, config in enumerate(configs):
        colour, text = _COLOURS[place % len(_COLOURS)]
        found[config] = Look(
            colour=colour,
            text=text,
            dashes=_DASHES[(place + place // len(_COLOURS)) % len(_DASHES)],
            marker=_MARKERS[place % len(_MARKERS)],
            width=_WIDTHS[min(place, len(_WIDTHS) - 1)],
        )
    return found


@contextmanager
def house_style() -> Iterator[None]:
    """matplotlib's own defaults and this project's, whatever the user's matplotlibrc says; undone afterwards."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                "font.size": TEXT_PT,
                "text.color": INK,
                "axes.edgecolor": FAINT,
                "axes.labelcolor": INK,
                "axes.spines.top": False,
                "axes.spines.right": False,
                "axes.grid": True,
                "axes.axisbelow": True,
                "grid.color": "#e4e4e4",
                "grid.linewidth": 0.8,
                "xtick.color": FAINT,
                "ytick.color": FAINT,
                "xtick.labelcolor": INK,
                "ytick.labelcolor": INK,
                "hatch.linewidth": 0.6,
                "legend.frameon": False,
                "agg.path.chunksize": 20_000,
            }
        )
        yield


def in_house_style(draw: Callable[_Arguments, _Drawn]) -> Callable[_Arguments, _Drawn]:
    """Decorate a function that draws a picture: it draws in the house's style."""

    @wraps(draw)
    def styled(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Drawn:
        with house_style():
            return draw(*args, **kwargs)

    return styled


def blank_figure() -> Figure:
    """An empty picture of the usual size."""
    return Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, facecolor=PAPER)
