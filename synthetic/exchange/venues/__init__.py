"""The venues, a room each: `sockets` is how clients speak with one, `streams` and `requests` what they get of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from synthetic.exchange.streams import Outlet, Venue
from synthetic.exchange.venues.binance.sockets import BinanceSpot
from synthetic.exchange.venues.bybit.sockets import BybitLinear

VENUES: Final[dict[str, Callable[[Outlet, int], Venue]]] = {"binance": BinanceSpot, "bybit": BybitLinear}
"""By name: made of the exchange it speaks for, and the seconds of its market's candles."""
