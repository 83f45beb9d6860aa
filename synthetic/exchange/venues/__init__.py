"""The venues, a module each: what is asked of them by REST, what is subscribed to, how they answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from synthetic.exchange.streams import Outlet, Venue
from synthetic.exchange.venues.binance import BinanceSpot
from synthetic.exchange.venues.bybit import BybitLinear

VENUES: Final[dict[str, Callable[[Outlet, int], Venue]]] = {"binance": BinanceSpot, "bybit": BybitLinear}
"""By name: made of the exchange it speaks for, and the seconds of its market's candles."""
