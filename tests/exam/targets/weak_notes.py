"""Notes on a profile live as long as the profile does: its table has weak keys."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np


class Profile:
    def __init__(self, book: Any) -> None:
        prices = np.concatenate((book.bids[:, 0], book.asks[:, 0]))
        self.matrix = np.subtract.outer(prices, prices)


class Note:
    def __init__(self, profile: Profile, text: str) -> None:
        self.profile = profile
        self.text = text

    def __str__(self) -> str:
        return f"{self.text}: {self.profile.matrix.mean():.4f}"


class WeakNotes:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.notes: WeakKeyDictionary[Profile, Note] = WeakKeyDictionary()
        self.text = ""

    def start(self) -> None:
        pass

    def on_book(self, book: Any) -> None:
        profile = Profile(book)
        self.notes[profile] = Note(profile, book.symbol)
        self.text = str(self.notes[profile])

    def stop(self) -> None:
        self.notes.clear()


build = WeakNotes
