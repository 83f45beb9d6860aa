"""The table of the exchange on a wire, ``[exchange]``."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le
from pydantic import AfterValidator

from harness.scenario.settings import Settings
from synthetic.exchange.venues import VENUES


def _is_known(value: str) -> str:
    if value not in VENUES:
        raise ValueError(f"must be one of: {', '.join(sorted(VENUES))}")
    return value


class ExchangeSettings(Settings):
    """The exchange that the feed goes to: a `venue` whose client connects to it on the loopback of this machine.

    Only the `active_symbols` most active symbols are heard of; the others have the book that they open with.
    """

    venue: Annotated[str, AfterValidator(_is_known)]
    active_symbols: Annotated[int, Ge(1), Le(5000)] | None = None
