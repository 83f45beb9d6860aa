"""A result: each file is read once, what was recorded since is seen, what is no result is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness.analysis.full_scale.anchor_runs import NO_ANCHORS
from harness.analysis.reading import read_run
from harness.analysis.result import Result
from harness.analysis.runs import Run
from harness.errors import UsageError
from harness.scenario import load
from harness.soaks.anchor_plan import Plan, write_plan
from harness.soaks.run_rows import OtherWorld
from tests.unit.analysis.verdict.golden_recording import GOLDEN, golden_copy


class Reader:
    """Reads runs, and says which it has read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, folder: Path) -> Run:
        self.read.append(f"{folder.parent.name} {folder.name}")
        return read_run(folder)


def copy_run(result: Path, config: str, seed: int) -> None:
    shutil.copytree(GOLDEN / "runs" / config / f"seed-{seed}", result / "runs" / config / f"seed-{seed}")


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """The golden result as it was before its second seed."""
    folder = golden_copy(tmp_path)
    for config in ("old", "fixed"):
        shutil.rmtree(folder / "runs" / config / "seed-2")
    return folder


def test_the_looks_of_a_soak_read_every_run_once(begun: Path) -> None:
    reader = Reader()
    result = Result(begun, read=reader)
    result.look()
    assert reader.read == ["fixed seed-1", "old seed-1"]
    for config in ("old", "fixed"):
        copy_run(begun, config, 2)
    result.look()
    result.refresh()
    assert [(run.config, run.seed) for run in result.runs] == [("old", 1), ("old", 2), ("fixed", 1), ("fixed", 2)]
    assert [run.seed for run in result.verdict.runs] == [1, 2, 1, 2]
    assert reader.read == ["fixed seed-1", "old seed-1", "fixed seed-2", "old seed-2"]


def test_a_look_names_what_the_runs_so_far_leave_open(begun: Path) -> None:
    result = Result(begun)
    assert result.look() == ()  # runs of a second seed are missing
    for config in ("old", "fixed"):
        copy_run(begun, config, 2)
    assert result.look() == ("fixed peaks lower", "live bytes of fixed do not leak")


def test_a_verdict_is_found_once(begun: Path) -> None:
    result = Result.open(begun)
    assert result.verdict is result.verdict
    before = result.verdict
    result.refresh()
    assert result.verdict is not before


def test_the_scenario_is_the_recorded_one_by_the_name_that_it_had(begun: Path) -> None:
    assert Result.open(begun).scenario.name == "golden"
    (begun / "manifest.json").write_text(json.dumps({"format": 1, "scenario": "as it was"}), encoding="utf-8")
    assert Result.open(begun).scenario.name == "as it was"
    other = load("smoke", import_target=False)
    assert Result(begun, scenario=other).scenario is other


def test_a_run_whose_supervisor_was_killed_is_archived_before_it_is_read(begun: Path) -> None:
    run = begun / "runs" / "old" / "seed-1"
    (run / "run.json").unlink()
    (run / "samples.parquet").unlink()
    (run / "samples.bin").touch()
    died = Result.open(begun).runs[0]
    assert (died.config, died.status) == ("old", "died")
    assert not (run / "samples.bin").exists()


def test_runs_are_ordered_by_config_and_number(begun: Path) -> None:
    for seed in (10, 3):
        copy_run(begun, "old", 2)
        (begun / "runs" / "old" / "seed-2").rename(begun / "runs" / "old" / f"seed-{seed}")
        file = begun / "runs" / "old" / f"seed-{seed}" / "run.json"
        facts = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps({**facts, "seed": seed}), encoding="utf-8")
    assert [(run.config, run.seed) for run in Result.open(begun).runs] == [
        ("old", 1),
        ("old", 3),
        ("old", 10),
        ("fixed", 1),
    ]


def test_a_folder_that_is_no_result_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no scenario\.toml"):
        Result.open(tmp_path)
    (tmp_path / "scenario.toml").touch()
    with pytest.raises(UsageError, match="no run"):
        _ = Result.open(tmp_path).runs


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_damaged_run_is_one_beside_the_others(begun: Path, content: str) -> None:
    (begun / "runs" / "fixed" / "seed-1" / "run.json").write_text(content, encoding="utf-8")
    old, fixed = Result.open(begun).runs
    assert (old.status, fixed.status) == ("complete", "damaged")
    assert fixed.facts["reason"].startswith("run.json: ")
    assert fixed.memory_scale == old.memory_scale
    assert fixed.samples.empty


def test_a_claim_that_does_not_fit_is_refused_by_the_name_of_the_file(begun: Path) -> None:
    text = (begun / "scenario.toml").read_text(encoding="utf-8")
    (begun / "scenario.toml").write_text(text.replace('"samples.lost"', '"samples.losst"'), encoding="utf-8")
    result = Result.open(begun)
    assert result.invalidities == []
    with pytest.raises(UsageError, match=r"scenario\.toml: claims.*no such metric; did you mean samples\.lost"):
        _ = result.verdict


def test_anchors_are_read_by_their_plan_the_largest_world_first(begun: Path) -> None:
    assert Result.open(begun).anchors == NO_ANCHORS
    (begun / "anchors").mkdir()
    worlds = [OtherWorld("old", scale, 0.5, (1,)) for scale in (0.1, 0.4)]
    write_plan(Plan(tuple(worlds), unfit={"fixed": "too large"}), begun)
    for world in worlds:
        folder = begun / "anchors" / world.folder_name
        folder.mkdir()
        for name in ("manifest.json", "scenario.toml"):
            shutil.copy(begun / name, folder / name)
    copy_run(begun / "anchors" / worlds[1].folder_name, "old", 1)
    anchors = Result.open(begun).anchors
    assert anchors.unfit == {"fixed": "too large"}
    assert [[run.seed for run in world.runs] for world in anchors.worlds["old"]] == [[1], []]
    assert anchors.broken("old").endswith("did not begin")
