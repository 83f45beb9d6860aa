"""A claim and its band."""

from __future__ import annotations

from harness.scenario import Claim


def test_a_tolerance_widens_the_closed_ends_of_a_band() -> None:
    claim = Claim(
        name="start",
        metric="start.gb",
        configs=("old",),
        expected=(5.0, 5.0),
        tolerance=0.25,
        better="neither",
        kind="construction",
        source="Symptoms",
    )
    assert claim.band == (4.75, 5.25)
    assert claim.model_copy(update={"expected": (5.0, None)}).band == (4.75, None)
