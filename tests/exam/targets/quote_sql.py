"""Quotes are kept in a small SQL database in memory."""

from __future__ import annotations

import sqlite3
from typing import Any


class QuoteSql:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.clock = environment.clock

    def start(self) -> None:
        self.database = sqlite3.connect(":memory:")
        self.database.execute("CREATE TABLE quotes (at REAL, symbol TEXT, levels BLOB)")

    def on_book(self, book: Any) -> None:
        levels = (book.bids.tobytes() + book.asks.tobytes()) * 50
        self.database.execute("INSERT INTO quotes VALUES (?, ?, ?)", (self.clock.now_s(), book.symbol, levels))
        self.database.commit()

    def stop(self) -> None:
        self.database.close()


build = QuoteSql
