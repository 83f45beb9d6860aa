"""Versions of one program side by side, for real: the one that leaks is named with its owner."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.integration.conftest import Soaks

pytestmark = pytest.mark.soak

KEEPS_THE_NEWEST = """\
class Store:
    def __init__(self): self.rows = {}
    def keep(self, book): self.rows[book.symbol] = bytes(8000)
class Bot:
    def __init__(self, params, environment): self.store = Store()
    def start(self): pass
    def stop(self): pass
    def on_book(self, book): self.store.keep(book)
"""
KEEPS_ALL = KEEPS_THE_NEWEST.replace("{}", "[]").replace("[book.symbol] = bytes(8000)", ".append(bytes(8000))")

WORLD = {"hours": 0.3, "symbols": 5, "books_per_second": 2.0, "scale": 1, "baseline_gb": 0.2, "limit_gb": 2}

CLAIM = """
[[claims]]
name = "no leak"
metric = "leak.rss"
configs = ["{config}"]
expected = ["open", 1.0]
better = "lower"
kind = "prediction"
source = "the test"
"""


@pytest.fixture
def versions(soaks: Soaks, monkeypatch: pytest.MonkeyPatch) -> Soaks:
    """A cache of the test's own; packages come from wheels in the folder, and from nowhere else."""
    monkeypatch.setenv("MPLCONFIGDIR", os.environ.get("MPLCONFIGDIR", str(Path.home() / ".cache" / "matplotlib")))
    monkeypatch.setenv("XDG_CACHE_HOME", str(soaks.folder / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(soaks.folder))
    return soaks


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def test_of_two_revisions_the_one_that_leaks_is_named_with_its_owner(versions: Soaks) -> None:
    folder = versions.folder
    git(folder, "init", "-q", "-b", "main", ".")
    for name, code in (("Keep the newest", KEEPS_THE_NEWEST), ("Keep all", KEEPS_ALL)):
        versions.target(code)
        git(folder, "add", "mine.py")
        git(folder, "commit", "-q", "-m", name)
    git(folder, "tag", "v1.4", "HEAD~1")
    versions.target("raise SystemExit('the working tree is not what was asked for')")
    scenario = versions.scenario("[configs.bot]\n" + CLAIM.format(config="bot"), factory="mine:Bot", **WORLD)
    ended = versions.soak("run", scenario, "--revisions", "v1.4,main")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "v1_4: revision " in ended.stdout
    assert "Keep the newest" in ended.stdout
    outcomes = {claim["name"]: claim["verdict"] for claim in versions.verdict()["claims"]}
    assert outcomes["no leak, main"] == "missed"
    assert outcomes["no leak, v1.4"] != "missed"
    code = versions.facts("main")["code"]
    assert code["elsewhere"] == []
    assert Path(code["factory"]).is_relative_to(folder / "cache")
    explained = versions.soak("explain", "latest").stdout
    assert "store.rows[*]" in explained.partition("\nmain\n")[2]
    assert git(folder, "status", "--porcelain", "--untracked-files=no") == "M mine.py"


def wheel(folder: Path, version: str, code: str) -> None:
    """A wheel of one module, ``tickstore``."""
    about = f"tickstore-{version}.dist-info"
    files = {
        "tickstore.py": code,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: tickstore\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{about}/RECORD"] = "".join(f"{name},,\n" for name in files)
    with zipfile.ZipFile(folder / f"tickstore-{version}-py3-none-any.whl", "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)


def test_of_two_versions_of_a_package_the_one_that_leaks_is_named_with_its_owner(versions: Soaks) -> None:
    wheel(versions.folder, "1.0", KEEPS_THE_NEWEST)
    wheel(versions.folder, "1.1", KEEPS_ALL)
    versions.target("from tickstore import Bot as build\n")
    configs = '[configs.before]\npackages = ["tickstore==1.0"]\n[configs.after]\npackages = ["tickstore==1.1"]\n'
    scenario = versions.scenario(configs + CLAIM.format(config="after"), factory="mine:build", **WORLD)
    ended = versions.soak("run", scenario)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "Packages that differ: tickstore 1.0 / 1.1" in ended.stdout
    assert "wheels only: tickstore==1.1" in ended.stderr
    assert versions.verdict()["claims"][0]["verdict"] == "missed"
    for config in ("before", "after"):
        code = versions.facts(config)["code"]
        assert code["elsewhere"] == []
        assert Path(code["modules"]["tickstore"]).is_relative_to(versions.folder / "cache")
    assert "store.rows[*]" in versions.soak("explain", "latest").stdout.partition("\nafter\n")[2]
    removed = versions.soak("clean").stdout
    assert "tickstore==1.1" in removed
    assert not list((versions.folder / "cache").glob("collector-soak/*/*"))
