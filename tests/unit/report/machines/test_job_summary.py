"""summary.md: what is missed stands first, hostile text stays text, and the service takes it whatever was soaked."""

from __future__ import annotations

from pathlib import Path

from markdown_it import MarkdownIt

from harness.analysis.verdict.control_record import ControlRecord, write_controls
from harness.report.machines.job_summary import LARGEST_BYTES, control_summary, soak_summary, write_summary
from tests.unit.report.machines.conftest import FAILS, HOSTILE, Judged


def blocks(lines: list[str]) -> list[str]:
    """The elements of a summary as GitHub's dialect has them, with what is inline in them."""
    tokens = MarkdownIt("gfm-like", {"linkify": True}).parse("\n".join(lines))
    inline = [child for token in tokens for child in token.children or ()]
    return [token.type for token in tokens] + [
        token.type for token in inline if token.type not in ("text", "html_inline")
    ]


def test_what_is_missed_stands_before_what_is_met(judged: Judged) -> None:
    lines = soak_summary(judged({"name": "kept", "expected": (10.0, 15.0)}, {"name": "broken"}))
    assert lines[0] == "## ❌ Soak of example: missed"
    assert lines[2].startswith("**MISSED**: ")
    text = "\n".join(lines)
    assert text.index("| broken |") < text.index("| kept |")
    assert "`soak report results/example/a`" in text
    assert "| broken | 13.71 \\[13.62, 13.79\\] GB (95 %) | at least 25 GB | ❌ missed |" in text


def test_hostile_text_changes_no_element_of_the_summary(judged: Judged) -> None:
    plain, hostile = (soak_summary(judged({"name": name, "source": name})) for name in ("words", HOSTILE))
    assert blocks(hostile) == blocks(plain)
    assert "\u202e" not in "".join(hostile)


def test_a_soak_that_is_no_evidence_says_why_and_nothing_else(
    folder: Path, judged: Judged, record: ControlRecord
) -> None:
    (folder / "controls").mkdir()
    write_controls(record, folder / "controls")
    text = "\n".join(soak_summary(judged({"name": "kept", "expected": (10.0, 15.0)})))
    assert text.startswith("## ⛔ Soak of example: invalid\n\n**INVALID**: this soak is no evidence:")
    assert FAILS.quantity in text
    assert "kept" not in text


def test_where_nothing_is_claimed_the_summary_does_not_say_met(judged: Judged) -> None:
    assert soak_summary(judged())[0] == "## ⏭️ Soak of example: no claims"


def test_the_file_is_below_what_the_service_takes(judged: Judged, tmp_path: Path) -> None:
    lines = soak_summary(judged({"name": "x" * 300}))
    row = next(line for line in lines if "xxx" in line)
    write_summary([*lines, *[row] * 20_000], tmp_path)
    written = (tmp_path / "summary.md").read_bytes()
    assert LARGEST_BYTES - 2000 < len(written) <= LARGEST_BYTES
    assert written.decode().startswith(lines[0])


def test_the_checks_of_controls_are_told_the_failed_first(record: ControlRecord) -> None:
    lines = control_summary(record)
    assert lines[0] == "## ⛔ Controls of example: invalid"
    assert [line.split(" | ")[3] for line in lines if " | " in line][2:] == ["❌ does not hold", "✅ holds"]
