"""Rows of levels for a table that is shown to somebody."""

from __future__ import annotations

from typing import Any


class LevelRows:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.clock = environment.clock
        self.rows: list[dict[str, Any]] = []

    def start(self) -> None:
        self.rows = []

    def on_book(self, book: Any) -> None:
        now = self.clock.now_s()
        for side, levels in (("bid", book.bids), ("ask", book.asks)):
            total = 0.0
            for price, quantity in levels.tolist():
                total += quantity
                self.rows.append(
                    {
                        "at": now,
                        "side": side,
                        "price": price,
                        "quantity": quantity,
                        "total": total,
                        "notional": price * quantity,
                        "label": f"{book.symbol} {side} {price:.8f}",
                        "shown": f"{quantity:.8f} of {total:.8f}",
                    }
                )

    def stop(self) -> None:
        self.rows = []


build = LevelRows
