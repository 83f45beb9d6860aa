"""In how much of a sweep a claim of a soak holds, in words."""

from __future__ import annotations

from typing import Final

from harness.analysis.sweeps.claim_shares import ClaimShares
from harness.report.words.amounts import NOTHING
from harness.text import shown_path

HOLDS_IN: Final = "holds in"
"""The head of a column of :func:`share_words`."""


def share_words(shares: ClaimShares, claim: str) -> str:
    """Return in how many points of a sweep a claim holds, "12 of 20"."""
    if claim not in shares.held:
        return NOTHING
    held, told = shares.held[claim]
    return f"{held} of {told}"


def sweep_note(shares: ClaimShares) -> str:
    """Return what the column tells of, and where that lies."""
    return f"{HOLDS_IN}: points of the sweep {shares.sweep} whose mean is in the band ({shown_path(shares.folder)})"
