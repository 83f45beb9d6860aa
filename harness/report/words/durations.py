"""Real time in words, as roughly as it is known."""

from __future__ import annotations


def about(seconds: float) -> str:
    """Return a duration as an estimate is known: ``about 40 s``, ``about 12 minutes``, ``about 2.5 hours``."""
    if seconds < 10:
        return f"about {max(round(seconds), 1)} s"
    if seconds < 90:
        return f"about {max(round(seconds / 10), 1) * 10} s"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60)} minutes"
    return f"about {seconds / 3600:.1f} hours"
