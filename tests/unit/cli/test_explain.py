"""`soak explain`: which result it takes, what it refuses, and its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.analysis.owners.growth import UNATTRIBUTED
from harness.cli import main
from tests.unit.anatomy_soak import EVENTS, Leaks, anatomy_run, write_anatomy


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
    assert out.splitlines()[1:3] == [
        "INCOMPLETE: runs are missing, or did not finish:",
        "- old has no run of seed 1, 2",
    ]
    assert "example: A scenario [for tests]" in out.splitlines()
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


def test_a_damaged_recording_is_named_and_the_others_are_explained(result, capsys) -> None:
    (result / "runs" / "fixed" / "seed-1" / "owners.parquet").write_bytes(b"no parquet")
    assert main(["explain", "example"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert out.startswith("INCOMPLETE: ")
    assert "- fixed seed 1 is damaged: owners.parquet: cannot be read" in out
    assert "fixed LEAKS" in out


def test_a_report_draws_the_anatomy_beside_the_curves(result, capsys) -> None:
    main(["report", "example"])
    screen = capsys.readouterr().out.splitlines()
    assert (result / "waterfall.png").stat().st_size > 10_000
    assert (result / "anatomy.png").stat().st_size > 10_000
    assert screen[-4:] == [
        f"Picture: {result}/memory.png",
        "Beside it: waterfall.png, anatomy.png, report.html, verdict.json",
        f"Who holds the memory: soak explain {result}",
        f"All tables, reasons and assumptions: soak report {result} --verbose",
    ]
    main(["report", "example", "--verbose"])
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"Beside it: waterfall.png, anatomy.png, report.html; in words: soak explain {result}"


@pytest.mark.parametrize("option", ["--config=fixed", "--seed=1", "--hours=0.1", "--trust"])
def test_what_is_for_a_rerun_needs_one(result, option: str, capsys) -> None:
    assert main(["explain", "example", option]) == 2
    assert "is for a rerun: give --deep too" in capsys.readouterr().err


def test_a_rerun_follows_the_words_and_memray_is_asked_for_where_it_is_missing(result, capsys, monkeypatch) -> None:
    from harness.deep import rerun
    from tests.unit.report.terminal.test_allocations import FOUND

    asked = []

    def trace(folder, job, owners, observe):
        asked.append((folder.resolve(), job.config, job.seed, owners, list(observe)))
        return FOUND

    monkeypatch.setattr(rerun, "plan_rerun", lambda folder, config, seed, *_, **__: recorded_job(config, seed or 1))
    monkeypatch.setattr(rerun, "trace", trace)
    monkeypatch.setattr(rerun, "has_memray", lambda: False)
    assert main(["explain", "example", "--deep", "--seed", "2"]) == 0
    out = capsys.readouterr().out
    assert asked == [(result.resolve(), "fixed", 2, [EVENTS], ["tracemalloc"])]
    assert out.index("LEAKS:") < out.index("Rerun of fixed seed 2: 0.25 virtual hours, not judged")
    assert "No flame graph: memray is not installed: pip install memray\n" in out
    assert "allocated at mine.py:7 (Target.keep): 94 % of kept[*]" in out
    monkeypatch.setattr(rerun, "has_memray", lambda: True)
    assert main(["explain", "example", "--deep"]) == 0
    assert asked[1][4] == ["tracemalloc", "memray"]
    assert "not installed" not in capsys.readouterr().out


HOLD = """
import sys
from pathlib import Path
from harness.soaks.living import locked
with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_a_rerun_is_refused_beside_a_soak_that_lives(result, capsys) -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLD, str(result)], stdin=pipe, stdout=pipe, text=True) as soaking:
        assert soaking.stdout is not None
        assert soaking.stdout.readline() == "locked\n"
        assert main(["explain", "example", "--deep"]) == 2
        out, error = capsys.readouterr()
        assert out == ""
        assert error == (f"soak: {result}: its soak is being carried out: --deep writes there, so it has to wait\n")
        assert not (result / "deep").exists()
        assert main(["explain", "example"]) == 0


def test_growth_without_an_owner_is_offered_a_rerun_in_the_last_line(write_scenario, capsys) -> None:
    folder = Path("results", "example", "a")
    folder.mkdir(parents=True)
    (folder / "scenario.toml").write_text(write_scenario().read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps({"format": 1, "scenario": "example"}), encoding="utf-8")
    lost = Leaks(lasting={UNATTRIBUTED: 0.45}, until_cleanup={})
    for seed in (1, 2):
        write_anatomy(folder, anatomy_run("fixed", seed, leaks=lost))
    assert main(["explain", "example"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("fixed: 0.45")
    assert last.endswith(
        f" GB per hour without an owner: what it is, by type: soak explain {folder} --deep --config fixed"
    )


def test_growth_with_an_owner_is_offered_nothing(result, capsys) -> None:
    assert main(["explain", "example"]) == 0
    assert "--deep" not in capsys.readouterr().out


def recorded_job(config: str, seed: int) -> SimpleNamespace:
    return SimpleNamespace(config=config, seed=seed, horizon_s=900.0, interpreter="")
