"""A revision is a worktree of the right repository, with nothing of the user's run, said before it is made."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from harness.describing import asking
from harness.describing.asking import answer_of_a_process
from harness.environments import cache, revisions
from harness.environments.git import GitError
from harness.environments.git import git as plain_git
from harness.environments.provided import Provided, provide, told_apart
from harness.environments.revisions import forget, resolved
from harness.environments.versions import Version
from harness.errors import SoakError, UsageError
from harness.scenario.revised import with_revisions
from harness.scenario.without_file import Wanted, without_file
from harness.soaks.plan import plan_jobs
from tests.unit.environments.conftest import let_go

SCENARIO = Path("mine.toml")
FACTORY = "quoting_bot:build"

Git = Callable[..., str]


@pytest.fixture
def git(here: Path) -> Git:
    """Git in a repository of two commits, of which the first is tagged; its hooks leave a mark."""

    def run(*arguments: str) -> str:
        identity = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
        return subprocess.run(["git", *identity, *arguments], capture_output=True, text=True, check=True).stdout.strip()

    run("init", "-q", "-b", "main", ".")
    Path("src").mkdir()
    for number in (1, 2):
        Path("quoting_bot.py").write_text(f"def build(params, environment): return {number}\n")
        Path("src", "books.py").write_text("")
        run("add", "-A")
        run("commit", "-q", "-m", f"Quote {number}")
        if number == 1:
            run("tag", "v1.4")
    hook = Path(".git", "hooks", "post-checkout")
    hook.write_text(f"#!/bin/sh\ntouch {here}/hooked\n")
    hook.chmod(0o755)
    return run


def checked_out(said: list[str], **keys: str) -> Provided:
    return provide({"a": Version(**keys)}, FACTORY, SCENARIO, say=said.append)["a"]


def test_a_name_becomes_a_commit_and_the_folder_it_is_of(git: Git) -> None:
    version = resolved("a", Version(revision="v1.4"), FACTORY, SCENARIO)
    assert version == Version(revision=git("rev-parse", "v1.4"), path=".")
    assert resolved("a", version, "elsewhere:build", Path("/no/where.toml")) == version


def test_the_worktree_has_the_code_and_its_src_first(git: Git, here: Path, said: list[str]) -> None:
    program = checked_out(said, revision="v1.4")
    top, src = program.code[:2]
    assert Path(top, "quoting_bot.py").read_text().endswith("1\n")
    assert src == f"{top}/src"
    assert program.not_from == str(here)
    assert said[0] == f"checks out {git('rev-parse', 'v1.4')[:12]} of {here} as a git worktree, without hooks"
    assert not Path("hooked").exists()
    assert "Quote 1" in told_apart({"a": program})[0]
    assert git("worktree", "list").count("\n") == 1
    assert git("status", "--porcelain") == ""


def test_it_is_made_once_and_by_whatever_name(git: Git, said: list[str]) -> None:
    by_tag = checked_out(said, revision="v1.4")
    let_go()
    assert checked_out(said, revision="main~1", path="src").code[0] == f"{by_tag.code[0]}/src"
    assert len(said) == 2  # before and after the only checkout


def test_a_worktree_that_was_changed_is_refused(git: Git, said: list[str]) -> None:
    file = Path(checked_out(said, revision="v1.4").code[0], "quoting_bot.py")
    file.write_text("changed = True\n")
    with pytest.raises(UsageError, match="was changed since it was checked out: `soak clean`, then again"):
        checked_out(said, revision="main~1")


def test_the_repository_forgets_what_is_removed(git: Git, said: list[str]) -> None:
    checked_out(said, revision="v1.4")
    let_go()
    (entry,) = cache.entries()
    assert cache.remove(entry, forget)
    assert git("worktree", "list").count("\n") == 0
    assert cache.entries() == []


def test_a_revision_that_does_not_exist_is_answered_with_those_there_are(git: Git, here: Path, said: list[str]) -> None:
    with pytest.raises(UsageError) as error:
        checked_out(said, revision="v1.5")
    assert str(error.value) == f'configs.a.revision = "v1.5": no such revision in {here}; did you mean v1.4?'
    with pytest.raises(UsageError, match=r"its branches and tags: main, v1\.4$"):
        checked_out(said, revision="zzz")
    assert said == []


def test_a_revision_of_no_repository_is_refused(here: Path, said: list[str]) -> None:
    with pytest.raises(
        UsageError, match=r'neither the target nor the scenario lies in a git repository: path = "\.\.\."'
    ):
        checked_out(said, revision="main")
    with pytest.raises(UsageError, match=r'configs\.a\.path = "\.": with a revision it must be in a git repository'):
        checked_out(said, revision="main", path=".")


def test_a_worktree_that_cannot_be_written_is_no_wrong_usage(
    git: Git, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def on_a_full_disk(folder: Path, *arguments: str) -> str:
        if arguments[:2] == ("worktree", "add"):
            raise GitError("unable to write file books.py; Could not reset index file to revision 'HEAD'.")
        return plain_git(folder, *arguments)

    monkeypatch.setattr(revisions, "git", on_a_full_disk)
    with pytest.raises(SoakError, match=r"cannot be made: git: unable to write file books\.py; .* MB are free"):
        checked_out(said, revision="v1.4")
    assert git("worktree", "list").count("\n") == 0


def test_of_a_checkout_that_is_interrupted_the_repository_knows_nothing(
    git: Git, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(folder: Path, *arguments: str) -> str:
        printed = plain_git(folder, *arguments)
        if arguments[:2] == ("worktree", "add"):
            raise KeyboardInterrupt
        return printed

    with monkeypatch.context() as patched:
        patched.setattr(revisions, "git", interrupted)
        with pytest.raises(KeyboardInterrupt):
            checked_out(said, revision="v1.4")
    assert git("worktree", "list").count("\n") == 0
    assert Path(checked_out(said, revision="v1.4").code[0], "quoting_bot.py").exists()


def test_a_target_that_is_only_named_is_compared_in_its_revisions(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "answer_of_a_process", answer_of_a_process)  # it has the revision's folders on its path
    revised = partial(with_revisions, revisions=["v1.4", "main"])
    scenario = without_file(Wanted(FACTORY, hours=0.5, symbols=2), revised=revised)
    jobs = {job.config: job for job in plan_jobs(scenario)}
    assert {name: Path(job.code[0], "quoting_bot.py").read_text()[-2] for name, job in jobs.items()} == {
        "v1_4": "1",
        "main": "2",
    }
    assert {f"RSS does not leak, {revision}" for revision in ("v1.4", "main")} <= {one.name for one in scenario.claims}
