"""Makes the faults of a wire happen to an exchange at their instants, and counts them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np

from synthetic.exchange.connections import Answer
from synthetic.exchange.streams import Requests
from synthetic.exchange.wire_faults import WireFaults
from synthetic.faults.occurrences import Occurrences

COUNTED: Final = ("disconnects", "half_open", "sequence_gaps", "slow", "failed", "limited")
"""What is counted: faults that hit, and answers by REST that were slow, 503, or 429."""

_EXCHANGE: Final = ("exchange",)


class TroubleMaker:
    """The faults of one exchange with the symbols `names`, by `seed`. It keeps a few numbers, and a timer a fault.

    `later(delay_s, callback)` calls back; `now_s` gives the seconds since the start.
    """

    def __init__(
        self,
        faults: WireFaults,
        names: Iterable[str],
        *,
        seed: int,
        now_s: Callable[[], float],
        later: Callable[[float, Callable[[], None]], Any],
    ) -> None:
        self._faults = faults
        self._names = tuple(names)
        self._seed = seed
        self._now_s = now_s
        self._later = later
        self._counts = np.zeros(len(COUNTED), dtype=np.int64)
        self._slow = self._occurrences(_EXCHANGE, "slow REST", faults.slow_rest_per_hour, faults.slow_rest_s)
        self._outages = self._occurrences(_EXCHANGE, "REST outage", faults.rest_outages_per_hour, faults.rest_outage_s)
        self._asked = np.zeros(2, dtype=np.int64)  # the minute, and requests within it

    def begin(
        self, *, disconnect: Callable[[bool], None], silence: Callable[[], None], skip: Callable[[str], None]
    ) -> None:
        """From now on call these when their fault hits: `disconnect` with whether as a reset, `skip` with a symbol."""
        faults = self._faults
        dropping = self._occurrences(_EXCHANGE, "disconnect", faults.disconnects_per_hour)
        silencing = self._occurrences(_EXCHANGE, "half-open", faults.half_open_per_hour)
        skipping = self._occurrences(self._names, "sequence gap", faults.sequence_gaps_per_hour)

        def drop(_: int) -> None:
            self._count("disconnects")
            disconnect(bool(self._counts[0] % 2))

        def fall_silent(_: int) -> None:
            self._count("half_open")
            silence()

        def leave_out(symbol: int) -> None:
            self._count("sequence_gaps")
            skip(self._names[symbol])

        for occurrences, rate, hit in (
            (dropping, faults.disconnects_per_hour, drop),
            (silencing, faults.half_open_per_hour, fall_silent),
            (skipping, faults.sequence_gaps_per_hour, leave_out),
        ):
            if occurrences is not None:
                self._wait(occurrences, round(3.6e9 / rate), hit, round(faults.after_s * 1e6))

    def answered(self, answer: Answer, requests: Requests) -> Answer:
        """What becomes of an answer by REST at this instant."""
        now_s, faults = self._now_s(), self._faults
        if now_s < faults.after_s:
            return answer
        if faults.rest_limit_per_minute and (wait_s := self._over_limit(now_s)):
            self._count("limited")
            return requests.limited(faults.rest_limit_per_minute, wait_s)
        if self._outages is not None and _under_way(self._outages, now_s):
            self._count("failed")
            answer = requests.unavailable()
        if faults.rest_delay_s and (self._slow is None or _under_way(self._slow, now_s)):
            self._count("slow")
            return replace(answer, delay_s=faults.rest_delay_s)
        return answer

    def told(self) -> dict[str, int]:
        """How many there were, by name."""
        return dict(zip(COUNTED, self._counts.tolist(), strict=True))

    def _occurrences(
        self, names: Iterable[str], kind: str, per_hour: float, length_s: float = 0.0
    ) -> Occurrences | None:
        if not per_hour:
            return None
        return Occurrences(names, seed=self._seed, kind=f"wire {kind}", per_hour=per_hour, length_s=length_s)

    def _wait(self, occurrences: Occurrences, period_us: int, hit: Callable[[int], None], from_us: int) -> None:
        """Wait for the next at `from_us` or after it; those of one instant hit in the order of symbols."""
        symbols, times_us = occurrences.begins(from_us, from_us + 2 * period_us + 1)
        next_us = int(times_us.min())
        which = symbols[times_us == next_us].tolist()
        delay_s = max(next_us / 1e6 - self._now_s(), 0.0)
        self._later(delay_s, partial(self._hit, occurrences, period_us, hit, (next_us, which)))

    def _hit(
        self, occurrences: Occurrences, period_us: int, hit: Callable[[int], None], due: tuple[int, list[int]]
    ) -> None:
        at_us, symbols = due
        for symbol in symbols:
            hit(symbol)
        self._wait(occurrences, period_us, hit, at_us + 1)

    def _over_limit(self, now_s: float) -> int:
        """Count a request; the seconds to wait where there were too many within this minute, else 0."""
        minute, into_s = divmod(int(now_s), 60)
        if self._asked[0] != minute:
            self._asked[:] = minute, 0
        self._asked[1] += 1
        return 60 - into_s if self._asked[1] > self._faults.rest_limit_per_minute else 0

    def _count(self, name: str) -> None:
        self._counts[COUNTED.index(name)] += 1


def _under_way(occurrences: Occurrences, now_s: float) -> bool:
    zero = np.zeros(1, dtype=np.int64)
    return bool(occurrences.under_way(zero, zero + round(now_s * 1e6))[0])
