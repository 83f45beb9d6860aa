"""What came through to the callbacks of a client, of what the exchange had for it: how much, and until when.

Only the kinds of messages count that the client tells of: a target that calls ``delivered("book", ...)`` alone is held
against books alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.analysis.estimates import Reading, absent
from harness.analysis.runs import Run


@dataclass(frozen=True)
class Deliveries:
    """Messages of the kinds that the client told of: `due`, `sent` and `delivered`, and the longest `silence_s`.

    A silence is the time from the last callback of a symbol and kind, or from its first message, to its last message.
    """

    due: int
    sent: int
    delivered: int
    silence_s: float

    @classmethod
    def of(cls, run: Run) -> Deliveries | None:
        """Those of a run; None where there was no exchange, or its client told of nothing."""
        wire = run.facts.get("wire")
        if not isinstance(wire, dict):
            return None
        told = {row["kind"] for row in wire["streams"] if row["delivered"]}
        rows = [row for row in wire["streams"] if row["kind"] in told and row["due"]]
        if not rows:
            return None
        silences = [
            row["last_due_s"] - (row["first_due_s"] if row["last_delivered_s"] is None else row["last_delivered_s"])
            for row in rows
        ]
        due, sent, delivered = (sum(row[key] for row in rows) for key in ("due", "sent", "delivered"))
        return cls(due, sent, delivered, max(0.0, *silences))


def reading(value: Callable[[Deliveries], float]) -> Callable[[Run], Reading]:
    """How one of them is read of a run; a lower bound where it did not reach its stop."""

    def read(run: Run) -> Reading:
        deliveries = Deliveries.of(run)
        if deliveries is not None:
            return Reading(value(deliveries))
        if "wire" not in run.facts:
            return absent("not applicable", f"{run.config}: the scenario has no [exchange]")
        return absent(
            "undecided",
            f"{run.config}: no callback told of environment.exchange.delivered(kind, symbol): nothing came through, or "
            "its adapter does not tell",
        )

    return read


def share(deliveries: Deliveries) -> float:
    """Delivered of due; above 1 where a client calls back more often than it is sent something."""
    return deliveries.delivered / deliveries.due
