from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from harness.cli import main
from harness.report.terminal.scenario_view import print_scenario
from harness.report.words.amounts import band_words
from harness.scenario import Claim, load, scale_down

WriteScenario = Callable[..., Path]


def row(text: str, start: str) -> str:
    """The one line that begins with `start`, single-spaced."""
    found = [line for line in text.splitlines() if line.split()[:1] == [start] or line.startswith(start)]
    assert len(found) == 1, f"{start} in\n{text}"
    return " ".join(found[0].split())


def test_the_scenario_is_shown_as_it_would_run(
    write_scenario: WriteScenario, capsys: pytest.CaptureFixture[str]
) -> None:
    write_scenario()
    assert main(["show", "example"]) == 0
    shown = capsys.readouterr().out
    assert "example: A scenario [for tests]" in shown
    assert "Nothing is known." in shown
    assert row(shown, "market.symbols") == "market.symbols 50 no"
    assert row(shown, "market.books_per_second") == "market.books_per_second 5 0.5 yes, a rate"
    assert row(shown, "memory.limit_gb") == "memory.limit_gb 32 3.2 yes, a stock"
    # what differs is marked, what was rounded says from what
    assert row(shown, "*  max_samples") == "* max_samples 2000 → 200 505 → 51 (50.5) stock"
    assert row(shown, "*  cleanup_interval_cycles") == "* cleanup_interval_cycles 1000 100"
    assert row(shown, "threshold_mb") == "threshold_mb 8000 → 800 8000 → 800 stock"
    assert row(shown, "cache_limit") == "cache_limit not set not set"
    assert "before it was rounded half up" in shown
    assert row(shown, "peak reduction") == "peak reduction 0.6 to 0.7 higher Expected results, row 2"
    assert row(shown, "  reduction.peak") == "reduction.peak of old, fixed"
    assert row(shown, "old peak") == "old peak at least 25 Symptoms"
    assert shown.index("Claims: calibration") < shown.index("old peak") < shown.index("Claims: prediction")


def test_options_are_applied(write_scenario: WriteScenario, capsys: pytest.CaptureFixture[str]) -> None:
    write_scenario()
    options = ["--scale", "1", "--hours", "0.5", "--seeds", "7", "--first-seed", "1001", "--configs", "old, "]
    assert main(["show", "example", *options]) == 0
    shown = capsys.readouterr().out
    assert row(shown, "seeds") == "seeds 7 no"
    assert row(shown, "first_seed") == "first_seed 1001 no"
    assert row(shown, "time.warmup_minutes") == "time.warmup_minutes 6 no"
    assert row(shown, "max_samples") == "max_samples 2000 stock"
    assert "→" not in shown
    assert "peak reduction" not in shown
    assert "old peak" in shown


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["exmaple"], 'soak: no scenario is called "exmaple"; did you mean example?'),
        (["example", "--scale", "0"], "soak: --scale 0.0: must be at least 1e-05"),
        (["example", "--scale", "1e-300"], "soak: --scale 1e-300: must be at least 1e-05"),
        (["example", "--seeds", "0"], "soak: --seeds 0: must be at least 1"),
        (["example", "--configs", "new"], 'soak: --configs new: no config "new"'),
        (["example", "--configs", ","], "soak: --configs: names no config"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(
    write_scenario: WriteScenario, capsys: pytest.CaptureFixture[str], arguments: list[str], line: str
) -> None:
    write_scenario()
    assert main(["show", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(line)
    assert captured.err.count("\n") == 1


def test_remarks_on_claims_are_said(write_scenario: WriteScenario, capsys: pytest.CaptureFixture[str]) -> None:
    write_scenario(("[0.60, 0.70]", '[0.6, 0.7]\nknown = "missed"\nreason = "It is\\nnot so."\nnote = "Of the peak."'))
    assert main(["show", "example"]) == 0
    shown = capsys.readouterr().out
    assert "peak reduction: known miss: It is not so." in shown
    assert "peak reduction: Of the peak." in shown


@pytest.mark.parametrize("columns", [80, 100, 160])
def test_a_terminal_is_never_overrun_and_no_config_is_lost(write_scenario: WriteScenario, columns: int) -> None:
    more = "".join(f"[configs.variant_{index}]\nmax_samples = {index + 1}\n" for index in range(9))
    scenario = load(str(write_scenario(("[configs.old]", f"{more}[configs.old]"))))
    written = StringIO()
    console = Console(file=written, width=columns, markup=False, highlight=False, emoji=False)
    print_scenario(console, scenario, scale_down(scenario))
    shown = written.getvalue()
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= columns
    heads = [line.split() for line in shown.splitlines() if line.split()[:1] == ["parameter"]]
    assert [name for head in heads for name in head[1:-1]] == list(scenario.configs)
    assert "reduction.peak" in shown


def test_a_band_in_budgets_says_so(write_scenario: WriteScenario, capsys: pytest.CaptureFixture[str]) -> None:
    leak = [('metric = "peak"', 'metric = "leak.rss"'), ('[25, "open"]', '["open", 1.0]'), ('"neither"', '"lower"')]
    write_scenario(*leak)
    assert main(["show", "example"]) == 0
    shown = capsys.readouterr().out
    assert row(shown, "old peak") == "old peak at most 1 lower Symptoms"
    assert row(shown, "  leak.rss") == "leak.rss of old, in budgets"


@pytest.mark.parametrize(
    ("expected", "tolerance", "text"),
    [
        ((0.6, 0.7), None, "0.6 to 0.7"),
        ((25.0, None), None, "at least 25"),
        ((None, 8.0), 0.5, "at most 8 ± 0.5"),
        ((0.0, 0.0), 0.02, "0 ± 0.02"),
        ((0.0, 0.0), 0.0, "0"),
    ],
)
def test_an_expectation_is_said_in_words(
    expected: tuple[float | None, float | None], tolerance: float | None, text: str
) -> None:
    claim = Claim(
        name="a",
        metric="b",
        configs=("old",),
        expected=expected,
        tolerance=tolerance,
        better="lower",
        kind="prediction",
        source="c",
    )
    assert band_words(claim.expected, claim.tolerance, "") == text


def test_a_scenario_of_a_result_from_elsewhere_is_not_run_for_a_forecast(
    write_scenario: WriteScenario, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    probed: list[object] = []
    monkeypatch.setattr("harness.forecasts.probe.probed", probed.append)
    path = write_scenario()
    path.with_name("manifest.json").write_text("{}", encoding="utf-8")
    assert main(["show", str(path)]) == 0
    assert "Forecast: none: scenarios/example.toml was not written here" in " ".join(capsys.readouterr().out.split())
    assert main(["try", str(path)]) == 2
    assert "it would run dummy_target:build; --trust runs it" in capsys.readouterr().err
    assert probed == []
