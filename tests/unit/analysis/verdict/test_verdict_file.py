"""verdict.json of a small recording stays what it was, key by key.

golden/ is a soak that the product recorded, of two configs with two seeds: it has floors, owners and a stop, and claims
that are met, open and not applicable. It was made, and is made anew after a change that is meant to change a verdict,
by these lines; what the target wrote and the pictures are left out::

    golden=$PWD/tests/unit/analysis/verdict/golden
    cp $golden/scenario.toml /tmp/golden.toml
    soak run /tmp/golden.toml --no-anchors --quiet --out /tmp/golden
    rm -r $golden/* && cd -P /tmp/golden/latest
    cp --parents *.json scenario.toml runs/*/*/*.json* runs/*/*/*.parquet $golden

Where the recording is to stay and only what is said of it changed, ``soak report $golden`` writes its verdict.json
(and pictures, which are not kept).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.result import Result
from harness.analysis.verdict import verdict_file
from tests.unit.analysis.verdict.golden_recording import GOLDEN, golden_copy

PROSE = {"reason", "summary"}


def leaves(table: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every plain value with its path, prose left out; a table or an array without entries is one."""
    if isinstance(table, dict) and table:
        for key, value in table.items():
            if key not in PROSE:
                yield from leaves(value, f"{path}.{key}")
    elif isinstance(table, list) and table:
        for number, value in enumerate(table):
            yield from leaves(value, f"{path}[{number}]")
    else:
        yield path, table


def test_the_golden_recording_has_the_verdict_that_it_had(tmp_path: Path) -> None:
    kept = dict(leaves(json.loads((GOLDEN / verdict_file.VERDICT_FILE).read_text(encoding="utf-8"))))
    result = Result.open(golden_copy(tmp_path))
    verdict_file.write(result.verdict, "", tmp_path / verdict_file.VERDICT_FILE)
    judged = dict(leaves(json.loads((tmp_path / verdict_file.VERDICT_FILE).read_text(encoding="utf-8"))))
    assert list(judged) == list(kept)
    assert judged == {
        path: pytest.approx(value, rel=1e-9) if isinstance(value, float) else value for path, value in kept.items()
    }


def test_the_golden_recording_has_all_that_it_is_kept_for() -> None:
    result = Result.open(GOLDEN)
    assert {run.config for run in result.runs} == {"old", "fixed"}
    assert all(not run.owners.empty and run.facts["stop"] for run in result.runs)
    assert any(leak.verdict.floors >= 6 for leak in result.verdict.leaks)
    assert {judged.outcome for judged in result.verdict.claims} == {"met", "inconclusive", "not applicable"}
    assert sum(file.stat().st_size for file in GOLDEN.rglob("*") if file.is_file()) < 300_000
