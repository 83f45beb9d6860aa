"""The table of the exchange on a wire, ``[exchange]``."""

from __future__ import annotations

from typing import Annotated, Self

from annotated_types import Ge, Le
from pydantic import AfterValidator, model_validator

from harness.scenario.refusals import Refusal
from harness.scenario.settings import Settings
from synthetic.exchange.venues import VENUES
from synthetic.exchange.wire_faults import WireFaults
from synthetic.faults.kinds import BadFault

_SOUND = WireFaults()


def _is_known(value: str) -> str:
    if value not in VENUES:
        raise ValueError(f"must be one of: {', '.join(sorted(VENUES))}")
    return value


class WireFaultSettings(Settings):
    """The options of `synthetic.exchange.wire_faults.WireFaults`, which says what each means. Nothing is scaled."""

    after_s: float = _SOUND.after_s
    disconnects_per_hour: float = _SOUND.disconnects_per_hour
    half_open_per_hour: float = _SOUND.half_open_per_hour
    sequence_gaps_per_hour: float = _SOUND.sequence_gaps_per_hour
    rest_delay_s: float = _SOUND.rest_delay_s
    slow_rest_per_hour: float = _SOUND.slow_rest_per_hour
    slow_rest_s: float = _SOUND.slow_rest_s
    rest_outages_per_hour: float = _SOUND.rest_outages_per_hour
    rest_outage_s: float = _SOUND.rest_outage_s
    rest_limit_per_minute: int = _SOUND.rest_limit_per_minute

    @model_validator(mode="after")
    def _are_allowed(self) -> Self:
        try:
            WireFaults(**self.model_dump())
        except BadFault as error:
            raise Refusal(error.key, error.value, error.text) from error
        return self


class ExchangeSettings(Settings):
    """The exchange that the feed goes to: a `venue` whose client connects to it on the loopback of this machine.

    Only the `active_symbols` most active symbols are heard of; the others have the book that they open with.
    """

    venue: Annotated[str, AfterValidator(_is_known)]
    active_symbols: Annotated[int, Ge(1), Le(5000)] | None = None
    faults: WireFaultSettings | None = None

    def wire_faults(self) -> WireFaults | None:
        """The faults of the wire; None for a wire without."""
        return None if self.faults is None else WireFaults(**self.faults.model_dump())
