"""A target is module:factory; who writes a file or a module in its place is told what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.scenario.target_names import meant_as_a_target, names_a_target


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "bot.py").write_text("class Bot: ...\nraise SystemExit\nbuild = Bot\n")
    (tmp_path / "mirror.py").write_text("class Mirror: ...\ndef helper(): ...\n")
    (tmp_path / "my-bot.py").write_text("build = 1\n")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("reference", "meant"),
    [
        ("sub/bot.py:make", "sub.bot:make"),
        ("./sub/bot.py", "sub.bot:build"),
        ("sub.bot", "sub.bot:build"),
        ("mirror", "mirror:Mirror"),
        ("mirror.py:build", "mirror:build"),
    ],
)
def test_a_file_or_a_module_is_told_as_the_target_that_it_means(reference: str, meant: str) -> None:
    assert not names_a_target(reference)
    assert meant_as_a_target(reference).endswith(f"is a Python file: name its factory, as {meant}")


@pytest.mark.parametrize("reference", ["my-bot", "my-bot:build", "my-bot.py:build"])
def test_a_file_that_no_import_can_name_is_said_to_be_one(reference: str) -> None:
    assert meant_as_a_target(reference).startswith("my-bot.py: is a Python file that no import can name")


@pytest.mark.parametrize("reference", ["50symbols", "scenarios/mine.toml", "nothing.py", "sub", "../sub", ""])
def test_what_means_no_target_is_left_to_others(reference: str) -> None:
    assert meant_as_a_target(reference) == ""


def test_a_target_is_a_module_and_a_factory() -> None:
    assert names_a_target("sub.bot:build")
