"""Repeating soaks without any: what is planned, what is carried out and recorded, what is kept, refused and gone on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import exit_codes
from harness.analysis.result import Result
from harness.analysis.verdict.run_summary import RunSummary
from harness.analysis.verdict.soak_verdict import Verdict
from harness.analysis.verdict.verdict_file import VERDICT_FILE
from harness.calibration import repetitions
from harness.calibration.repeated.records import read
from harness.scenario import Scenario
from harness.soaks.run_rows import World
from harness.soaks.soak import Planned, Soak
from tests.unit.analysis.verdict.golden_recording import golden_copy

SMOKE = ["smoke", "--seeds", "2"]


def verdict_on(scenario: Scenario, status: Any) -> Verdict:
    """A verdict without claims on a soak that took one seed more than it has."""
    facts: dict[str, Any] = dict.fromkeys(RunSummary.__dataclass_fields__)
    seeds = range(scenario.first_seed, scenario.first_seed + scenario.seeds + 1)
    runs = [RunSummary(**{**facts, "config": config, "seed": seed}) for config in scenario.configs for seed in seeds]
    return Verdict(scenario.name, scenario.memory.scale, status, (), (), tuple(runs))


class Soaks:
    """Every soak that was asked for, in place of carrying it out; `statuses` are what they end with, then all met."""

    def __init__(self) -> None:
        self.ran: list[Scenario] = []
        self.judged: list[Scenario] = []
        self.statuses: list[str] = []
        self.interrupted_at: int | None = None

    def plan(self, scenario: Scenario, root: Path, **_: Any) -> Planned:
        folder = root / scenario.name / f"soak-{len(self.ran) + 1}"
        return Planned(World(scenario, folder), root, rows=(), at_once=1)

    def carry_out(self, planned: Planned, **_: Any) -> Soak:
        self.ran.append(planned.scenario)
        (planned.folder / "runs").mkdir(parents=True)
        latest = planned.root / "latest"
        latest.unlink(missing_ok=True)
        latest.symlink_to(planned.folder.relative_to(planned.root))
        return Soak(planned.folder, len(self.ran) == self.interrupted_at)

    def judge(self, result: Result) -> Verdict:
        self.judged.append(result.scenario)
        return verdict_on(result.scenario, self.statuses.pop(0) if self.statuses else "met")


@pytest.fixture
def soaks(here: Path, monkeypatch: pytest.MonkeyPatch) -> Soaks:
    found = Soaks()
    monkeypatch.setattr(repetitions.soaks, "plan", found.plan)
    monkeypatch.setattr(repetitions.soaks, "carry_out", found.carry_out)
    monkeypatch.setattr(repetitions, "_judged", found.judge)
    monkeypatch.setattr(repetitions, "git_state", lambda **_: {"revision": "abc", "dirty": False})
    return found


def recorded(file: str = "results/repetitions/smoke/repetitions.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(file).read_text(encoding="utf-8").splitlines()]


def test_every_repetition_has_seeds_of_its_own(soaks: Soaks, capsys: pytest.CaptureFixture[str]) -> None:
    assert repetitions.main([*SMOKE, "--max-seeds", "5", "--times", "3"]) == 0
    assert [(one.first_seed, one.seeds, one.max_seeds) for one in soaks.ran] == [
        (1001, 2, 5),
        (1006, 2, 5),
        (1011, 2, 5),
    ]
    assert [(one["number"], one["first_seed"], one["seeds"]) for one in recorded()] == [
        (1, 1001, 3),
        (2, 1006, 3),
        (3, 1011, 3),
    ]
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert "3 of 3: met, 3 seeds from 1011, " in lines[2]
    assert lines[2].endswith("so far 3 met, 0 red, 0 undecided")
    assert lines[3] == "Page: docs/reference/repetitions.md"
    assert "| smoke | abc | 3 | 3: 100 " in Path(lines[3].removeprefix("Page: ")).read_text(encoding="utf-8")


def test_what_did_not_end_as_it_should_is_kept_and_named(soaks: Soaks, capsys: pytest.CaptureFixture[str]) -> None:
    soaks.statuses = ["met", "inconclusive", "missed", "met"]
    assert repetitions.main([*SMOKE, "--times", "4", "--first-seed", "7", "--out", "here", "--to", "page.md"]) == 0
    told = recorded("here/repetitions.jsonl")
    assert [one["status"] for one in told] == ["met", "inconclusive", "missed", "met"]
    assert [one["exit_code"] for one in told] == [
        exit_codes.OF_STATUS[status] for status in ("met", "inconclusive", "missed", "met")
    ]
    assert [one["folder"] for one in told] == [None, "smoke/soak-2", "smoke/soak-3", None]
    assert sorted(folder.name for folder in Path("here/smoke").iterdir()) == ["soak-2", "soak-3"]
    assert not Path("here/latest").is_symlink()
    out = capsys.readouterr().out
    assert "kept in here/smoke/soak-2), 3 seeds from 9, " in out
    assert "4 of 4: met, 3 seeds from 13, " in out
    assert "so far 2 met, 1 red, 1 undecided" in out


def test_with_a_leak_red_is_what_should_come_of_it(soaks: Soaks) -> None:
    soaks.statuses = ["missed", "met"]
    assert repetitions.main([*SMOKE, "--times", "2", "--leak", "3"]) == 0
    told = recorded("results/repetitions/smoke-leak-3/repetitions.jsonl")
    assert [one["folder"] for one in told] == [None, "smoke/soak-2"]
    assert (told[0]["origin"]["leak"], told[0]["origin"]["leaking"]) == (3.0, ["fixed"])
    rates = [{name: table["bytes_per_s"] for name, table in one.configs.items()} for one in soaks.ran]
    assert rates == [{"old": 0.0, "fixed": pytest.approx(1562.5)}] * 2
    # judged by the scenario as it is: its claims may read parameters of its configs
    assert soaks.judged[0].configs["old"]["cleanup_interval_cycles"] == 200
    assert [one.first_seed for one in soaks.judged] == [one.first_seed for one in soaks.ran] == [1001, 1003]


def test_a_leak_of_nothing_is_judged_as_none(soaks: Soaks) -> None:
    assert repetitions.main([*SMOKE, "--times", "1", "--leak", "0", "--leaking", "fixed,old"]) == 0
    (told,) = recorded("results/repetitions/smoke-leak-0/repetitions.jsonl")
    assert (told["origin"]["leaking"], told["folder"]) == (["old", "fixed"], None)
    assert {table["bytes_per_s"] for table in soaks.ran[0].configs.values()} == {0.0}


def test_the_same_command_goes_on(soaks: Soaks, capsys: pytest.CaptureFixture[str]) -> None:
    soaks.interrupted_at = 3
    assert repetitions.main([*SMOKE, "--times", "4"]) == 3
    shown = capsys.readouterr()
    assert "Not counted: repetition 3, of which results/repetitions/smoke/smoke/soak-3 has " in shown.out
    assert shown.err.startswith("repetitions: interrupted: ")
    assert [one["number"] for one in recorded()] == [1, 2]
    assert not Path("docs/reference").exists()
    assert repetitions.main([*SMOKE, "--times", "4"]) == 0
    assert "goes on after 2 repetitions: 2 met, 0 red, 0 undecided" in capsys.readouterr().out
    assert [one["first_seed"] for one in recorded()] == [1001, 1003, 1005, 1007]
    assert [one.first_seed for one in soaks.ran] == [1001, 1003, 1005, 1005, 1007]
    assert repetitions.main([*SMOKE, "--times", "4"]) == 0
    assert len(soaks.ran) == 5
    assert repetitions.main([*SMOKE, "--times", "5", "--hours", "0.6"]) == 0
    assert len(soaks.ran) == 6


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (["--hours", "0.5"], "its scenario was changed"),
        (["--first-seed", "5"], "its first seed is 1001, not 5"),
        (["--leak", "1"], "its leak is none, not 1; its leaking is none, not fixed"),
    ],
)
def test_repetitions_of_something_else_are_not_gone_on(
    soaks: Soaks, changed: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    here = [*SMOKE, "--out", "here"]
    assert repetitions.main([*here, "--times", "1"]) == 0
    assert repetitions.main([*here, "--times", "2", *changed]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.startswith("repetitions: here/repetitions.jsonl: holds repetitions of something else (")
    assert error.count("\n") == 1
    assert len(soaks.ran) == 1


def test_another_revision_is_something_else(soaks: Soaks, monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert repetitions.main([*SMOKE, "--times", "1"]) == 0
    monkeypatch.setattr(repetitions, "git_state", lambda **_: {"revision": "def", "dirty": True})
    assert repetitions.main([*SMOKE, "--times", "2"]) == 2
    assert "its revision is abc, not def" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], 'no scenario is called "nothing"'),
        (["smoke", "--times", "0"], "--times 0: must be at least 1"),
        (["smoke", "--jobs", "0"], "--jobs 0: must be at least 1"),
        (["smoke", "--leak", "-1"], "--leak -1: must be 0 or more leak budgets"),
        (["smoke", "--leak", "nan"], "--leak nan: must be 0 or more leak budgets"),
        (["smoke", "--leaking", "old"], "--leaking old: needs --leak"),
        (["smoke", "--leak", "1", "--leaking", "fixt"], '--leaking fixt: no config "fixt"; did you mean fixed?'),
        (["smoke", "--leak", "1", "--leaking", ","], "--leaking: names no config"),
        (["smoke", "--first-seed", "999999999"], "--first-seed 1000000296: must be at most 1000000000"),
        (["--page", "nothing.jsonl"], "nothing.jsonl: cannot be read: "),
    ],
)
def test_wrong_usage_is_one_line_before_anything_is_run(
    soaks: Soaks, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert repetitions.main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"repetitions: {said}")
    assert error.count("\n") == 1
    assert soaks.ran == []
    assert not Path("results").exists()


def test_the_page_has_what_lies_beside_it_of_the_same_scenario_and_revision(soaks: Soaks) -> None:
    assert repetitions.main([*SMOKE, "--times", "1", "--leak", "3"]) == 0
    assert repetitions.main([*SMOKE, "--times", "2"]) == 0
    text = Path("docs/reference/repetitions.md").read_text(encoding="utf-8")
    assert text.index("## smoke\n") < text.index("## smoke, leak of 3 budgets\n")
    assert repetitions.main(["smoke", "--times", "1", "--leak", "1"]) == 0  # of three seeds
    text = Path("docs/reference/repetitions.md").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## smoke, leak of 1 budgets"]


def test_the_page_of_files_that_are_there(soaks: Soaks) -> None:
    assert repetitions.main([*SMOKE, "--times", "1", "--out", "a", "--to", "a.md"]) == 0
    assert repetitions.main([*SMOKE, "--times", "1", "--out", "b", "--leak", "2", "--to", "b.md"]) == 0
    files = ["a/repetitions.jsonl", "b/repetitions.jsonl"]
    assert repetitions.main(["--page", *files, "--to", "both/page.md"]) == 0
    text = Path("both/page.md").read_text(encoding="utf-8")
    assert "`python -m harness.calibration.repetitions smoke --seeds 2 --times 1 --first-seed 1001`" in text
    assert "## smoke, leak of 2 budgets" in text
    assert len(soaks.ran) == 2
    assert read(Path(files[1])).origin.leak == 2


def test_seeds_are_added_as_by_a_soak(soaks: Soaks, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    lacking: list[tuple[str, ...]] = [("RSS of fixed",), ()]

    def look(result: Result) -> tuple[str, ...]:
        asked.append((result.scenario.first_seed, result.scenario.target.factory))
        return lacking.pop(0)

    def carry_out(planned: Planned, *, undecided: Callable[..., bool], **_: Any) -> Soak:
        assert [undecided(2), undecided(3)] == [True, False]
        return soaks.carry_out(planned)

    monkeypatch.setattr(Result, "look", look)
    monkeypatch.setattr(repetitions.soaks, "carry_out", carry_out)
    assert repetitions.main([*SMOKE, "--times", "1", "--leak", "3"]) == 0
    assert asked == [(1001, "harness.collector:build")] * 2


def test_a_damaged_neighbour_costs_the_page_nothing(soaks: Soaks, capsys: pytest.CaptureFixture[str]) -> None:
    damaged = Path("results/repetitions/smoke-other/repetitions.jsonl")
    damaged.parent.mkdir(parents=True)
    damaged.write_text("{", encoding="utf-8")
    assert repetitions.main([*SMOKE, "--times", "1"]) == 0
    assert "Warning: left out of the page: " in capsys.readouterr().out
    assert Path("docs/reference/repetitions.md").is_file()


@pytest.mark.parametrize(("leak", "wanted"), [(None, "met"), ("0.5", "met"), ("1", "met"), ("3", "missed")])
def test_only_a_leak_beyond_the_budget_should_be_red(soaks: Soaks, leak: str | None, wanted: str) -> None:
    soaks.statuses = [wanted]
    assert repetitions.main([*SMOKE, "--times", "1", *([] if leak is None else ["--leak", leak])]) == 0
    assert not any(Path("results/repetitions").glob("*/smoke/soak-*"))


def test_the_verdict_of_a_repetition_has_the_sentence_on_every_config(tmp_path: Path) -> None:
    folder = golden_copy(tmp_path)
    repetitions._judged(Result.open(folder))
    findings = json.loads((folder / VERDICT_FILE).read_text(encoding="utf-8"))["findings"]
    assert [found["config"] for found in findings] == ["old", "fixed"]
    assert all(found["sentence"] for found in findings)
