"""Quotes go into Arrow tables, which are to be written as one file."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa


class QuoteTables:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.tables: list[pa.Table] = []
        self.rows = 0

    def start(self) -> None:
        pass

    def on_book(self, book: Any) -> None:
        levels = np.vstack((book.bids, book.asks))
        cells = np.outer(levels[:, 0], levels[:, 1]).ravel().tolist()
        self.tables.append(pa.table({"cell": pa.array(cells)}))
        self.rows += self.tables[-1].num_rows

    def stop(self) -> None:
        self.tables.clear()


build = QuoteTables
