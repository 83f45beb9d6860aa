"""The sheet of a market: six pictures of one tape, by which a reader sees whether it looks like a market."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from harness.report.drawing import market_axes
from harness.report.drawing.looks import TEXT_PT, WIDTH_PX, in_house_style
from harness.report.drawing.page import MARGIN_PX, Page
from synthetic.facts.tape import Tape
from synthetic.instrument import Instrument

_LEFT_PX, _TICKS_PX, _HEADING_PX = 78.0, 68.0, 46.0
_ACROSS, _DOWN = 3, 2


@in_house_style
def market_picture(title: str, foot: Sequence[str], tape: Tape, instruments: Sequence[Instrument]) -> Page:
    """Draw the sheet of a tape."""
    page = Page(title, foot)
    ticks = {instrument.name: instrument.tick for instrument in instruments}
    market_axes.draw_prices(_panel(page, 0, "Prices, % since the start"), tape)
    market_axes.draw_heat(_panel(page, 1, f"Book of {tape.symbols[0].name}: quantity, bids and asks"), tape, ticks)
    market_axes.draw_tails(_panel(page, 2, "Share of returns larger than x sd"), tape)
    market_axes.draw_memory_of_returns(_panel(page, 3, "Autocorrelation of 1 s returns"), tape)
    market_axes.draw_depth(_panel(page, 4, "Cumulated quantity, best level = 1"), tape)
    market_axes.draw_activity(_panel(page, 5, "Books a second"), tape)
    return page


def _panel(page: Page, number: int, heading: str) -> Axes:
    """Return one of six boxes, numbered from the top left, row by row."""
    row, column = divmod(number, _ACROSS)
    width = (WIDTH_PX - MARGIN_PX) / _ACROSS
    height = (page.top_px - page.bottom_px) / _DOWN
    axes = page.axes(
        column * width + _LEFT_PX,
        page.top_px - (row + 1) * height + _TICKS_PX,
        width - _LEFT_PX - 10,
        height - _TICKS_PX - _HEADING_PX,
    )
    axes.set_title(heading, loc="left", fontsize=TEXT_PT, pad=8, parse_math=False)
    return axes
