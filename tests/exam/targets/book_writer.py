"""A thread writes books to a file."""

from __future__ import annotations

import queue
import threading
from pathlib import Path
from typing import Any


class BookWriter:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.path = Path(environment.data_dir) / "books.txt"
        self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def start(self) -> None:
        threading.Thread(target=self.write, name="book-writer", daemon=True).start()

    def write(self) -> None:
        with self.path.open("a", buffering=1) as file:
            while True:
                file.write(self.lines.get())

    def on_book(self, book: Any) -> None:
        self.lines.put(f"{book.symbol} {book.bids[0, 0]} {book.asks[0, 0]}\n")

    def stop(self) -> None:
        pass


build = BookWriter
