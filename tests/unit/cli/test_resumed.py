"""`soak run --resume`: what is refused before anything is run, and that then nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli import main
from harness.files import read_json, write_json
from harness.scenario import load
from harness.soaks import soak
from harness.soaks.living import locked
from harness.soaks.result_folder import MANIFEST_FILE
from harness.soaks.run_rows import World

Edit = Callable[[dict[str, object]], object]


@pytest.fixture
def result(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A soak of smoke that was killed before its first run."""
    monkeypatch.setattr(soak, "room_bytes", lambda: 10**12)
    folder = here / "results" / "smoke" / "20260101T000000Z-0000"
    World(load("smoke"), folder).begin()
    return folder


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """What `soak run` says on its one line, with exit code 2."""
    assert main(["run", *map(str, arguments)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def edit_manifest(result: Path, edit: Edit) -> None:
    manifest = read_json(result / MANIFEST_FILE)
    edit(manifest)
    write_json(manifest, result / MANIFEST_FILE)


def test_without_a_scenario_and_without_a_result_nothing_is_run(here: Path, capsys) -> None:
    assert "which SCENARIO?" in refused(capsys)


@pytest.mark.parametrize(
    "options", [["smoke"], ["--scale", "0.1"], ["--seeds", "2"], ["--clock", "real"], ["--controls", "short"]], ids=str
)
def test_what_the_result_says_is_not_said_again(result: Path, capsys, options: list[str]) -> None:
    said = "SCENARIO" if options == ["smoke"] else options[0]
    assert refused(capsys, "--resume", result, *options).endswith(f"the result says what is run: leave out {said}")


def test_a_soak_that_lives_is_left_alone(result: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.cli.resumed.locked", lambda folder: locked(folder, tries=1))
    with locked(result):
        from harness.soaks import living

        monkeypatch.setattr(living, "_held", set())  # as another process sees it
        assert refused(capsys, "--resume", result).endswith("its soak is going on")


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda manifest: manifest.update(market_version=0), "market_version was 0, is "),
        (lambda manifest: manifest.update(git={"revision": "abc", "dirty": False}), "git.revision was abc, is none"),
        (lambda manifest: manifest["packages"].update(numpy="1.0"), "packages.numpy was 1.0, is "),
        (lambda manifest: manifest["environment"].update(MALLOC_ARENA_MAX="7"), "environment.MALLOC_ARENA_MAX was 7"),
    ],
)
def test_other_conditions_are_named(result: Path, capsys, edit: Edit, said: str) -> None:
    edit_manifest(result, edit)
    before = {file: file.read_bytes() for file in result.rglob("*") if file.is_file()}
    line = refused(capsys, "--resume", "latest" if (result.parents[1] / "latest").exists() else "smoke")
    assert "cannot be resumed, it was recorded under other conditions: " in line
    assert said in line
    assert {file: file.read_bytes() for file in result.rglob("*") if file.is_file()} == before


def test_cores_memory_and_files_unknown_to_git_are_no_condition(result: Path, capsys) -> None:
    def elsewhere(manifest):
        manifest["machine"].update(cpus=1000, memory_bytes=1, kernel="9.9")
        manifest["market_version"] = 0  # what is said then is all that differs

    edit_manifest(result, elsewhere)
    told = refused(capsys, "--resume", result).partition("other conditions: ")[2]
    assert told.startswith("market_version")
    assert ";" not in told


def test_a_kept_run_of_another_job_is_named(result: Path, capsys) -> None:
    row = World(load("smoke"), result).rows()[0]
    row.folder.mkdir(parents=True)
    row.job.write(row.folder)
    (row.folder / "run.json").write_text('{"status": "complete"}')
    job = json.loads((row.folder / "job.json").read_text())
    job["params"]["cleanup_threshold_mb"] = 1.5
    (row.folder / "job.json").write_text(json.dumps(job))
    line = refused(capsys, "--resume", result)
    assert f"{row.folder}/job.json: params is not what would be run now" in line
    assert row.folder.is_dir()


def test_what_was_not_written_here_is_not_run(result: Path, capsys) -> None:
    scenario = result / "scenario.toml"
    scenario.write_text(scenario.read_text().replace("harness.collector:build", "theirs:build"))
    line = refused(capsys, "--resume", result)
    assert "was not written here, or was edited since: it would run theirs:build; --trust runs it" in line
    assert "theirs" in refused(capsys, "--resume", result, "--trust")  # tried, and not there
