"""What is printed at the end, by its text: in a pipe of 100 columns, on a narrow terminal, with everything missing."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from harness.analysis.full_scale.anchor_runs import Anchors, World
from harness.analysis.verdict.control_record import Check, ControlRecord
from harness.analysis.verdict.soak_verdict import judge
from harness.report.terminal.verdict import print_invalidity, print_verdict
from harness.report.words.headline import summary_sentence
from harness.scenario.overrides import with_options
from tests.unit.report.conftest import at_full_scale

PICTURE = Path("results", "a folder with a rather long name", "so that the line is longer than a terminal", "x.png")


def printed(scenario, runs, width: int = 100) -> str:
    file = StringIO()
    print_verdict(Console(file=file, width=width), scenario, judge(scenario, runs), PICTURE)
    return file.getvalue()


def words(text: str) -> str:
    """The text on one line, single-spaced."""
    return " ".join(text.split())


def line_of(text: str, start: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith(start)]
    return words(line)


@pytest.fixture
def note(make_scenario, make_claim, note_runs):
    claims = [
        make_claim("peak reduction", "reduction.peak", ["old", "fixed"], [0.6, 0.7]),
        make_claim("stop() releases (old)", "release.stop", ["old"], [0, 0], tolerance=0.02, better="neither"),
        make_claim(
            "old [grows] linearly",
            "sawtooth.crest_gb",
            ["old"],
            [98, None],
            known="missed",
            reason="A sawtooth is no line.",
        ),
        make_claim("old peak", "peak", ["old"], [25, None], kind="calibration", tolerance=0.5, source="Symptoms"),
        make_claim("sample buffers", "buffers.capacity_mb", ["old"], [120, 120], tolerance=5),
        make_claim("spikes", "peak", ["old"], [None, 30], not_testable="The model has no spikes."),
    ]
    return make_scenario(claims=claims, assumptions="The note never says what holds 20 GB."), note_runs


def test_the_runs_are_a_table(note) -> None:
    text = printed(*note)
    assert words("run status start peak horizon cleanups CPU s speed stop stop() drop trim") in words(text)
    assert line_of(text, "old 1 ") == "old 1 complete 5.01 24.81 14.91 3 - x380 18.00 18.00 5.30 5.20"
    assert line_of(text, "fixed 3 ") == "fixed 3 complete 5.03 6.83 5.93 36 - x380 6.30 5.40 5.30 5.20"


def test_the_claims_are_a_table_by_kind(note) -> None:
    text = printed(*note)
    assert line_of(text, "peak reduction").startswith("peak reduction 60 to 70 %")
    assert "exceeded" in line_of(text, "peak reduction")
    assert "known miss" in line_of(text, "old [grows]")
    assert "met" in line_of(text, "old peak")
    assert text.index("Predictions") < text.index("peak reduction") < text.index("Calibration") < text.index("old peak")
    for source in ("Expected", "row 2", "Symptoms"):
        assert source in text


def test_what_moves_with_the_scale_is_shown_as_the_small_worlds_and_not_judged_by_it(note) -> None:
    text = printed(*note)
    assert (
        line_of(text, "stop() releases")
        == "stop() releases 0 ± 2 % - 0.0 [0.0, 0.0] % @0.1 inconclusive Expected results,"
    )
    assert "@0.1: of the small world only, which says nothing of full scale." in words(text)
    assert "stop() releases (old), inconclusive: not decided at scale 0.1: this result has no anchor runs" in words(
        text
    )
    assert "@" not in line_of(text, "peak reduction")


def test_full_scale_comes_first_and_the_small_world_below_it(note, make_run) -> None:
    scenario, runs = note
    old = with_options(scenario, configs=["old"], scale=1.0)
    large = [at_full_scale(run) for run in runs if run.config == "old"]
    file = StringIO()
    anchors = Anchors({"old": (World(old, tuple(large)),)})
    print_verdict(Console(file=file, width=100), scenario, judge(scenario, runs, anchors=anchors), PICTURE)
    lines = [words(line) for line in file.getvalue().splitlines()]
    place = next(number for number, line in enumerate(lines) if line.startswith("stop() releases"))
    assert "0.0 [0.0, 0.0] % @1 met" in lines[place]
    assert "0.0 [0.0, 0.0] % @0.1" in lines[place + 1]
    assert "@1, old measured at scale 1: stop() releases (old)." in words(file.getvalue())
    assert "Anchor runs, in other worlds" in file.getvalue()


def test_reasons_assumptions_summary_and_picture_follow(note) -> None:
    text = printed(*note)
    assert "- old [grows] linearly, known miss: A sawtooth is no line." in text
    assert "- sample buffers, not applicable: seed 1: old does not count buffer_capacity_bytes" in text
    assert "- spikes, not testable: The model has no spikes." in text
    assert "The note never says what holds 20 GB." in text
    verdict = judge(*note)
    assert words(text).endswith(f"{verdict.status.upper()}: {words(summary_sentence(verdict))} Picture: {PICTURE}")
    assert text.splitlines()[-1] == f"Picture: {PICTURE}"


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_no_word_is_cut_at_any_width(note, width: int) -> None:
    text = printed(*note, width=width)
    assert "…" not in text
    assert max(len(line) for line in text.splitlines() if not line.startswith("Picture")) <= min(width, 100)
    for word in ("linearly", "calibration", "Symptoms", "exceeded", "not", "complete", "5.20", "x380", "at least"):
        assert word.lower() in text.lower()
    for row in (f"{config} {seed}" for config in ("old", "fixed", "old_stop") for seed in (1, 2, 3)):
        assert any(line.startswith(f"{row} ") for line in text.splitlines()), row


def test_a_pipe_gets_no_colours_and_a_terminal_needs_none(note) -> None:
    assert "\x1b" not in printed(*note)
    file = StringIO()
    print_verdict(Console(file=file, width=140, force_terminal=True), note[0], judge(*note), PICTURE)
    assert "\x1b" in file.getvalue()
    assert "exceeded" in file.getvalue()


def test_runs_that_did_not_finish_say_when_and_why(note, make_run) -> None:
    scenario, _ = note
    runs = [
        make_run("old", 1, status="limit", until_s=4900.0),
        make_run("old", 2, status="died", until_s=9000.0, reason="killed by SIGKILL [really]"),
        make_run("fixed", 1, status="failed", until_s=-1.0, reason="the target raised", t_s=0.0),
    ]
    text = printed(scenario, runs)
    assert "- old seed 1 reached the memory limit at 1.36 h" in text
    assert "- old seed 2 died at 2.50 h: killed by SIGKILL [really]" in text
    assert "- fixed seed 1 failed before its first sample: the target raised" in text
    assert line_of(text, "old 1 ").startswith("old 1 limit 5.01 >=24.61 - ")
    assert "INCOMPLETE: The soak is incomplete" in text
    assert words(text).count("old_stop has no run") <= 2


def test_a_soak_without_claims_or_runs_prints(make_scenario) -> None:
    text = printed(make_scenario(), [])
    assert "Claims" not in text
    assert "INCOMPLETE" in text


def test_long_assumptions_are_shown_by_their_first_paragraph(make_scenario, note_runs) -> None:
    text = printed(make_scenario(assumptions="First.\n\n" + "Second. " * 100), note_runs)
    assert "First." in text
    assert "Second." not in text
    assert "soak show literal" in text


LATE = Check("real time", "slope of RSS", "+4.10%", "± 3%", False)
FLAT = Check("nothing kept", "range of RSS", "0.06%", "at most 1%", True)


def test_controls_that_held_are_one_line_above_the_picture(note) -> None:
    scenario, runs = note
    file = StringIO()
    controls = ControlRecord("literal", 0.1, True, 0.2, (FLAT, FLAT))
    print_verdict(Console(file=file, width=100), scenario, judge(scenario, runs, controls=controls), PICTURE)
    assert file.getvalue().splitlines()[-2] == "Controls held: 2 of 2 checks (short)"
    assert "Controls" not in printed(scenario, runs)


def test_controls_that_failed_are_the_reason_and_no_line_of_their_own(note) -> None:
    scenario, runs = note
    file = StringIO()
    controls = ControlRecord("literal", 0.1, True, 0.2, (FLAT, LATE))
    print_verdict(Console(file=file, width=100), scenario, judge(scenario, runs, controls=controls), PICTURE)
    text = words(file.getvalue())
    assert "INVALID: This is no evidence: the controls do not hold: real time (slope of RSS: +4.10% where" in text
    assert "Controls held" not in text


def test_what_makes_a_soak_no_evidence_is_said_in_lines_of_its_own() -> None:
    file = StringIO()
    print_invalidity(Console(file=file, width=100), ["the controls [do] not hold", "another feed"])
    assert file.getvalue().splitlines() == [
        "",
        "INVALID: this soak is no evidence:",
        "- the controls [do] not hold",
        "- another feed",
    ]
    quiet = StringIO()
    print_invalidity(Console(file=quiet, width=100), [])
    assert quiet.getvalue() == ""
