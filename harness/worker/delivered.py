"""What of the feed the target was handed so far: counted in the row that is recorded, where nothing is left behind."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.worker.recorder import DELIVERED
from synthetic.events import Book, Event, size_bytes


class Delivered:
    """Counts events and their bytes in the columns DELIVERED of `row`, a one-row array of recorder.SAMPLE.

    An integer that lived as long as the count would pin an arena. Here numbers go straight into the row's memory.
    """

    def __init__(self, row: NDArray[np.void]) -> None:
        names = row.dtype.names or ()
        self._row = row.view("<i8").data
        self._places = {kind: (names.index(count), names.index(size)) for kind, (count, size) in DELIVERED.items()}

    @property
    def books(self) -> int:
        """Books so far."""
        return int(self._row[self._places[Book][0]])

    def add(self, event: Event) -> None:
        """Count an event that is handed over now, whatever its handler makes of it."""
        count, size = self._places[type(event)]
        self._row[count] += 1
        self._row[size] += size_bytes(event)
