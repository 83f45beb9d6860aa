"""verdict.json as its readers rely on it; that of a small recording stays what it was, key by key.

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
from harness.analysis.verdict.soak_verdict import judge
from harness.report.words.config_sentences import config_sentences
from harness.report.words.headline import summary_sentence
from tests.unit.analysis.verdict.golden_recording import GOLDEN, golden_copy
from tests.unit.analysis.verdict.literal_soak import claim, five_hours, make_scenario, rising, soak

PROSE = {"reason", "summary", "sentence"}


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
    verdict_file.write(result.verdict, "", {}, tmp_path / verdict_file.VERDICT_FILE)
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


def test_verdict_json_has_what_its_readers_rely_on(tmp_path: Path) -> None:
    verdict = judge(make_scenario(claim(tolerance=0.005)), soak(gb=[5, 32], status="limit"))
    verdict_file.write(verdict, summary_sentence(verdict), config_sentences(verdict), tmp_path / "verdict.json")
    table = json.loads((tmp_path / "verdict.json").read_text())
    assert table["summary"] == summary_sentence(verdict)
    assert [*tmp_path.iterdir()] == [tmp_path / "verdict.json"]
    assert {key: table[key] for key in ("format", "scenario", "memory_scale", "status", "reasons")} == {
        "format": 4,
        "scenario": "literal",
        "memory_scale": 1.0,
        "status": "inconclusive",
        "reasons": [],
    }
    (one,) = table["claims"]
    assert set(one) >= {
        *("name", "metric", "kind", "expected", "better", "estimate", "low", "high", "arithmetic", "unit", "verdict"),
        *("known", "source", "reason", "seeds", "moves_with_scale", "values", "bound", "configs", "tolerance"),
    }
    assert (one["expected"], one["seeds"], one["bound"], one["high"]) == ([0.6, 0.7], [1, 2], "lower", None)
    assert one["values"] == {"1": pytest.approx(1 - 8.75 / 32), "2": pytest.approx(0.65)}
    assert [(run["config"], run["seed"]) for run in table["runs"]] == [
        ("old", 1),
        ("old", 2),
        ("fixed", 1),
        ("fixed", 2),
    ]
    limited, whole = table["runs"][:2]
    assert (limited["status"], limited["start_gb"], limited["peak_gb"], limited["peak_bound"]) == (
        "limit",
        5,
        32,
        "lower",
    )
    assert [limited[key] for key in ("horizon_gb", "before_stop_gb", "after_trim_gb")] == [None, None, None]
    steps = ("before_stop_gb", "after_stop_gb", "after_drop_gb", "after_trim_gb")
    assert [whole[key] for key in steps] == [6, 5, 4, 3]
    assert (whole["horizon_gb"], whole["cleanups"], whole["cpu_s"], whole["acceleration"]) == (6, None, 1.5, 300)


def test_verdict_json_says_of_every_config_whether_it_leaks(tmp_path: Path) -> None:
    verdict = judge(five_hours(max_seeds=4), rising(0.0))
    verdict_file.write(verdict, summary_sentence(verdict), config_sentences(verdict), tmp_path / "verdict.json")
    table = json.loads((tmp_path / "verdict.json").read_text())
    (one,) = table["leaks"]
    assert set(one) >= {
        *("config", "measure", "verdict", "slope", "low", "high", "unit", "minimum_detectable", "hours_needed"),
        *("floors", "reason", "budget", "part", "fragmentation", "shape", "values"),
    }
    assert (one["config"], one["measure"], one["verdict"], one["unit"]) == ("fixed", "rss", "OK", "GB/h")
    assert (one["slope"], one["low"], one["high"], one["minimum_detectable"]) == (0, 0, 0, 0.0375)
    assert table["confidence"] == pytest.approx(0.98, abs=0.01)
    assert table["status"] == "met"
