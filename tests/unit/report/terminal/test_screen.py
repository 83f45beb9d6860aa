"""The screen that a soak ends with: how long it is, what it says first, what it sums up; no word of it is cut."""

from __future__ import annotations

import dataclasses
import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from harness.analysis.full_scale.anchor_runs import Anchors
from harness.analysis.result import Result
from harness.analysis.sweeps.claim_shares import ClaimShares
from harness.analysis.verdict.control_record import Check, ControlRecord
from harness.analysis.verdict.soak_verdict import judge
from harness.report.terminal.screen import MOST_LINES, Screen, print_screen
from harness.scenario import load
from harness.scenario.overrides import with_options
from tests.unit.analysis.full_scale.kept import kept_runs, kept_world
from tests.unit.analysis.verdict.golden_recording import GOLDEN
from tests.unit.anatomy_soak import anatomy_run

FOLDER = Path("results", "literal", "20261126T015548Z-c9f8")
FILES = ("memory.png", "over_time.png", "waterfall.png", "anatomy.png", "verdict.json")
WIDTHS = (80, 100, 120, 160, 200)


def printed(scenario, runs, width: int = 100, **screen) -> list[str]:
    file = StringIO()
    verdict = screen.pop("verdict", None) or judge(scenario, runs)
    console = Console(file=file, width=width, force_terminal=width > 100, color_system=None)
    print_screen(console, Screen(scenario, verdict, FOLDER, runs, files=FILES, **screen))
    return file.getvalue().splitlines()


def words(lines: list[str]) -> str:
    """The lines on one line, single-spaced."""
    return " ".join(" ".join(lines).split())


def line_of(lines: list[str], start: str) -> str:
    (line,) = [line for line in lines if line.startswith(start)]
    return " ".join(line.split())


@pytest.fixture
def many(make_scenario, make_claim, note_runs):
    """Three configs and 25 claims with names as long as people write them: 8 missed, 4 open, 13 met."""
    missed = [
        make_claim(f"fixed peaks at {low}-{low + 1} GB with its cleanups", "peak", ["fixed"], [low, low + 1.0])
        for low in range(10, 18)
    ]
    releases = [
        make_claim(f"stop() of {config} releases 40-60 %, {part}", "release.stop", [config], [0.4, 0.6])
        for config in ("old", "old_stop")
        for part in ("alone", "in all")
    ]
    met = [
        make_claim(f"old peaks at {low}+ GB", "peak", ["old"], [low, None], kind=kind)
        for low, kind in zip(range(5, 18), ["construction"] * 5 + ["prediction"] * 8, strict=True)
    ]
    claims = [*met, *missed, *releases]
    assert len(claims) == 25
    return make_scenario(claims=claims), note_runs


def test_it_is_one_screen_and_what_is_met_is_summed_up(many) -> None:
    lines = printed(*many)
    assert len(lines) <= MOST_LINES < 40
    assert lines[0] == ""
    assert lines[1].startswith("MISSED: ")
    assert sum(line.endswith(" missed") for line in lines) == 8
    assert sum(line.endswith(" inconclusive") for line in lines) == 4
    assert "And 13 met: --verbose shows them." in lines
    assert not any(line.startswith("old peaks at") for line in lines)
    (head,) = [place for place, line in enumerate(lines) if line.startswith("config ")]
    assert [line.split()[:2] for line in lines[head + 1 : head + 4]] == [
        ["old", "24.82"],
        ["fixed", "6.82"],
        ["old_stop", "24.82"],
    ]


def test_what_fits_has_a_line_each(make_scenario, make_claim, note_runs) -> None:
    claims = [make_claim(f"old peaks at {low}+ GB", "peak", ["old"], [low, None]) for low in range(5, 12)]
    lines = printed(make_scenario(claims=claims), note_runs)
    assert sum(line.startswith("old peaks at") for line in lines) == 7
    assert line_of(lines, "claim ") == "claim expected measured [95 %] verdict"
    assert line_of(lines, "old peaks at 7+ GB") == "old peaks at 7+ GB at least 7 GB 24.82 [24.80, 24.84] GB met"
    assert "--verbose shows" not in words(lines)


def test_beside_a_claim_stands_in_how_many_points_of_a_sweep_it_holds(make_scenario, make_claim, note_runs) -> None:
    claims = [make_claim(f"old peaks at {low}+ GB", "peak", ["old"], [low, None]) for low in (5, 7)]
    shares = ClaimShares("feed", Path("results", "sweeps", "mine-feed", "one"), {"old peaks at 7+ GB": (12, 20)})
    lines = printed(make_scenario(claims=claims), note_runs, shares=shares)
    assert line_of(lines, "claim ") == "claim expected measured [95 %] verdict holds in"
    assert line_of(lines, "old peaks at 7+ GB").endswith("met 12 of 20")
    assert line_of(lines, "old peaks at 5+ GB").endswith("met -")
    assert "points of the sweep feed whose mean is in the band (results/sweeps/mine-feed/one)" in words(lines)


