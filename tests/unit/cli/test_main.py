from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli import SUBCOMMANDS, main
from harness.errors import SoakError, UsageError
from tests.unit.anatomy_soak import anatomy_run, write_anatomy

FAILING = '''
"""Fails as its argument says."""
import os, signal
from harness.errors import SoakError, UsageError

class Late(SoakError):
    def __str__(self):
        os.kill(os.getpid(), signal.SIGINT)
        return "late"

def declare(parser):
    parser.add_argument("how")

def run(arguments):
    raise {
        "usage": UsageError("no such thing"),
        "soak": SoakError("the disk is full"),
        "interrupt": KeyboardInterrupt(),
        "late": Late(),
        "bug": ZeroDivisionError("a bug"),
        "escapes": ZeroDivisionError("\\x1b]0;pwned\\n::error::x"),
    }[arguments.how]
'''


@pytest.fixture
def failing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A subcommand `fail`, registered like any other: one file, one line."""
    Path("failing_subcommand.py").write_text(FAILING, encoding="utf-8")
    monkeypatch.syspath_prepend(here)
    monkeypatch.setitem(SUBCOMMANDS, "fail", "failing_subcommand")


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize(
    ("how", "code", "line"),
    [
        ("usage", UsageError.exit_code, "soak: no such thing\n"),
        ("soak", SoakError.exit_code, "soak: the disk is full\n"),
        ("interrupt", 3, "soak: interrupted\n"),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(
    capsys: pytest.CaptureFixture[str], how: str, code: int, line: str
) -> None:
    assert main(["fail", how]) == code
    assert capsys.readouterr() == ("", line)


@pytest.mark.usefixtures("failing")
def test_a_bug_shows_its_traceback_and_does_not_exit_as_a_missed_claim_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["fail", "bug"]) == 3
    shown = capsys.readouterr().err
    assert shown.startswith("Traceback")
    assert shown.endswith("ZeroDivisionError: a bug\n")


@pytest.mark.parametrize(
    "arguments", [["no-such-subcommand"], ["show"], ["list", "--colour"], ["show", "x", "--seeds", "y"]]
)
def test_a_wrong_command_line_exits_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: soak" in capsys.readouterr().err


def test_without_a_subcommand_the_help_is_shown_and_nothing_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage: soak" in capsys.readouterr().err


def test_every_subcommand_has_help_from_its_docstring(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], *([name, "--help"] for name in SUBCOMMANDS)):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert "The scenarios there are" in shown
    assert "--scale S" in shown


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, harness.cli\n"
        "try: harness.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print({'numpy', 'pandas', 'pydantic', 'rich', 'scipy', 'matplotlib', 'pyarrow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_a_reader_that_has_gone_is_no_traceback(write_scenario: Callable[..., Path]) -> None:
    path = write_scenario(("dummy_target:build", "slow:build"))
    # The target is imported after the reader has gone: the first line that is printed finds no reader.
    Path("slow.py").write_text(
        "import pathlib, time\n"
        f"while not pathlib.Path({str(Path('gone').resolve())!r}).exists(): time.sleep(0.01)\n"
        "def build(params, environment): ...\n",
        encoding="utf-8",
    )
    soak = subprocess.Popen(
        [sys.executable, "-m", "harness", "show", "--no-forecast", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert soak.stdout is not None
    assert soak.stderr is not None
    soak.stdout.close()
    Path("gone").touch()
    assert soak.stderr.read() == ""
    soak.stderr.close()
    assert soak.wait() == 3


def test_an_interruption_of_its_imports_ends_the_command_in_silence() -> None:
    code = (
        "import os, signal, sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'harness.cli': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "from harness.__main__ import main\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


@pytest.mark.parametrize(
    ("arguments", "full", "code", "said"),
    [
        (["list"], "stdout", 3, "soak: standard output: No space left on device: what it says is not whole\n"),
        (["list"], "stderr", 0, None),
        (["show", "nothing"], "stderr", 2, None),
        (["--nonsense"], "stderr", 2, None),
    ],
)
def test_output_that_cannot_be_written_is_no_missed_claim(
    arguments: list[str], full: str, code: int, said: str | None
) -> None:
    with open("/dev/full", "w") as device:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | {full: device}
        done = subprocess.run([sys.executable, "-m", "harness", *arguments], **streams, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, said)


def test_a_target_in_the_current_folder_is_found_by_the_script_too(write_scenario: Callable[..., Path]) -> None:
    Path("my_collector.py").write_text("def build(params, environment): ...\n", encoding="utf-8")
    path = write_scenario(("dummy_target:build", "my_collector:build"))
    code = f"import harness.cli, sys; sys.exit(harness.cli.main(['show', '{path}']))"
    subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, check=True)


@pytest.mark.parametrize("command", ["show", "report", "explain"])
def test_files_of_the_current_folder_are_no_modules_of_ours(write_scenario: Callable[..., Path], command: str) -> None:
    """pandas looks for numexpr, and `python -m` for everything, in the current folder first."""
    path = write_scenario(("dummy_target:build", "harness.collector:build"))
    path.write_text(path.read_text().replace("max_samples", "max_samples_per_file"), encoding="utf-8")
    result = Path("results", "example", "a")
    result.mkdir(parents=True)
    (result / "scenario.toml").write_text(path.read_text(), encoding="utf-8")
    (result / "manifest.json").write_text(json.dumps({"format": 1, "scenario": "example"}), encoding="utf-8")
    for config in ("old", "fixed"):
        write_anatomy(result, anatomy_run(config, 1))
    for name in ("numexpr", "bottleneck", "numpy", "pandas"):
        Path(f"{name}.py").write_text("open('executed', 'w')\n", encoding="utf-8")
    reference = str(path) if command == "show" else "results/example/a"
    options = ["--no-forecast"] if command == "show" else []
    asked = [sys.executable, "-m", "harness", command, *options, reference]
    done = subprocess.run(asked, capture_output=True, check=False)
    assert done.returncode in (0, 3, 4), done.stderr  # whatever the verdict is
    assert not Path("executed").exists()


def test_a_character_the_terminal_cannot_show_is_no_error(write_scenario: Callable[..., Path]) -> None:
    path = write_scenario(("A scenario [for tests]", "Ein Prüfstand"), ("dummy_target:build", "plain_target:build"))
    Path("plain_target.py").write_text("def build(params, environment): ...\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "harness", "show", "--no-forecast", str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONIOENCODING": "ascii", "PATH": ""},
    )
    assert r"Ein Pr\xfcfstand" in done.stdout


ESCAPES = "\x1b]0;pwned\x07"


def test_what_a_scenario_says_is_shown_and_not_obeyed(write_scenario, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "\\u001b]0;pwned\\u0007 \\u202e\\u009b2J"
    path = write_scenario(
        ("A scenario [for tests]", f"::error::{hostile}"),
        ("Nothing is known.", f"##[error]{hostile}"),
        ("peak reduction", f"name {hostile}"),
        ("Expected results, row 2", f"::error::{hostile}"),
    )
    assert main(["show", "--no-forecast", str(path)]) == 0
    out, error = capsys.readouterr()
    assert error == ""
    assert not re.search("[\x1b\x07\x9b\u202e]", out)
    assert out.count("\\x1b]0;pwn") == 4  # one of them goes over two lines
    assert "##[" not in out
    assert not re.search(r"^\s*::", out, re.MULTILINE)


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", f"no{ESCAPES}"],
        ["show", "no\n::error::such"],
        ["report", "x", f"--{ESCAPES}"],
        ["report", "x", "--\n::error::such"],
        [f"{ESCAPES}\n::error::such"],
        ["show", "x", "--seeds", f"{ESCAPES}\n##[error]"],
        ["convert", "tardis", f"{ESCAPES}\n::error::such", "--out", f"{ESCAPES}.csv"],
        ["market", f"x{ESCAPES}.csv"],
    ],
)
def test_what_a_command_line_says_is_shown_and_not_obeyed(
    here: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code: object = main(arguments)
    except SystemExit as caught:
        code = caught.code
    assert code == 2
    error = capsys.readouterr().err
    assert not re.search("[\x1b\x07]", error)
    assert "##[" not in error
    assert not re.search(r"^\s*::", error, re.MULTILINE)
    assert "pwned" in error or "::error::such" in error or "unrecognized" in error


@pytest.mark.usefixtures("failing")
def test_the_traceback_of_a_bug_is_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fail", "bug"]) == 3
    assert main(["fail", "escapes"]) == 3
    error = capsys.readouterr().err
    assert "\x1b" not in error
    assert "ZeroDivisionError: \\x1b]0;pwned\n\\::error::x" in error


def test_in_a_folder_that_was_removed_there_is_one_line(tmp_path: Path) -> None:
    script = (
        'mkdir gone && cd gone && rmdir ../gone && exec "$0" -P -c \'from harness.cli import main; exit(main())\' "$@"'
    )
    for arguments in (["show", "no-such-scenario"], ["list"], ["report", "latest"], ["run", "no-such-scenario"]):
        done = subprocess.run(
            ["/bin/sh", "-c", script, sys.executable, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr
        assert done.returncode in (0, 2), done.stderr


@pytest.mark.usefixtures("failing")
def test_an_interruption_while_it_is_told_how_it_went_is_no_traceback() -> None:
    assert main(["fail", "late"]) == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_after_the_end_does_not_change_the_exit_code(number: int) -> None:
    code = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from harness.cli import main\n"
        "sys.argv = ['soak', 'list']\n"
        "code = main()\n"
        f"os.kill(os.getpid(), {int(number)})\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
