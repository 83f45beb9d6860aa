"""The process that describes a target, for real: whatever the target's module does, `soak` says what, in one line."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.cli import main
from harness.describing import asking
from harness.describing.asking import answer_of_a_process, describe, refused_when_scaled
from harness.describing.surroundings import Surroundings
from harness.environments.provided import Provided
from harness.errors import UsageError
from harness.scaling import STOCK
from harness.scenario import load

DATACLASS = """
from dataclasses import dataclass
from typing import Annotated
from harness.scaling import STOCK

@dataclass
class Parameters:
    depth: Annotated[int, STOCK] = 3
    since: str = ""
{own}
def build(params: Parameters, environment): ...
"""

OWN = """
    def __post_init__(self):
        if self.depth < 2:
            raise ValueError("too shallow")
"""


@pytest.fixture(autouse=True)
def questions(here: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Real processes in an empty current folder; what they were asked."""
    asked: list[str] = []

    def ask(question: str, factory: str, **options: Any) -> str:
        asked.append(question)
        return answer_of_a_process(question, factory, **options)

    monkeypatch.setattr(asking, "answer_of_a_process", ask)
    return asked


def target(code: str, name: str = "mine") -> None:
    """A user's module in the current folder."""
    Path(f"{name}.py").write_text(code, encoding="utf-8")


def test_a_dataclass_is_described(questions: list[str]) -> None:
    target(DATACLASS.format(own=""))
    described = describe("mine:build", {"old": {"depth": 4}, "fixed": {}})
    assert described.marks == {"depth": STOCK}
    assert described.honours_scale
    assert described.configs == {"old": {"depth": 4, "since": ""}, "fixed": {"depth": 3, "since": ""}}
    assert described.problems == []
    assert refused_when_scaled("mine:build", {"old": {"depth": 1, "since": ""}}) == []
    assert len(questions) == 1  # a class that only sets its fields refuses none of them


def test_each_question_is_asked_once(questions: list[str]) -> None:
    target(DATACLASS.format(own=OWN))
    first = describe("mine:build", {"old": {"depth": 4}, "fixed": {}})
    assert describe("mine:build", {"old": {"depth": 4}, "fixed": {}}) == first
    assert describe("mine:build", {"fixed": first.configs["fixed"]}).configs == {"fixed": first.configs["fixed"]}
    assert refused_when_scaled("mine:build", first.configs) == []  # at full scale
    assert len(questions) == 1
    for _ in range(2):
        (problem,) = refused_when_scaled("mine:build", {"old": {"depth": 1, "since": ""}})
        assert str(problem) == "configs.old: too shallow"
    assert len(questions) == 2


def test_a_date_is_shown_as_it_was_written(write_scenario: Callable[..., Path]) -> None:
    target(DATACLASS.format(own=""))
    path = write_scenario(("dummy_target:build", "mine:build"), ("max_samples = 2000", "depth = 2025-01-06"))
    with pytest.raises(UsageError, match=r"configs\.old\.depth = 2025-01-06: must be a whole number"):
        load(str(path))
    path = write_scenario(("dummy_target:build", "mine:build"), ("max_samples = 2000", "since = 2025-01-06"))
    with pytest.raises(UsageError, match=r"configs\.fixed") as caught:
        load(str(path))
    assert "configs.old" not in str(caught.value)  # a date where text is due is its text


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; sys.exit(0)", "its process ended (exit code 0)"),
        ("import sys; sys.exit('no licence')", "its process ended (exit code 1): no licence"),
        ("import os; os._exit(0)", "its process ended (exit code 0)"),
        ("import os; os._exit(7)", "its process ended (exit code 7)"),
        ("import os; os.kill(os.getpid(), 9)", "its process ended (killed by SIGKILL)"),
        ("import os; os.abort()", "its process ended (killed by SIGABRT)"),
        ("print('bye', flush=True); import os; os._exit(0)", "its process ended (exit code 0): bye"),
        ("raise ValueError('no such exchange')", "ValueError: no such exchange"),
        ("raise KeyboardInterrupt", "its process ended (killed by SIGINT): KeyboardInterrupt"),
        ("input()", "EOFError: EOF when reading a line"),
    ],
)
def test_a_module_that_ends_its_process_is_one_clear_error(code: str, words: str) -> None:
    target(code)
    with pytest.raises(UsageError) as caught:
        describe("mine:build", {"old": {}})
    assert str(caught.value) == f'target.factory = "mine:build": module "mine" cannot be imported: {words}'


def test_parameters_that_raise_what_nobody_expects_are_one_clear_error() -> None:
    target(DATACLASS.format(own=OWN.replace("ValueError", "KeyError")))
    with pytest.raises(
        UsageError, match=r'"mine" cannot be imported: its process ended \(exit code 1\): KeyError: \'too'
    ):
        describe("mine:build", {"old": {"depth": 1}})


