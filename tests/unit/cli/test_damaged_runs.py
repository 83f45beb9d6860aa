"""`soak report`, `explain` and `compare` where a run is missing or damaged: it is named, and the others are judged."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness.analysis.result import Result
from harness.cli import main
from harness.worker.recorder import EVENTS_FILE, ROWS, SAMPLES_FILE
from tests.unit.analysis.verdict.golden_recording import golden_copy

Damage = Callable[[Path], Any]


@pytest.fixture
def result(tmp_path: Path) -> Path:
    """The golden result as format 3 has it: every run says how many rows and events it wrote."""
    folder = golden_copy(tmp_path)
    for run in folder.glob("runs/*/*"):
        written = {
            "rows": len(pd.read_parquet(run / "samples.parquet")),
            "events": len((run / EVENTS_FILE).read_bytes().splitlines()),
        }
        say(run, format=3, **written)
    return folder


def say(run: Path, **facts: Any) -> None:
    """Change what run.json tells."""
    file = run / "run.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **facts}))


def cut_rows(run: Path) -> None:
    samples = pd.read_parquet(run / "samples.parquet")
    samples[: len(samples) // 2].to_parquet(run / "samples.parquet", index=False)


def cut_events(run: Path) -> None:
    lines = (run / EVENTS_FILE).read_text().splitlines(keepends=True)
    (run / EVENTS_FILE).write_text("".join(lines[:-1]))


def flip_a_byte(run: Path) -> None:
    frame = pd.read_parquet(run / "samples.parquet")
    frame.to_parquet(run / "samples.parquet", index=False, write_page_checksum=True)
    content = bytearray((run / "samples.parquet").read_bytes())
    content[len(content) // 3] ^= 0xFF
    (run / "samples.parquet").write_bytes(content)


def empty(run: Path) -> None:
    shutil.rmtree(run)
    run.mkdir()


def begun_on_a_full_disk(run: Path) -> None:
    empty(run)
    (run / "job.json").touch()


def not_archived_with_a_bad_walk(run: Path) -> None:
    """As a soak leaves a run whose walks cannot be archived."""
    (run / "owners.parquet").unlink()
    (run / "owners.jsonl").write_text('{"t_s": 5.0}\n')


def killed_with_its_job(run: Path) -> None:
    """Rows that nobody archived, and no job to say of what."""
    for name in ("run.json", "samples.parquet", "job.json"):
        (run / name).unlink()
    (run / SAMPLES_FILE).write_bytes(np.zeros(3, ROWS[1]).tobytes())


def text_for_numbers(run: Path) -> None:
    pd.read_parquet(run / "samples.parquet").assign(rss_bytes="many").to_parquet(run / "samples.parquet")


DAMAGES: dict[str, tuple[Damage, str]] = {
    "no folder": (shutil.rmtree, "old has no run of seed 1"),
    "an empty folder": (empty, "old seed 1 is damaged: seed-1: the folder is empty, nothing was recorded"),
    "a job of 0 bytes": (begun_on_a_full_disk, "old seed 1 is damaged: run.json: is missing, and job.json: cannot"),
    "no run.json, no job": (killed_with_its_job, "old seed 1 is damaged: run.json: is missing, and job.json: cannot"),
    "a bad run.json": (lambda run: (run / "run.json").write_text('{"status": "comp'), "damaged: run.json: cannot be"),
    "run.json a list": (lambda run: (run / "run.json").write_text("[]"), "damaged: run.json: not a JSON object"),
    "run.json of the future": (lambda run: say(run, format=99), "run.json: format is 99, expected 1, 2 or 3"),
    "bad facts": (lambda run: say(run, stop=[1]), "run.json: stop is [1], expected a table"),
    "said to be damaged": (lambda run: say(run, status="damaged", reason="removed"), "damaged: run.json: removed"),
    "no rows counted": (lambda run: say(run, rows=None), "run.json: rows is None, and there are"),
    "half the rows": (cut_rows, "run.json: rows is"),
    "an event less": (cut_events, "run.json: events is"),
    "no events": (lambda run: (run / EVENTS_FILE).unlink(), "run.json: events is"),
    "damaged samples": (lambda run: (run / "samples.parquet").write_bytes(b"PAR1"), "samples.parquet: cannot be read"),
    "a flipped byte": (flip_a_byte, "samples.parquet: cannot be read"),
    "text for numbers": (text_for_numbers, "samples.parquet: rss_bytes holds what is no number"),
    "no samples": (lambda run: (run / "samples.parquet").unlink(), "samples.parquet: is missing"),
    "damaged owners": (lambda run: (run / "owners.parquet").write_bytes(b""), "owners.parquet: cannot be read"),
    "a bad walk": (not_archived_with_a_bad_walk, "owners.jsonl: line 1 is damaged: KeyError: 'step'"),
    "a bad event": (lambda run: (run / EVENTS_FILE).write_text("{}\n"), "events.jsonl: line 1 has no kind or no"),
    "a torn event": (lambda run: (run / EVENTS_FILE).write_text('{"t_s": 1\n{}\n'), "events.jsonl: line 1 is damaged"),
}


@pytest.mark.parametrize(("damage", "said"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_run_is_named_and_the_others_are_judged(result: Path, damage: Damage, said: str, capsys) -> None:
    damage(result / "runs" / "old" / "seed-1")
    for command, code in (("report", 3), ("explain", 0), ("compare", 0)):
        assert main([command, str(result)]) == code
        out, err = capsys.readouterr()
        assert err == ""
        words = " ".join(out.split())
        assert "INCOMPLETE" in words
        assert said in words
    verdict = json.loads((result / "verdict.json").read_text())
    assert verdict["status"] == "incomplete"
    claims = {claim["name"]: claim for claim in verdict["claims"]}
    assert (claims["fixed peaks lower"]["lacking"], claims["fixed peaks lower"]["seeds"]) == ("1 of 2 seeds", [2])
    assert (claims["fixed loses no sample"]["lacking"], claims["fixed loses no sample"]["verdict"]) == ("", "met")


def test_every_claim_that_lacks_a_run_says_so_on_the_screen_and_in_full(result: Path, capsys) -> None:
    shutil.rmtree(result / "runs" / "old" / "seed-1")
    for options in ([], ["--verbose"]):
        assert main(["report", str(result), *options]) == 3
        out = capsys.readouterr().out
        assert "INCOMPLETE: The soak is incomplete: old has no run of seed 1." in " ".join(out.split())
        assert "means of 1 to 2 of 2 seeds" in out or options
        claims = out.partition("\nClaims" if options else "\nclaim ")[2]
        assert "1 of 2 seeds" in " ".join(claims.split())


@pytest.mark.parametrize("config", ["old", "fixed"])
def test_a_config_without_any_run_leaves_its_claims_open_and_nothing_else(result: Path, config: str, capsys) -> None:
    shutil.rmtree(result / "runs" / config)
    assert main(["report", str(result)]) == 3
    assert main(["report", str(result), "--verbose"]) == 3
    assert main(["explain", str(result)]) == 0
    assert main(["compare", str(result)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert f"{config} has no run of seed 1, 2" in " ".join(out.split())


def test_all_runs_damaged_is_told_as_well(result: Path, capsys) -> None:
    for run in result.glob("runs/*/*"):
        (run / "run.json").write_text("")
    for command, code in (("report", 3), ("explain", 0), ("compare", 0)):
        assert main([command, str(result)]) == code
    assert capsys.readouterr().err == ""


def copied(result: Path) -> None:
    shutil.copytree(result / "runs" / "old" / "seed-1", result / "runs" / "old" / "seed-01")


REFUSALS: dict[str, tuple[Damage, str]] = {
    "a run copied": (copied, 'runs/old/seed-01: not of the form "seed-<number>", the number without leading zeros'),
    "no feed hash": (
        lambda result: say(result / "runs" / "old" / "seed-1", feed_hash=None),
        "runs/old/seed-1/run.json: feed_hash is None, expected the hash of the feed: a complete run has it",
    ),
    "a manifest of the future": (
        lambda result: (result / "manifest.json").write_text('{"format": 99, "scenario": "golden"}'),
        "manifest.json: format is 99, expected 1, 2 or 3",
    ),
    "a manifest of other things": (
        lambda result: (result / "manifest.json").write_text('{"format": 3, "scenario": "golden", "machine": 5}'),
        "manifest.json: machine is 5, expected a table",
    ),
}


@pytest.mark.parametrize("command", ["report", "explain", "compare"])
@pytest.mark.parametrize(("change", "said"), REFUSALS.values(), ids=REFUSALS)
def test_what_is_no_recording_of_ours_is_refused_by_name(
    result: Path, change: Damage, said: str, command: str, capsys
) -> None:
    change(result)
    assert main([command, str(result)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.endswith(said)


def test_old_recordings_with_a_target_s_own_time_are_read_without_harm(tmp_path: Path) -> None:
    folder = golden_copy(tmp_path)
    before = Result.open(folder).verdict
    file = folder / "runs" / "old" / "seed-1" / EVENTS_FILE
    first, rest = file.read_text().split("\n", 1)
    file.write_text(f'{first}\n{{"t_s": "12:00", "kind": "note"}}\n{rest}{{"t_s": null, "kind": "note"}}\n')
    result = Result.open(folder)
    run = next(run for run in result.runs if (run.config, run.seed) == ("old", 1))
    notes = [event for event in run.events if event["kind"] == "note"]
    assert [(note["t_s"], note["facts"]) for note in notes] == [
        (run.events[0]["t_s"], {"t_s": "12:00"}),
        (run.events[-2]["t_s"], {"t_s": None}),
    ]
    assert [judged.outcome for judged in result.verdict.claims] == [judged.outcome for judged in before.claims]
