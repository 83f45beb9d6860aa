"""The page that a picture is drawn on: title on top, foot lines below, boxes of axes between, all placed in pixels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from harness.files import in_one_piece
from harness.report.drawing.lettering import characters, line_px, wrapped
from harness.report.drawing.looks import (
    DPI,
    FAINT,
    HEIGHT_PX,
    SMALL_PT,
    STRIPE,
    TITLE_PT,
    WIDTH_PX,
    blank_figure,
    house_style,
)

MARGIN_PX = 20.0


class Page:
    """A figure with a title and foot lines; `top_px` and `bottom_px` are what they leave, measured from the bottom."""

    def __init__(self, title: str, foot: Sequence[str]) -> None:
        self.figure: Figure = blank_figure()
        self.top_px = HEIGHT_PX - 14.0
        self.bottom_px = 12.0
        width = WIDTH_PX - 2 * MARGIN_PX
        for line in wrapped(title, characters(width, TITLE_PT, bold=True), lines=3):
            self._write(self.top_px, line, TITLE_PT, va="top", weight="bold")
            self.top_px -= line_px(TITLE_PT)
        lines = [line for text in foot for line in wrapped(text, characters(width, SMALL_PT), lines=2)]
        for line in reversed(lines):
            self._write(self.bottom_px, line, SMALL_PT, va="bottom", color=FAINT)
            self.bottom_px += line_px(SMALL_PT)

    def axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Return axes in a box given in pixels, from the bottom left."""
        box = (left / WIDTH_PX, bottom / HEIGHT_PX, width / WIDTH_PX, height / HEIGHT_PX)
        return self.figure.add_axes(box)

    def key(self, handles: Sequence[Artist]) -> None:
        """Say what the signs mean, in one line below the title."""
        if not handles:
            return
        corner = (MARGIN_PX / WIDTH_PX, self.top_px / HEIGHT_PX)
        look: dict[str, Any] = {"borderaxespad": 0, "borderpad": 0, "handlelength": 1.8, "columnspacing": 1.6}
        one_line: dict[str, Any] = {"handles": list(handles), "ncol": len(handles), "fontsize": SMALL_PT}
        self.figure.legend(loc="upper left", bbox_to_anchor=corner, **one_line, **look)
        self.top_px -= line_px(SMALL_PT) + 4

    def shade(self, bottom: float, height: float) -> None:
        """Draw a stripe across the page behind a row, so that the eye keeps to it."""
        corner, width, high = (0.0, bottom / HEIGHT_PX), 1.0, height / HEIGHT_PX
        look: dict[str, Any] = {"color": STRIPE, "linewidth": 0, "zorder": -10}
        self.figure.add_artist(Rectangle(corner, width, high, transform=self.figure.transFigure, **look))

    def save(self, path: Path) -> None:
        """Write the picture as PNG, 1600 x 900 pixels, in one piece."""
        with house_style(), in_one_piece(path) as partial:
            self.figure.savefig(partial, format="png", dpi=DPI, metadata={"Software": None})

    def _write(self, y_px: float, text: str, size_pt: float, **look: Any) -> None:
        self.figure.text(
            MARGIN_PX / WIDTH_PX, y_px / HEIGHT_PX, text, fontsize=size_pt, ha="left", parse_math=False, **look
        )