def test_a_module_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    target("import threading; threading.Event().wait()")
    monkeypatch.setattr(asking, "answer_of_a_process", partial(answer_of_a_process, patience_s=0.2))
    with pytest.raises(UsageError) as caught:
        describe("mine:build", {"old": {}})
    assert str(caught.value) == (
        'target.factory = "mine:build": module "mine" cannot be imported: it is not done after 0.2 s'
    )


def test_what_a_target_prints_or_leaves_running_is_no_answer(capfd: pytest.CaptureFixture[str]) -> None:
    target(
        "import sys, threading\n"
        "print('{}'); print('garbage \\x00', file=sys.stderr)\n"
        "threading.Thread(target=threading.Event().wait).start()\n"
        "def build(params, environment): ...\n"
    )
    assert describe("mine:build", {"old": {"x": [1.5]}}).configs == {"old": {"x": [1.5]}}
    assert capfd.readouterr() == ("", "")


def test_a_run_of_a_target_that_exits_exits_2(
    write_scenario: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    target("import sys; sys.exit(0)")
    path = write_scenario(("dummy_target:build", "mine:build"))
    assert main(["run", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        'soak: scenarios/example.toml: target.factory = "mine:build": module "mine" cannot be imported: '
        "its process ended (exit code 0)\n"
    )
    assert not Path("results").exists()


def test_a_target_in_the_current_folder_is_found_and_what_is_installed_goes_first() -> None:
    target("def build(params, environment): ...\nbuild.honours_scale = False\n")
    target("raise RuntimeError('of the current folder')", "numpy")
    assert not describe("mine:build", {}).honours_scale
    assert describe("numpy:zeros", {}).marks is None


def test_what_an_installed_target_needs_may_lie_in_the_current_folder(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path_factory.mktemp("installed")
    monkeypatch.setenv("PYTHONPATH", str(installed), prepend=os.pathsep)
    (installed / "adapter.py").write_text("import settings\ndef build(params, environment): ...\n", encoding="utf-8")
    with pytest.raises(UsageError, match="No module named 'settings'"):
        describe("adapter:build", {})
    target("DEPTH = 3", "settings")
    assert describe("adapter:build", {}).honours_scale


def test_nothing_of_the_current_folder_is_imported_for_a_target_that_is_installed() -> None:
    """pandas, which the collector imports, looks for numexpr."""
    target("raise RuntimeError('of the current folder')", "numexpr")
    assert describe("harness.collector:build", {"old": {}}).configs["old"]["max_samples_per_file"] == 2000


def test_another_interpreter_is_asked() -> None:
    with pytest.raises(FileNotFoundError):
        describe("mine:build", {}, program=Provided(interpreter="/no/such/python"))


def test_this_process_never_imports_a_target() -> None:
    target("def build(params, environment): ...\n")
    code = "import sys; from harness.describing.asking import describe; describe('mine:build', {}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert not {"mine", "harness.target"} & set(done.stdout.split())


def test_it_ends_with_whoever_asked() -> None:
    target("import os, threading; open('pid', 'w').write(f'{os.getpid()}\\n'); threading.Event().wait()")
    code = "from harness.describing.asking import describe; describe('mine:build', {})"
    deadline = time.monotonic() + 60
    with subprocess.Popen([sys.executable, "-P", "-c", code]) as asking_process:
        while not (Path("pid").exists() and Path("pid").read_text(encoding="utf-8").endswith("\n")):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        asking_process.kill()
    while psutil.pid_exists(int(Path("pid").read_text(encoding="utf-8"))):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_each_version_is_described_by_its_own_code(questions: list[str]) -> None:
    for folder, default in (("old", 3), ("new", 5)):
        Path(folder).mkdir()
        target(DATACLASS.format(own="").replace("= 3", f"= {default}"), f"{folder}/mine")
    programs = [Provided(code=(os.path.abspath(folder),)) for folder in ("old", "new")]
    depths = [describe("mine:build", {"only": {}}, program=program).configs["only"]["depth"] for program in programs]
    assert depths == [3, 5]


def test_the_instrument_cannot_be_a_version_of_itself(questions: list[str]) -> None:
    Path("mine", "harness").mkdir(parents=True)
    Path("mine", "harness", "__init__.py").touch()
    program = Provided(code=(os.path.abspath("mine"),), told="code from mine")
    with pytest.raises(UsageError, match="code from mine is not what is loaded: harness came from "):
        describe("harness.collector:build", {"old": {}}, program=program)


def test_a_target_is_described_where_its_packages_are_missing_and_what_it_writes_is_nowhere(here: Path) -> None:
    writing = ["open('bot.log', 'w').close()", "open(os.path.expanduser('~/bot.state'), 'w').close()"]
    lines = ["import os, telegramme", *writing, "KEY = os.environ['BOT_KEY']", "def build(params, environment): ..."]
    target("\n".join(lines))
    with pytest.raises(UsageError, match="No module named 'telegramme'"):
        describe("mine:build", {"old": {}})
    around = Surroundings(("telegramme",), (("BOT_KEY", "none"),), own_folder=True)
    assert describe("mine:build", {"old": {}}, surroundings=around).marks is None
    assert [file.name for file in here.iterdir() if file.suffix in (".log", ".state")] == []
