"""What was due, sent and delivered, by kind of message and symbol: counted in arrays, which grow by nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

KINDS = ("book", "trade", "candle", "ticker")
"""The kinds of messages that are told apart."""

_NEVER = float("nan")


class Tally:
    """Counts for each kind and symbol.

    A message is `due` where a stream that was once subscribed to had one, whether or not a connection was there to take
    it; `sent` where it was written to a connection; `delivered` where the client told of its callback. Instants are
    seconds since the start.
    """

    def __init__(self, symbols: Sequence[str]) -> None:
        self._symbols = tuple(symbols)
        self._index = {name: index for index, name in enumerate(self._symbols)}
        shape = (len(KINDS), len(self._symbols))
        self._due, self._sent, self._delivered = (np.zeros(shape, dtype=np.int64) for _ in range(3))
        self._first_due_s, self._last_due_s, self._last_delivered_s = (np.full(shape, _NEVER) for _ in range(3))
        self._unknown, self._answered = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
        self._sent_hash, self._delivered_hash = hashlib.sha256(), hashlib.sha256()

    def due(self, kind: str, symbol: str, now_s: float, *, sent: int) -> None:
        """A stream had a message, which was sent to so many connections; without any it was due once."""
        at = KINDS.index(kind), self._index[symbol]
        if not self._due[at]:
            self._first_due_s[at] = now_s
        self._due[at] += max(sent, 1)
        self._sent[at] += sent
        self._last_due_s[at] = now_s

    def written(self, now_s: float, text: str) -> None:
        """Text was written to a connection at this instant."""
        self._sent_hash.update(f"{now_s!r} {text}\n".encode())

    def answered(self, now_s: float, text: str) -> None:
        """A request was answered at this instant."""
        self._answered += 1
        self.written(now_s, text)

    def delivered(self, kind: str, symbol: str, message: str, now_s: float) -> None:
        """The client was called back with a message of this kind. Raises ValueError where there is no such kind."""
        if kind not in KINDS:
            raise ValueError(f"delivered({kind!r}): kinds are {', '.join(KINDS)}")
        self._delivered_hash.update(f"{now_s!r} {kind} {symbol} {message}\n".encode())
        column = self._index.get(plain(symbol))
        if column is None:
            self._unknown += 1
            return
        at = KINDS.index(kind), column
        self._delivered[at] += 1
        self._last_delivered_s[at] = now_s

    def told(self) -> dict[str, Any]:
        """All of it, as JSON can say it: a row for each kind and symbol that was due or delivered."""
        rows = [
            {
                "kind": kind,
                "symbol": symbol,
                "due": int(self._due[at]),
                "sent": int(self._sent[at]),
                "delivered": int(self._delivered[at]),
                "first_due_s": _instant(self._first_due_s[at]),
                "last_due_s": _instant(self._last_due_s[at]),
                "last_delivered_s": _instant(self._last_delivered_s[at]),
            }
            for k, kind in enumerate(KINDS)
            for s, symbol in enumerate(self._symbols)
            if self._due[at := (k, s)] or self._delivered[at]
        ]
        return {
            "sent_hash": self._sent_hash.hexdigest(),
            "delivered_hash": self._delivered_hash.hexdigest(),
            "answered": int(self._answered[0]),
            "delivered_of_no_symbol": int(self._unknown[0]),
            "streams": rows,
        }


def plain(symbol: str) -> str:
    """A client's name of a symbol as the market has it: "KVT/USDT:USDT", "KVT-USDT-PERP" and "kvtusdt" are one."""
    return re.sub(r"[^A-Z0-9]", "", re.sub(r":.*|-PERP$", "", symbol.upper()))


def _instant(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
