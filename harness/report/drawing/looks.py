"""Every colour, and how a config looks in every picture: its line style and marker tell it apart in grey too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
from matplotlib import patheffects
from matplotlib.figure import Figure

WIDTH_PX, HEIGHT_PX, DPI = 1600, 900, 100

TEXT_PT, SMALL_PT, TITLE_PT = 15.0, 14.0, 20.0
"""Sizes that can still be read when a picture is shown at half its width."""

INK, FAINT, PAPER = "#222222", "#777777", "#ffffff"
GRID, PALE, STRIPE = "#e4e4e4", "#eeeeee", "#f4f4f4"

WARM_UP: dict[str, Any] = {"facecolor": "#000000", "alpha": 0.07, "linewidth": 0}

PEAK_COLOUR, NET_COLOUR, MEAN_COLOUR = "#5e3c99", "#8c6a1f", "#1b7a5a"
"""Of the reductions of the peak, of the growth to it and of the mean: no config has these."""

ASKS, BIDS = "#d55e00", "#0072b2"


@dataclass(frozen=True)
class Fill:
    """How an area is filled: with a colour, and hatched where it is not in use."""

    colour: str
    hatch: str = ""

    @property
    def on_dark(self) -> str:
        """Its colour on a dark page, where the palest would glare."""
        return _PALE_ON_DARK.get(self.colour, self.colour)

    @property
    def style(self) -> dict[str, Any]:
        """As matplotlib draws it; only what is hatched has an edge of its own."""
        return {
            "facecolor": self.colour,
            "edgecolor": FAINT if self.hatch else self.colour,
            "hatch": self.hatch or None,
        }

    @property
    def swatch(self) -> dict[str, Any]:
        """As matplotlib draws it in a key, where everything has an edge."""
        return {**self.style, "edgecolor": FAINT}


_PALE_ON_DARK = {
    "#cfe8f7": "#33566b",
    "#fbe9c0": "#675a34",
    "#dcdcdc": "#4b5056",
    "#f2f2f2": "#62676d",
    "#bdbdbd": "#85898e",
    "#4a1486": "#8f5fd0",
}

LIVE, PINNED, SLACK, OTHER = Fill("#0072b2"), Fill("#cfe8f7", "//"), Fill("#fbe9c0", "\\\\"), Fill("#9a9a9a")
GIVEN_BACK = Fill("#7cc4a8")
BALLAST, ARROW, OVERHEAD = Fill("#dcdcdc"), Fill("#cc79a7"), Fill("#56b4e9")
GLIBC_MAPPED, GLIBC_HEAP = Fill("#a85f00"), Fill("#e69f00")
STACKS, DIRTY_FILES, SHARED_MEMORY, ANONYMOUS = map(Fill, ("#c9b8dc", "#9a86bf", "#6a51a3", "#4a1486"))
UNEXPLAINED, UNATTRIBUTED, OTHER_OWNERS = Fill("#d55e00", "xx"), Fill("#f2f2f2", "xx"), Fill("#bdbdbd")

OWNERS = tuple(map(Fill, ("#1b9e77", "#7570b3", "#e7298a", "#66a61e", "#a6761d", "#e6ab02")))
"""Brewer's Dark2: none is the colour of a line of RSS above."""

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

    @property
    def on_dark(self) -> str:
        """Its colour on a dark page, where black would be swallowed."""
        return _ON_DARK.get(self.colour, self.colour)

    @property
    def line(self) -> dict[str, Any]:
        """As matplotlib draws its line."""
        return {"color": self.colour, "linestyle": self.dashes, "linewidth": self.width}


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
_ON_DARK = {"#0072b2": "#3f9fdc", "#000000": "#f2f2f2"}
_DASHES: tuple[Dashes, ...] = ("solid", (0, (5, 1)), (0, (1.5, 1.5)), (0, (5, 1.2, 1.2, 1.2)))
_MARKERS = "osD^vPX*"
_WIDTHS = (4.5, 2.6, 1.7)
"""A later curve is thinner, so that an earlier one under it is seen on both sides."""


def looks(configs: Sequence[str]) -> dict[str, Look]:
    """Return the look of every config, by its place in the scenario."""
    by_config = {}
    for index, config in enumerate(configs):
        colour, text = _COLOURS[index % len(_COLOURS)]
        by_config[config] = Look(
            colour=colour,
            text=text,
            dashes=_DASHES[(index + index // len(_COLOURS)) % len(_DASHES)],
            marker=_MARKERS[index % len(_MARKERS)],
            width=_WIDTHS[min(index, len(_WIDTHS) - 1)],
        )
    return by_config


@contextmanager
def house_style() -> Iterator[None]:
    """Set matplotlib's defaults and this project's, whatever the user's matplotlibrc says; undone afterwards."""
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
                "grid.color": GRID,
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


def outline(width: float) -> list[patheffects.AbstractPathEffect]:
    """Return the pale edge by which a line stands out from what it crosses, for a stroke of this width."""
    return [patheffects.Stroke(linewidth=width, foreground=PAPER), patheffects.Normal()]


def blank_figure() -> Figure:
    """Return an empty picture of the usual size."""
    return Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, facecolor=PAPER)
