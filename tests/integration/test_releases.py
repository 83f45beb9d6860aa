"""A search over wheels, for real: good, bad, bad, good, and one that cannot be imported between."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from tests.integration.conftest import Soaks
from tests.integration.test_versions import KEEPS_ALL, KEEPS_THE_NEWEST, wheel

pytestmark = [pytest.mark.soak, pytest.mark.long]

COUNTS = "    def counters(self): return {'calls': 100}\n"


def test_both_edges_of_a_leak_are_found_among_wheels(soaks: Soaks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLCONFIGDIR", os.environ.get("MPLCONFIGDIR", str(Path.home() / ".cache" / "matplotlib")))
    monkeypatch.setenv("XDG_CACHE_HOME", str(soaks.folder / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    codes = [KEEPS_THE_NEWEST, KEEPS_ALL, KEEPS_ALL, "raise ImportError('broken')", KEEPS_THE_NEWEST]
    for minor, code in enumerate(codes):
        wheel(soaks.folder, f"1.{minor}", code + COUNTS if "Bot" in code else code)
    soaks.target("from tickstore import Bot as build\n")
    client = ("--client", "mine:build", "--wheels", soaks.folder, "--symbols", 3, "--hours", 0.3, "--seeds", 1)
    ended = soaks.soak("releases", "tickstore", *client)
    assert ended.returncode == 4, ended.stdout + ended.stderr  # 1.3 may be either
    told = " ".join(ended.stdout.split())
    assert "Began in 1.1, gone in 1.4 (or 1.3, of which nothing is known), owner store.rows[*], " in told
    assert "1.3 was passed over: mine:build: " in told
    assert "MB for every 1,000 calls" in told
    assert "installs for Python" in ended.stderr
    (folder,) = (soaks.folder / "results" / "releases").glob("*/*")
    with (folder / "releases.csv").open() as table:
        outcomes = {row["release"]: row["outcome"] for row in csv.DictReader(table)}
    assert outcomes == {"1.0": "good", "1.1": "bad", "1.2": "bad", "1.4": "good"}
    again = soaks.soak("report", folder)
    assert again.returncode == 4
    assert "Began in 1.1" in again.stdout
