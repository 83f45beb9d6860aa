"""Which revision is at work, and whether it is all there is."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.soaks.result_folder import git_state


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_file_may_be_named_that_is_no_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_state() is None

    def git(*arguments: str) -> str:
        identity = ("-c", "user.name=Tester", "-c", "user.email=tester@example.org")
        done = subprocess.run(["git", *identity, *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    git("init", "--quiet")
    git("commit", "--quiet", "--allow-empty", "--message", "first")
    revision = git("rev-parse", "HEAD")
    assert git_state() == {"revision": revision, "dirty": False}
    page = Path("results", "page.md")
    page.parent.mkdir()
    page.touch()
    git("add", str(page))
    assert git_state() == {"revision": revision, "dirty": True}
    for besides, dirty in ((page, False), (page.with_name("other.md"), True), (page.absolute(), True)):
        assert git_state(besides=besides) == {"revision": revision, "dirty": dirty}
    Path("other").touch()
    assert git_state(besides=page) == {"revision": revision, "dirty": True}
