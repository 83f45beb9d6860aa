"""`soak explain`: which result it takes, what it refuses, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import main
from tests.unit.anatomy_soak import EVENTS, anatomy_run, write_anatomy


@pytest.fixture
def result(write_scenario) -> Path:
    """``results/example/a`` with two runs of one config, both at the walks' full length."""
    folder = Path("results", "example", "a")
    folder.mkdir(parents=True)
    (folder / "scenario.toml").write_text(write_scenario().read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps({"format": 1, "scenario": "example"}), encoding="utf-8")
    for seed in (1, 2):
        write_anatomy(folder, anatomy_run("fixed", seed, outlives={"tasks": ["pump[*]"]}))
    return folder


@pytest.mark.parametrize("reference", ["results/example/a", "example", "scenarios/example.toml"])
def test_a_result_by_its_folder_its_scenario_or_its_file(result, reference: str, capsys) -> None:
    assert main(["explain", reference]) == 0
    out, error = capsys.readouterr()
    assert error == ""
    assert out.splitlines()[1] == "example: A scenario [for tests]"
    assert "LEAKS:" in out
    assert EVENTS in out
    assert "tasks that outlive stop(): pump[*]." in out


def test_latest_and_another_folder_of_results(result, capsys) -> None:
    Path("elsewhere").mkdir()
    Path("elsewhere/latest").symlink_to(result.resolve())
    assert main(["explain", "latest", "--results", "elsewhere"]) == 0
    assert "LEAKS:" in capsys.readouterr().out


@pytest.mark.parametrize("reference", ["example", "scenarios/example.toml"])
def test_a_scenario_that_was_not_soaked_is_told_to_be(write_scenario, reference: str, capsys) -> None:
    write_scenario()
    assert main(["explain", reference]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error == f"soak: {reference} has no result in results yet: soak run {reference}\n"


def test_what_is_neither_is_refused(here, capsys) -> None:
    assert main(["explain", "nothing"]) == 2
    assert 'no result "nothing"' in capsys.readouterr().err


def test_a_damaged_recording_is_named(result, capsys) -> None:
    (result / "runs" / "fixed" / "seed-1" / "owners.parquet").write_bytes(b"no parquet")
    assert main(["explain", "example"]) == 2
    assert "owners.parquet: cannot be read" in capsys.readouterr().err


def test_a_report_draws_the_anatomy_beside_the_curves(result, capsys) -> None:
    main(["report", "example"])
    out = capsys.readouterr().out
    assert (result / "waterfall.png").stat().st_size > 10_000
    assert (result / "anatomy.png").stat().st_size > 10_000
    last = out.splitlines()[-1]
    assert last == f"Beside it: waterfall.png, anatomy.png; in words: soak explain {result}"
