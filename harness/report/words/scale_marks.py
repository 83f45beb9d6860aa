"""The marks behind values that move with the memory scale, and what is said of them: on the screen, and in full."""

from __future__ import annotations

CARRIED = {"continued", "extrapolated"}
"""Bases of values that other runs than the scenario's own tell at full scale."""


def screen_mark(basis: str, scale: float) -> str:
    """Return what the screen has behind a value by its basis: only what was not measured at full scale is marked."""
    if basis == "undecided":
        return f" @{scale:g}"
    return " *" if basis in CARRIED else ""


def screen_notes(bases: set[str], scale: float) -> list[str]:
    """Say what the marks of the screen mean, of those that there are."""
    notes = ["* carried to full scale from other runs"] if bases & CARRIED else []
    return [*notes, f"@{scale:g}: of the small world only, not of full scale"] if "undecided" in bases else notes


def full_mark(basis: str, scale: float) -> str:
    """Return what the tables of `--verbose` have behind a value: the scale that it is told of, if it moves with it."""
    if basis == "scenario":
        return ""
    return f" @{scale:g}" if basis == "undecided" else " @1"


def full_note(scale: float) -> str:
    """Say what the marks of the tables of `--verbose` mean."""
    return (
        f"@1: at full scale, by anchor runs there or carried there from larger worlds; @{scale:g}: of the small world "
        "only, which says nothing of full scale."
    )
