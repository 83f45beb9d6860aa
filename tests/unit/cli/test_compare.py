"""`soak compare`: what it says, what it draws, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from harness.cli import main
from harness.worker.recorder import SAMPLE

WriteScenario = Callable[..., Path]

SCALE = 0.1
HOURS = 2.0
MANIFEST = {"format": 1, "clock": "virtual", "market_version": 1, "python": "3.11.2", "machine": {"system": "Linux"}}


def write_run(result: Path, config: str, seed: int, peak_gb: float) -> None:
    """A run that climbs from 5 GB to its peak in two hours and gives all of it back when it stops."""
    folder = result / "runs" / config / f"seed-{seed}"
    folder.mkdir(parents=True)
    times = np.arange(0.0, HOURS * 3600 + 1, 60.0)
    samples = pd.DataFrame({name: np.full(len(times), np.nan) for name in SAMPLE.names})
    samples["t_s"] = times
    samples["rss_bytes"] = (5 + (peak_gb - 5) * times / times[-1] + seed / 50) * SCALE * 1e9
    samples["phase"] = np.where(times < 600, "warm-up", "load")
    samples.to_parquet(folder / "samples.parquet", index=False)
    facts = {
        "format": 1,
        "config": config,
        "seed": seed,
        "status": "complete",
        "memory_scale": SCALE,
        "feed_hash": f"{seed}",
    }
    (folder / "run.json").write_text(json.dumps(facts), encoding="utf-8")


@pytest.fixture
def write_result(write_scenario: WriteScenario) -> Callable[..., Path]:
    """Writes ``results/example/NAME``, with edits to its scenario, its manifest, and the peaks of its configs."""

    def write(
        name: str, *edits: tuple[str, str], peaks: dict[str, float] | None = None, first: int = 1, **manifest: Any
    ) -> Path:
        folder = Path("results", "example", name)
        folder.mkdir(parents=True)
        two_hours = (("hours = 5.0", f"hours = {HOURS}"), ("run_on_s = 250", "run_on_s = 0"))
        scenario = write_scenario(*two_hours, *edits, name=f"of-{name}")
        (folder / "scenario.toml").write_text(scenario.read_text(encoding="utf-8"), encoding="utf-8")
        (folder / "manifest.json").write_text(json.dumps({**MANIFEST, **manifest}), encoding="utf-8")
        for config, peak_gb in (peaks or {"old": 25.0, "fixed": 7.0}).items():
            for seed in (first, first + 1):
                write_run(folder, config, seed, peak_gb)
        return folder

    return write


def row(text: str, start: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith(start)]
    return " ".join(line.split())


def test_the_configs_of_one_result(write_result, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_result("a")
    assert main(["compare", "example"]) == 0
    shown = capsys.readouterr().out
    assert "old and fixed" in shown
    assert row(shown, "peak ") == "peak 25.03 GB 7.03 GB -18.00 [-18.00, -18.00] GB"
    assert "fixed peaks at 7.03 GB where old peaks at 25.03 GB; " in shown
    assert row(shown, "reduction.peak ").startswith("reduction.peak 71.9 [71.5, 72.3] %")
    assert shown.splitlines()[-2:] == [f"Picture: {folder / 'compare.png'}", f"Page: {folder / 'compare.html'}"]
    page = (folder / "compare.html").read_text(encoding="utf-8")
    assert "old against fixed" in page
    assert "fixed peaks at 7.03 GB where old peaks at 25.03 GB; " in page
    assert "-18.00 [-18.00, -18.00] GB" in page
    with Image.open(folder / "compare.png") as image:
        assert image.size == (1600, 900)


def test_two_results(write_result, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = write_result("a"), write_result("b", peaks={"old": 25.0, "fixed": 9.0}, clock="real")
    assert main(["compare", str(a), str(b), "--out", "here.png"]) == 0
    shown = capsys.readouterr().out
    assert row(shown, "A:") == f"A: {a}"
    assert "- clock: virtual and real" in shown
    assert [line.split() for line in shown.splitlines() if line.startswith("peak ")] == [
        ["peak", "25.03", "GB", "25.03", "GB", "0.00", "[0.00,", "0.00]", "GB"],
        ["peak", "7.03", "GB", "9.03", "GB", "+2.00", "[2.00,", "2.00]", "GB"],
    ]
    assert shown.splitlines()[-2:] == ["Picture: here.png", "Page: here.html"]
    page = Path("here.html").read_text(encoding="utf-8")
    assert "<li>clock: virtual and real</li>" in page
    assert page.count('<table class="bars"') == 2
    assert main(["compare", str(a), str(b), "--out", "alone.html"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Page: alone.html"
    assert Path("alone.html").read_text(encoding="utf-8") == page
    assert Path("here.png").stat().st_size > 10_000
    assert not (b / "compare.png").exists()


def test_results_of_other_seeds_are_compared_by_their_means(write_result, capsys: pytest.CaptureFixture[str]) -> None:
    a = write_result("a")
    b = write_result("b", ("seeds = 2", "seeds = 2\nfirst_seed = 51"), peaks={"old": 25.0, "fixed": 9.0}, first=51)
    assert main(["compare", str(a), str(b)]) == 0
    shown = capsys.readouterr().out
    assert "- first_seed: 1 and 51" in shown
    # a seed is worth 0.02 GB: means 25.03 and 26.03, each of two 0.02 apart; by hand Welch's half width is 0.0609
    assert [line.split()[-4:] for line in shown.splitlines() if line.startswith("peak ")] == [
        ["+1.00", "[0.94,", "1.06]", "GB"],
        ["+3.00", "[2.94,", "3.06]", "GB"],
    ]


def test_results_that_disagree_are_refused(write_result, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = write_result("a"), write_result("b", ("symbols = 50", "symbols = 20"), market_version=2)
    assert main(["compare", str(a), str(b)]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error == f"soak: {a} and {b}: may not be compared, they disagree in market_version: 1 and 2; " + (
        "market.symbols: 50 and 20\n"
    )


def test_results_without_a_common_config_are_refused(write_result, capsys: pytest.CaptureFixture[str]) -> None:
    a = write_result("a")
    renamed = [("[configs.old]", "[configs.x]"), ("[configs.fixed]", "[configs.y]")]
    claims = [('configs = ["old", "fixed"]', 'configs = ["x", "y"]'), ('configs = ["old"]', 'configs = ["x"]')]
    b = write_result("b", *renamed, *claims, peaks={"x": 25.0, "y": 7.0})
    assert main(["compare", str(a), str(b)]) == 2
    assert capsys.readouterr().err == f"soak: {a} and {b}: have no config in common: old, fixed and x, y\n"


@pytest.mark.parametrize("arguments", [["nothing"], ["results/example/a", "nothing"]])
def test_a_result_that_does_not_exist(write_result, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    write_result("a")
    assert main(["compare", *arguments]) == 2
    assert 'no result "nothing"' in capsys.readouterr().err


def test_a_picture_that_cannot_be_written(write_result, capsys: pytest.CaptureFixture[str]) -> None:
    write_result("a")
    assert main(["compare", "example", "--out", "no/such/folder/x.png"]) == 2
    error = capsys.readouterr().err
    assert error == "soak: no/such/folder/x.png: the picture cannot be written: No such file or directory\n"
