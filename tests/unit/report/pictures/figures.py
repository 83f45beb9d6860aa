"""What a picture draws, as matplotlib sees it."""

from __future__ import annotations

from matplotlib.figure import Figure

from harness.report.drawing.page import Page


def figure_of(page: Page | None) -> Figure | None:
    """The figure of a page; None where there is none."""
    return None if page is None else page.figure
