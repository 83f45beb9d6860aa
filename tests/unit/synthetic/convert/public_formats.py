"""Writes public formats by hand, from their documentation."""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from synthetic.events import Delta, Event, Reconnect, Trade

BOOK_HEADER = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount"
TRADES_HEADER = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount"

DEPTH, TRADE, CLEAR, SNAPSHOT, BBO, ADD_ORDER = 1, 2, 3, 4, 5, 10
EXCHANGE, LOCAL, BUY, SELL = (1 << bit for bit in (31, 30, 29, 28))
EVENT = np.dtype(
    [
        ("ev", "u8"),
        ("exch_ts", "i8"),
        ("local_ts", "i8"),
        ("px", "f8"),
        ("qty", "f8"),
        ("order_id", "u8"),
        ("ival", "i8"),
        ("fval", "f8"),
    ],
    align=True,
)

# hftbacktest 2.4.4 made the events in the folder data of these two (hftbacktest.data.utils.tardis.convert).
BOOK_ROWS = """\
binance-futures,AUSDT,1714521599990000,1714521600000100,false,ask,10.4,3.5
binance-futures,AUSDT,1714521600000000,1714521600001000,true,bid,9.9,2
binance-futures,AUSDT,1714521600000000,1714521600001000,true,bid,9.7,1
binance-futures,AUSDT,1714521600000000,1714521600001000,true,ask,10.1,1.5
binance-futures,AUSDT,1714521600000000,1714521600001000,true,ask,10.4,3
binance-futures,AUSDT,1714521600499000,1714521600500400,false,ask,10.1,0
binance-futures,AUSDT,1714521600499000,1714521600500400,false,ask,10.2,4
binance-futures,AUSDT,1714521600498000,1714521600500900,false,bid,9.9,2.5
binance-futures,AUSDT,1714521601699000,1714521601700000,true,bid,10.2,1
binance-futures,AUSDT,1714521601699000,1714521601700000,true,bid,9.6,1
binance-futures,AUSDT,1714521601699000,1714521601700000,true,ask,10.3,1
binance-futures,AUSDT,1714521601699000,1714521601700000,true,ask,10.5,7
binance-futures,AUSDT,1714521602099000,1714521602100000,false,bid,10.2,1.5""".splitlines()
TRADE_ROWS = """\
binance-futures,AUSDT,1714521600499000,1714521600500300,17,buy,10.1,1.5
binance-futures,AUSDT,1714521601899000,1714521601900000,18,sell,10.2,0.5
binance-futures,AUSDT,1714521601999000,1714521602000000,19,unknown,10.2,0.5""".splitlines()


def write_csv(path: Path, header: str, rows: Iterable[str]) -> Path:
    """Gzipped where the name ends in .gz."""
    data = "\n".join([header, *rows]).encode() + b"\n"
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def write_hand_made(folder: Path, book_rows: list[str] = BOOK_ROWS) -> list[Path]:
    return [
        write_csv(folder / "book.csv", BOOK_HEADER, book_rows),
        write_csv(folder / "trades.csv", TRADES_HEADER, TRADE_ROWS),
    ]


def timed(events: Iterable[Event]) -> Iterator[tuple[int, Event]]:
    """Events with times in microseconds that rise: a market may send several in a millisecond."""
    last_us = 0
    for event in events:
        last_us = max(last_us + 1, 1000 * event.timestamp_ms)
        yield last_us, event


def write_tardis(folder: Path, events: Iterable[Event]) -> list[Path]:
    """A file of all symbols' books and one of their trades."""
    book, trades = [], []
    known: set[str] = set()
    for time_us, event in timed(events):
        start = f"x,{event.symbol},{time_us},{time_us}"
        if isinstance(event, Trade):
            trades.append(f"{start},1,{event.side},{event.price!r},{event.quantity!r}")
        elif isinstance(event, Reconnect):
            known.discard(event.symbol)
        elif isinstance(event, Delta):
            is_snapshot = "false" if event.symbol in known else "true"
            known.add(event.symbol)
            for side, levels in (("bid", event.bids), ("ask", event.asks)):
                book += [f"{start},{is_snapshot},{side},{price!r},{amount!r}" for price, amount in levels.tolist()]
    return [
        write_csv(folder / "x_incremental_book_L2.csv.gz", BOOK_HEADER, book),
        write_csv(folder / "x_trades.csv.gz", TRADES_HEADER, trades),
    ]


def write_hftbacktest(folder: Path, events: Iterable[Event]) -> list[Path]:
    """A file of each symbol's events; a snapshot comes behind an event that clears both sides."""
    rows: dict[str, list[tuple[int, int, float, float]]] = {}
    known: set[str] = set()
    for time_us, event in timed(events):
        mine = rows.setdefault(event.symbol, [])
        if isinstance(event, Trade):
            mine.append((TRADE | (BUY if event.side == "buy" else SELL), time_us, event.price, event.quantity))
        elif isinstance(event, Reconnect):
            known.discard(event.symbol)
        elif isinstance(event, Delta):
            code = DEPTH if event.symbol in known else SNAPSHOT
            if code == SNAPSHOT:
                mine.append((CLEAR, time_us, math.nan, 0.0))
            known.add(event.symbol)
            for side, levels in ((BUY, event.bids), (SELL, event.asks)):
                mine += [(code | side, time_us, price, quantity) for price, quantity in levels.tolist()]
    return [write_npz(folder / f"{symbol}_20250106.npz", found) for symbol, found in rows.items()]


def write_npz(path: Path, rows: Iterable[tuple[int, int, float, float]]) -> Path:
    """Events that both exchange and receiver see: their codes, times in microseconds, prices and quantities."""
    events = [
        (EXCHANGE | LOCAL | ev, 1000 * us, 1000 * us, price, quantity, 0, 0, 0.0) for ev, us, price, quantity in rows
    ]
    np.savez_compressed(path, data=np.array(events, dtype=EVENT))
    return path
