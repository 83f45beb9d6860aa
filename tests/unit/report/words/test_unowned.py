"""What is said of growth that no path explains."""

from __future__ import annotations

from pathlib import Path

from harness.deep.findings import BY_NOBODY, IN_CYCLES, ByCensus, GrownType
from harness.report.words.unowned import census_lines, offer

NODES = GrownType("mine.Node", 5400, 2_600_000, ((IN_CYCLES, 0.97), ("elsewhere.SEEN[*]", 0.03)))
FLOATS = GrownType("float", 216_000, 5_200_000, (("a_library.caches[*]._seen[*]", 0.6), (BY_NOBODY, 0.4)))


def test_the_offer_is_one_line_with_the_command() -> None:
    line = offer("old", 0.0764, Path("results/mine/a"))
    assert line == (
        "old: 0.076 GB per hour without an owner: what it is, by type: soak explain results/mine/a --deep --config old"
    )


def test_types_with_who_refers_to_them() -> None:
    assert census_lines(ByCensus(types=(FLOATS, NODES), live_bytes=8_100_000)) == [
        "types that grow, whoever holds them (from half of the feed to its end): 7.8 MB of the 8.1 MB by which live "
        "bytes grew",
        "  float: 216,000 more, 5.2 MB",
        "    60 % held by a_library.caches[*]._seen[*]",
        "    40 % held by nothing that Python sees: C code, or a reference that was counted and never given back",
        "  mine.Node: 5,400 more, 2.6 MB",
        "    97 % held by nothing but reference cycles, which only a collection frees",
    ]


def test_what_no_type_explains_is_memory_of_c_code() -> None:
    last = census_lines(ByCensus(types=(NODES,), live_bytes=8_100_000))[-1]
    assert last == "The other 5.5 MB are in no object that Python knows: C code allocated them."


def test_where_hardly_anything_grew_or_there_was_too_much_to_look_at_it_is_said() -> None:
    lines = census_lines(ByCensus(live_bytes=20_000, truncated=True))
    assert lines[1:] == [
        "Live bytes hardly grew in this rerun: what has no owner may need more time (--hours).",
        "There were more objects than were looked at.",
    ]
    assert len(census_lines(ByCensus(types=(NODES,)))) == 3