@pytest.mark.parametrize("width", WIDTHS)
def test_no_word_is_cut_at_any_width(many, width: int) -> None:
    scenario, _ = many
    lines = printed(*many, width=width)
    assert len(lines) <= MOST_LINES
    assert max(len(line) for line in lines if FOLDER.name not in line) <= min(width, 140)
    assert "…" not in "".join(lines)
    known = {word for line in printed(*many, width=140) for word in line.split()}
    known |= {word for claim in scenario.claims for word in claim.name.split()}
    known |= {"And", "open:", "more", "met,", "(as", "..."}  # where something is left out
    shown = {word for line in lines for word in line.split() if not word.isdigit()}
    assert shown <= known
    assert {"releases", "inconclusive", "measured", "cleanups", "missed"} <= shown


@pytest.mark.parametrize("width", WIDTHS)
def test_the_recorded_soak_fits(width: int) -> None:
    result = Result.open(GOLDEN)
    lines = printed(result.scenario, result.runs, width, verdict=result.verdict, anchors=result.anchors)
    assert len(lines) <= MOST_LINES
    assert lines[1].startswith(f"{result.verdict.status.upper()}: ")
    for judged in result.verdict.claims:
        assert judged.outcome == "met" or judged.claim.name in words(lines) or width == 80


@pytest.mark.parametrize("width", WIDTHS)
def test_the_recorded_50symbols_fits_and_says_what_was_carried_to_full_scale(width: int) -> None:
    allowed = with_options(load("50symbols"), configs=["fixed", "old_stop"], scale=0.1)
    scenario = allowed.model_copy(update={"seeds": 3, "max_seeds": None})  # as many as are kept
    runs = [run for config in scenario.configs for run in kept_runs(config, 0.1)]
    scales = {"fixed": (1.0, 0.4, 0.05), "old_stop": (0.7, 0.2)}
    anchors = Anchors({config: tuple(kept_world(config, scale) for scale in scales[config]) for config in scales})
    lines = printed(scenario, runs, width, verdict=judge(scenario, runs, anchors=anchors), anchors=anchors)
    assert len(lines) <= MOST_LINES
    row = re.compile(r"stop\(\) of old_stop .* 40 to 60 ± 5 % +8\d\.\d \[.*\] % \* +exceeded")
    assert any(row.match(line) for line in lines)
    assert re.search(r"\* carried to full scale from other runs; @0.1: of the small world only", words(lines))


def test_a_soak_with_more_of_everything_than_fits_still_is_one_screen(make_scenario, make_claim, make_run) -> None:
    configs = [f"variant_{number}" for number in range(30)]
    runs = [make_run(config, seed, peak_gb=20.0 + seed) for config in configs for seed in (1, 2)]
    runs += [make_run(config, 3, status="died", reason="killed " * 60) for config in configs]
    claims = [
        make_claim(f"the peak of {config} is {' '.join(['very'] * 30)} low", "peak", [config], [1.0, 2.0])
        for config in configs
    ]
    warned = [
        {"t_s": 1.0, "kind": "warning", "text": f"line {number} of the target sleeps for real " + "and on " * 50}
        for number in range(9)
    ]
    runs.append(make_run("variant_0", 4))
    object.__setattr__(runs[-1], "events", tuple(warned))
    lines = printed(make_scenario(configs=configs, claims=claims, seeds=2), runs)
    assert len(lines) <= 40
    assert lines[1].startswith("INCOMPLETE: ")
    assert "more warnings: --verbose shows them." in words(lines)
    assert "more configs: --verbose shows them." in words(lines)


def test_the_marks_are_explained_where_there_are_any(many, make_scenario, note_runs) -> None:
    lines = printed(*many)
    assert "@0.1" in line_of(lines, "old_stop ")
    assert "@0.1: of the small world only, not of full scale" in lines
    assert "* carried" not in words(lines)


