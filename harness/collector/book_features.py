"""The features of one order book, computed in one vectorised pass."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DEPTHS = (1, 3, 5, 10, 20, 50)
WIDE = (5, 10, 20, 50)

BOOK_FEATURES: tuple[str, ...] = (
    "best_bid", "best_ask", "mid_price", "spread",
    *(f"bid_depth_{n}" for n in DEPTHS), *(f"ask_depth_{n}" for n in DEPTHS),
    *(f"bid_notional_{n}" for n in WIDE), *(f"ask_notional_{n}" for n in WIDE),
    # ratios
    "spread_bps", *(f"imbalance_{n}" for n in DEPTHS), *(f"notional_imbalance_{n}" for n in WIDE),
    *(f"bid_distance_bps_{n}" for n in WIDE), *(f"ask_distance_bps_{n}" for n in WIDE),
    "bid_slope_bps", "ask_slope_bps", "bid_concentration", "ask_concentration",
    # ratios of ratios
    *(f"bid_vwap_offset_bps_{n}" for n in WIDE), *(f"ask_vwap_offset_bps_{n}" for n in WIDE),
    "microprice_offset_bps", "largest_bid_share", "largest_ask_share",
    # against the book before
    "bid_levels_vanished", "bid_levels_new", "ask_levels_vanished", "ask_levels_new",
    "mid_change_bps", "mid_change_history_bps",
)  # fmt: skip

PLAIN = BOOK_FEATURES.index("spread_bps")
RATIOS = BOOK_FEATURES.index("microprice_offset_bps")
IMBALANCE = BOOK_FEATURES.index("imbalance_1")
BID_TOTAL = BOOK_FEATURES.index(f"bid_depth_{DEPTHS[-1]}")
ASK_TOTAL = BOOK_FEATURES.index(f"ask_depth_{DEPTHS[-1]}")


class BookFeatures:
    """The features of one book from a single matrix product: sums and differences are rows of a constant matrix.

    The work arrays are made once and shared by all symbols, so that a book leaves nothing behind but its features.
    """

    def __init__(self) -> None:
        depth = DEPTHS[-1]
        self._cells = np.zeros((6, depth))  # bid price, bid quantity, ask price, ask quantity, bid and ask notional
        rows, numerators, denominators, factors = _linear_forms(depth)
        self._weights = np.ascontiguousarray(rows)
        self._linear = np.zeros(len(rows))
        self._numerators, self._denominators, self._factors = numerators, denominators, factors

    def compute(self, bids: NDArray[np.float64], asks: NDArray[np.float64], out: NDArray[np.float64]) -> None:
        """Write all features but the last six of BOOK_FEATURES to `out`; `bids` and `asks` are (levels >= 1, 2)."""
        cells, linear = self._cells, self._linear
        if len(bids) == len(asks) == cells.shape[1]:
            cells[0:2] = bids.T
            cells[2:4] = asks.T
        else:
            _pad(cells[0:2], bids)
            _pad(cells[2:4], asks)
        np.multiply(cells[0:4:2], cells[1:4:2], out=cells[4:6])
        np.dot(self._weights, cells.reshape(-1), out=linear)
        out[:PLAIN] = linear[:PLAIN]
        ratios = linear.take(self._numerators)
        ratios /= linear.take(self._denominators)
        ratios *= self._factors
        out[PLAIN:RATIOS] = ratios
        mid, spread = float(linear[2]), float(linear[3])
        self._second_order(out, mid, spread)

    def _second_order(self, out: NDArray[np.float64], mid: float, spread: float) -> None:
        """Turn volume-weighted prices into offsets from the mid, and add what is a product of ratios."""
        vwaps = out[RATIOS - 2 * len(WIDE) : RATIOS]
        vwaps -= mid
        vwaps *= 1e4 / mid
        out[RATIOS] = spread * out[IMBALANCE] / 2 / mid * 1e4
        largest = np.maximum.reduce(self._cells[1:4:2], axis=1)
        out[RATIOS + 1] = largest[0] / out[BID_TOTAL]
        out[RATIOS + 2] = largest[1] / out[ASK_TOTAL]


def _pad(cells: NDArray[np.float64], side: NDArray[np.float64]) -> None:
    """A deep book is cut; in a thin one the missing levels stand at the last price with no quantity."""
    side = side[: cells.shape[1]]
    cells[:, : len(side)] = side.T
    cells[0, len(side) :] = side[-1, 0]
    cells[1, len(side) :] = 0.0


def _linear_forms(depth: int) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """The constant matrix (forms, 6 x depth) of every sum a feature needs, and the ratios between its rows.

    The rows begin with the plain features in the order of BOOK_FEATURES. Returns the rows, and per ratio feature the
    row of its numerator, of its denominator, and its factor.
    """
    rows: list[NDArray[np.float64]] = []
    names: dict[str, int] = {}

    def form(name: str, **parts: NDArray[np.float64] | float) -> None:
        block = np.zeros((6, depth))
        for kind, weights in parts.items():
            block[("bid", "bid_qty", "ask", "ask_qty", "bid_value", "ask_value").index(kind)] = weights
        names[name] = len(rows)
        rows.append(block.reshape(-1))

    def level(n: int) -> NDArray[np.float64]:
        return np.asarray(np.arange(depth) == min(n, depth) - 1, dtype=np.float64)

    def top(n: int) -> NDArray[np.float64]:
        return (np.arange(depth) < n).astype(np.float64)

    best = level(1)
    form("best_bid", bid=best)
    form("best_ask", ask=best)
    form("mid_price", bid=best / 2, ask=best / 2)
    form("spread", bid=-best, ask=best)
    for side in ("bid", "ask"):
        for n in DEPTHS:
            form(f"{side}_depth_{n}", **{f"{side}_qty": top(n)})
    for side in ("bid", "ask"):
        for n in WIDE:
            form(f"{side}_notional_{n}", **{f"{side}_value": top(n)})
    for n in DEPTHS:
        form(f"difference_{n}", bid_qty=top(n), ask_qty=-top(n))
        form(f"both_{n}", bid_qty=top(n), ask_qty=top(n))
    for n in WIDE:
        form(f"notional_difference_{n}", bid_value=top(n), ask_value=-top(n))
        form(f"notional_both_{n}", bid_value=top(n), ask_value=top(n))
        form(f"bid_distance_{n}", bid=best - level(n))
        form(f"ask_distance_{n}", ask=level(n) - best)
    # least-squares slope of price over level: sum((i - mean) p) / sum((i - mean)^2)
    centred = np.arange(depth, dtype=np.float64) - (depth - 1) / 2
    slope: NDArray[np.float64] = centred / float(centred @ centred)
    form("bid_slope", bid=-slope)
    form("ask_slope", ask=slope)

    ratios = [("spread", "mid_price", 1e4)]
    ratios += [(f"difference_{n}", f"both_{n}", 1.0) for n in DEPTHS]
    ratios += [(f"notional_difference_{n}", f"notional_both_{n}", 1.0) for n in WIDE]
    ratios += [(f"{side}_distance_{n}", "mid_price", 1e4) for side in ("bid", "ask") for n in WIDE]
    ratios += [(f"{side}_slope", "mid_price", 1e4) for side in ("bid", "ask")]
    ratios += [(f"{side}_depth_5", f"{side}_depth_50", 1.0) for side in ("bid", "ask")]
    ratios += [(f"{side}_notional_{n}", f"{side}_depth_{n}", 1.0) for side in ("bid", "ask") for n in WIDE]
    return (
        np.array(rows),
        np.array([names[numerator] for numerator, _, _ in ratios], dtype=np.intp),
        np.array([names[denominator] for _, denominator, _ in ratios], dtype=np.intp),
        np.array([factor for _, _, factor in ratios]),
    )
