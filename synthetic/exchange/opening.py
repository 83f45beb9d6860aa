"""The books that an exchange opens with: it has one of every symbol before anything happens, as a real one has."""

from __future__ import annotations

from collections.abc import Collection

from synthetic.events import Book
from synthetic.feed import Feed

LOOK_S = 3600.0
"""Seconds of the feed that are looked through, at the most."""

LOOK_EVENTS = 100_000


def opening_books(feed: Feed, names: Collection[str]) -> dict[str, Book]:
    """The first book of each symbol, from a feed that is for this alone, as if it had stood before its first update.

    A symbol that is not updated within the hour, or so many events, has none.
    """
    books: dict[str, Book] = {}
    for count, event in enumerate(feed.stream(LOOK_S, (Book,))):
        if isinstance(event, Book) and event.symbol not in books:
            books[event.symbol] = event._replace(sequence=event.sequence - 1)
        if len(books) == len(names) or count == LOOK_EVENTS:
            break
    return books