def test_what_leaks_is_a_line_with_its_owner_and_what_does_not_is_one_line(make_scenario) -> None:
    runs = [anatomy_run(config, seed) for config in ("old", "fixed") for seed in (1, 2)]
    lines = printed(make_scenario(configs=["old", "fixed"], seeds=2), runs)
    for config in ("old", "fixed"):
        leak = line_of(lines, f"Leak: {config}")
        assert leak.startswith(f"Leak: {config}, live bytes: 1.3")
        assert leak.endswith("GB/h (0.0375 allowed), in")
        assert lines[lines.index(leak) + 1] == "detectors.quote_stuffing.events[*]"  # whole, on a line of its own
        assert line_of(lines, f"Limit: {config}").startswith(f"Limit: {config}: RSS reaches the machine's limit")
    assert "No leak: tasks, threads, open files of old and fixed (RSS is judged at scale 1)" in lines
    assert "Open" not in words(lines)


def test_what_is_open_says_why_and_what_to_do_next(make_scenario, make_claim, make_run) -> None:
    runs = [make_run("old", seed, period_s=500.0) for seed in (1, 2)]
    runs += [make_run("fixed", seed, period_s=5000.0) for seed in (1, 2)]
    claims = [make_claim("old peaks at 25 GB", "peak", ["old"], [23.015, 30.0])]
    lines = printed(make_scenario(configs=["old", "fixed"], claims=claims, seeds=2), runs)
    told = words(lines)
    assert "Open: old peaks at 25 GB: its interval crosses an end of what is expected. Next: --max-seeds=4" in told
    assert re.search(r"Open, not claimed: a leak in live bytes of fixed: .* Next: --hours=9\.\d", told)


def test_a_soak_that_is_no_evidence_says_so_and_why_before_anything_else(many) -> None:
    scenario, runs = many
    failed = [Check(f"control {number}", "slope", "+4.10%", "± 3%", False) for number in range(8)]
    verdict = judge(scenario, runs, controls=ControlRecord("literal", 0.1, True, 0.2, tuple(failed)))
    lines = printed(scenario, runs, verdict=verdict)
    assert len(lines) <= MOST_LINES
    assert lines[1] == "INVALID: this soak is no evidence:"
    assert lines[2] == "- the controls do not hold: control 0 (slope: +4.10% where ± 3% was due)"
    assert "more: --verbose shows them." in words(lines)


def test_controls_that_held_are_one_line(many) -> None:
    scenario, runs = many
    held = Check("nothing kept", "range of RSS", "0.06%", "at most 1%", True)
    verdict = judge(scenario, runs, controls=ControlRecord("literal", 0.1, True, 0.2, (held, held)))
    assert "Controls held: 2 of 2 checks (short)" in printed(scenario, runs, verdict=verdict)


def test_foreign_text_is_no_markup_and_a_long_word_keeps_both_ends(make_scenario, make_claim, make_run) -> None:
    runs = [make_run("old", seed) for seed in (1, 2)]
    object.__setattr__(runs[0], "events", ({"t_s": 1.0, "kind": "warning", "text": "[red]sleeps[/nope]\nfor real"},))
    claims = [
        make_claim("[bold]old[/red] peaks", "peak", ["old"], [30, None]),
        make_claim(f"a{'b' * 150}c peaks", "peak", ["old"], [30, None]),
    ]
    lines = printed(make_scenario(configs=["old"], claims=claims, seeds=2), runs)
    assert line_of(lines, "[bold]old[/red] peaks").endswith("missed")
    assert "Warning: [red]sleeps[/nope] for real (old 1)" in lines
    assert re.search(r"^ab+…b+c peaks ", "\n".join(lines), re.MULTILINE)


def test_paths_are_whole_lines_and_the_program_is_called_as_it_can_be_found(many) -> None:
    assert printed(*many, program=".venv/bin/soak")[-4:] == [
        f"Picture: {FOLDER}/memory.png",
        "Beside it: over_time.png, waterfall.png, anatomy.png, verdict.json",
        f"Who holds the memory: .venv/bin/soak explain {FOLDER}",
        f"All tables, reasons and assumptions: .venv/bin/soak report {FOLDER} --verbose",
    ]


def test_a_soak_without_claims_or_runs_has_a_screen(make_scenario) -> None:
    lines = printed(make_scenario(), [])
    assert lines[1].startswith("INCOMPLETE: ")
    assert lines[-1].endswith("--verbose")


def test_a_value_that_is_not_there_has_a_reason_under_the_table(make_run, make_scenario) -> None:
    scenario = make_scenario(configs=("only",))
    runs = [dataclasses.replace(make_run("only", seed, stop=False), events=()) for seed in (1, 2)]
    lines = printed(scenario, runs)
    assert line_of(lines, "only ").split()[3:5] == ["-", "-"]
    assert "floor -: only tells of no cleanup; stop() gave back -: only " in words(lines)
