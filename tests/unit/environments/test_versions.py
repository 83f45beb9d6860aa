"""What a config may say of the version of the program that it is about."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.cli import main
from harness.environments.provided import HERE, Provided, provide
from harness.environments.versions import Version
from harness.errors import UsageError
from harness.scenario import load, scale_down, to_toml
from harness.soaks.plan import plan_jobs
from tests.unit.scenario.reading import WriteScenario

OF = "mine:build", Path("mine.toml")
FIXED = "cleanup_interval_cycles = 100"


def test_without_keys_it_is_what_is_importable_here() -> None:
    assert provide({"old": Version()}, *OF) == {"old": HERE}
    assert HERE.told == ""


def test_a_folder_goes_first_on_the_path_with_its_src(here: Path) -> None:
    Path("bot", "src").mkdir(parents=True)
    Path("flat", "src").mkdir(parents=True)
    Path("flat", "src", "__init__.py").touch()  # a package of that name, not a layout
    programs = provide({"a": Version(path="bot"), "b": Version(path="flat")}, *OF)
    assert programs["a"] == Provided(code=(str(here / "bot"), str(here / "bot" / "src")), told="code from bot")
    assert programs["b"].code == (str(here / "flat"),)


def test_a_folder_that_is_none_is_named_with_where_it_was_looked_for(here: Path) -> None:
    with pytest.raises(UsageError) as error:
        provide({"fixed": Version(path="../nope")}, *OF)
    assert str(error.value) == f'configs.fixed.path = "../nope": no such folder, seen from {here}'
    Path("file").touch()
    with pytest.raises(UsageError, match="is no folder"):
        provide({"fixed": Version(path="file")}, *OF)


def test_a_version_is_no_parameter_and_is_kept_in_a_result(here: Path, write_scenario: WriteScenario) -> None:
    Path("fixed").mkdir()
    scenario = load(str(write_scenario((FIXED, f'{FIXED}\npath = "fixed"'))))
    assert "path" not in scale_down(scenario).configs["fixed"]
    assert 'path = "fixed"' in to_toml(scenario)
    assert scenario.run_beside() == [("path", "fixed")]
    code = {job.config: job.code for job in plan_jobs(scenario)}
    assert code == {"old": [], "fixed": [os.path.abspath("fixed")]}


@pytest.mark.parametrize("value", ["3", '""', '["../bot"]', '"a\\nb"'])
def test_a_path_that_is_no_line_of_text_is_refused(write_scenario: WriteScenario, value: str) -> None:
    path = write_scenario((FIXED, f"path = {value}"))
    with pytest.raises(UsageError, match=r"configs\.fixed\.path = .*: must be a folder in"):
        load(str(path))


def test_a_revision_that_git_would_take_for_an_option_is_refused(write_scenario: WriteScenario) -> None:
    path = write_scenario((FIXED, 'revision = "--upload-pack=x"'))
    with pytest.raises(UsageError, match=r"configs\.fixed\.revision = .*: must be a commit, branch or tag"):
        load(str(path))


def test_a_scenario_of_a_foreign_result_checks_nothing_out_without_trust(write_scenario: WriteScenario) -> None:
    path = write_scenario((FIXED, 'revision = "no-such"'))
    path.with_name("manifest.json").write_text("{}")
    with pytest.raises(UsageError, match=r"was not written here, .*, with revision=no-such; --trust runs it"):
        load(str(path))
    with pytest.raises(UsageError, match=r'"no-such": '):  # tried
        load(str(path), trusted=True)
    assert load(str(path), import_target=False).versions()["fixed"].revision == "no-such"


@pytest.mark.parametrize("key", ["configs.revision", "configs.python"])
def test_a_sweep_of_a_foreign_result_makes_nothing_without_trust(
    write_scenario: WriteScenario, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    path = write_scenario()
    path.write_text(f"{path.read_text()}\n[sweeps.versions.axes.version]\n")
    with path.open("a") as file:
        file.writelines(f'{level} = {{ "{key}" = "3.1{level[-1]}" }}\n' for level in ("to_2", "to_3"))
    assert load(str(path), import_target=False).makes
    path.with_name("manifest.json").write_text("{}")
    assert main(["sweep", str(path), "versions", "--dry-run"]) == 2
    assert "was not written here, or was edited since" in capsys.readouterr().err
