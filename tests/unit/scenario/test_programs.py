"""The scenarios on other people's programs: they read, and their adapters are as short as they are said to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.scenario import load

PROGRAMS = Path(__file__).parents[3] / "scenarios" / "programs"
MOST_LINES = 25


@pytest.mark.parametrize("file", sorted(PROGRAMS.glob("*.toml")), ids=lambda file: file.stem)
def test_a_program_of_others_is_pinned_and_its_adapter_is_short(file: Path) -> None:
    scenario = load(str(file), import_target=False)
    adapter = PROGRAMS / f"{scenario.target.factory.partition(':')[0]}.py"
    assert len(adapter.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    assert all("==" in package for table in scenario.configs.values() for package in table["packages"])
