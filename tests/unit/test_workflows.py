"""The shipped workflows: valid by the schema of GitHub's workflows and, where it is installed, by actionlint."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

WORKFLOWS = sorted((Path(__file__).parents[2] / ".github" / "workflows").glob("*.yml"))
ACTIONLINT = shutil.which("actionlint")


def test_they_are_workflows_by_their_schema_and_a_broken_one_is_none(tmp_path: Path) -> None:
    assert [file.stem for file in WORKFLOWS] == ["ci", "nightly"]
    broken = tmp_path / "broken.yml"
    broken.write_text(WORKFLOWS[0].read_text(encoding="utf-8").replace("runs-on:", "run-on:", 1), encoding="utf-8")
    schema = ["--builtin-schema", "vendor.github-workflows"]  # check-jsonschema brings it along: nothing is fetched
    command = [sys.executable, "-m", "check_jsonschema", "--output-format", "json", *schema]
    checked = subprocess.run(
        [*command, *map(str, [*WORKFLOWS, broken])], capture_output=True, text=True, check=False, timeout=120
    )
    told = json.loads(checked.stdout)
    assert told["status"] == "fail"
    assert told["parse_errors"] == []
    assert {error["filename"] for error in told["errors"]} == {str(broken)}, told


@pytest.mark.skipif(ACTIONLINT is None, reason="no actionlint on the PATH")
def test_actionlint_finds_nothing() -> None:
    assert ACTIONLINT is not None
    linted = subprocess.run(
        [ACTIONLINT, "-no-color", *map(str, WORKFLOWS)], capture_output=True, text=True, check=False, timeout=120
    )
    assert (linted.returncode, linted.stdout) == (0, "")
