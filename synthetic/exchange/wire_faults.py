"""The faults that a wire may have, beside those of the feed: how often each kind hits, and for how long."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from synthetic.faults.kinds import RATE_LEAST, RATE_MOST, BadFault


@dataclass(frozen=True)
class WireFaults:
    """Faults per hour of virtual time; a rate of 0 is none, and all are 0 at first. None hits in the first `after_s`.

    Of each kind there is one in each 1 / rate hours, at an instant of its own in there. Raises BadFault for what is not
    allowed.
    """

    after_s: float = 60.0
    disconnects_per_hour: float = 0.0
    """All WebSockets are dropped: in turn they are reset, and closed as the protocol has it (1001)."""
    half_open_per_hour: float = 0.0
    """All WebSockets fall silent, say nothing, hear nothing, and stay open; new ones are sound."""
    sequence_gaps_per_hour: float = 0.0
    """Of a symbol, the next message of each of its book streams is left out."""
    rest_delay_s: float = 0.0
    """REST takes so long to answer: always, or where `slow_rest_per_hour` is given, for `slow_rest_s` at a time."""
    slow_rest_per_hour: float = 0.0
    slow_rest_s: float = 60.0
    rest_outages_per_hour: float = 0.0
    """For `rest_outage_s` REST answers 503."""
    rest_outage_s: float = 30.0
    rest_limit_per_minute: int = 0
    """More requests within a minute are answered 429, with the venue's headers; 0 for no limit."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name.endswith("_per_hour"):
                if value and not RATE_LEAST <= value <= RATE_MOST:
                    raise BadFault(field.name, value, f"must be 0, which is none, or {RATE_LEAST:g} to {RATE_MOST:g}")
            elif not (math.isfinite(value) and 0 <= value <= 86_400):
                raise BadFault(field.name, value, "must be 0 to 86400")
        for length, rate in _LENGTHS.items():
            per_hour = getattr(self, rate)
            if per_hour and not 0.001 <= getattr(self, length) <= 1800 / per_hour:
                most = f"{1800 / per_hour:g}, half the time between two at {rate} = {per_hour:g}"
                raise BadFault(length, getattr(self, length), f"must be 0.001 to {most}")
        if self.slow_rest_per_hour and not self.rest_delay_s:
            raise BadFault("slow_rest_per_hour", self.slow_rest_per_hour, "needs a rest_delay_s")


_LENGTHS = {"slow_rest_s": "slow_rest_per_hour", "rest_outage_s": "rest_outages_per_hour"}
