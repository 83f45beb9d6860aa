"""A bundle's script is short, uses nothing of ours, and is run before anything is written."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from harness.bundles.reproductions import REPRODUCTIONS, Reproduction, Shown, reproduction_of, show
from harness.bundles.written import Bundle, pinned, write_bundle
from harness.errors import SoakError, UsageError

SAYS = 'import sys; print("ticks 1.4:", sys.argv[2] + ".500 MB per 1,000 calls")'
CCXT, BINANCE = REPRODUCTIONS


@dataclass(frozen=True)
class Written(Reproduction):
    """The reproduction of ccxt's leak with another script."""

    code: str = SAYS

    @property
    def text(self) -> str:
        return self.code


def written(code: str, like: Reproduction = CCXT) -> Reproduction:
    return Written(**{field.name: getattr(like, field.name) for field in fields(Reproduction)}, code=code)


@pytest.mark.parametrize("one", REPRODUCTIONS, ids=lambda one: one.script)
def test_a_script_is_short_and_nothing_of_ours_is_in_it(one: Reproduction) -> None:
    assert len(one.text.splitlines()) <= 60
    assert max(map(len, one.text.splitlines())) <= 120
    imported = [node for node in ast.walk(ast.parse(one.text)) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {name.name for node in imported if isinstance(node, ast.Import) for name in node.names}
    modules |= {str(node.module) for node in imported if isinstance(node, ast.ImportFrom)}
    ours = {module.partition(".")[0] for module in modules} - sys.stdlib_module_names
    assert ours <= {one.package.removeprefix("python-"), "aiohttp"}


def test_the_script_is_that_of_the_client_and_what_it_watches() -> None:
    assert reproduction_of("harness.clients.ccxt_pro:build", {"watch": "books", "more": 1}) is CCXT
    assert reproduction_of("harness.clients.binance_streams:build", {"caches": True}) is BINANCE
    assert reproduction_of("harness.clients.by_name:build", {"client": "ccxt_pro", "watch": "books"}) is CCXT


@pytest.mark.parametrize(
    ("factory", "params"),
    [
        ("harness.clients.ccxt_pro:build", {"watch": "trades"}),
        ("harness.clients.by_name:build", {"client": "cryptofeed_feeds"}),
        ("harness.clients.binance_streams:build", {"caches": False}),
        ("mine:build", {}),
    ],
)
def test_where_there_is_no_script_those_there_are_are_named(factory: str, params: dict[str, object]) -> None:
    there_are = r'one for harness\.clients\.ccxt_pro:build with watch = "books"; for .*binance_streams.* caches = true'
    with pytest.raises(UsageError, match=f"no script .* {there_are}"):
        reproduction_of(factory, params)


def test_what_it_prints_is_its_figure() -> None:
    shown = show(written(SAYS), sys.executable, 7)
    assert shown == Shown("ticks 1.4: 7.500 MB per 1,000 calls", {"mb": 7.5})
    assert CCXT.title.format(**shown.figures) == "keeps 7.50 MB for every 1,000 calls"


def test_messages_that_were_not_called_back_are_figures_too() -> None:
    says = 'print("ticks 1.4: 7 of 600 messages called back after a gap, 590 kept")'
    shown = show(written(says, BINANCE), sys.executable, 7)
    assert shown.figures == {"called": 7, "sent": 600, "kept": 590}
    assert BINANCE.title.format(**shown.figures).startswith("calls back 7 of 600 messages after a gap")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("print('nothing leaks')", "exit code 0: nothing leaks"),
        ("raise KeyError('b')", "exit code 1: KeyError: 'b'"),
        ("print('ticks 1.4: 0.010 MB per 1,000 calls')", "it printed: ticks 1.4: 0.010 MB per 1,000 calls"),
    ],
)
def test_one_that_shows_nothing_is_an_error_of_one_line(script: str, reason: str) -> None:
    with pytest.raises(SoakError, match=reason):
        show(written(script), sys.executable, 1)


def test_a_bundle_is_a_readme_a_script_and_its_requirements(tmp_path: Path) -> None:
    shown = Shown("ticks 1.4: 2.500 MB per 1,000 calls", {"mb": 2.5})
    rows = (("live bytes", "2.4 [2.3, 2.5] MB"),)
    bundle = Bundle("ticks 1.4 keeps 2.50 MB", "3.11.7", 4000, 7, SAYS, shown, ("ticks==1.4", "yarl==1.2"), rows)
    assert write_bundle(bundle, tmp_path / "b", tmp_path / "no.png") == [
        "README.md",
        "reproduce.py",
        "requirements.txt",
    ]
    readme = (tmp_path / "b" / "README.md").read_text()
    assert shown.line in readme
    assert "python reproduce.py 4000 7" in readme
    assert "| live bytes | 2.4 [2.3, 2.5] MB |" in readme
    assert (tmp_path / "b" / "requirements.txt").read_text() == "ticks==1.4\nyarl==1.2\n"


def test_requirements_have_the_names_of_an_index(tmp_path: Path) -> None:
    about = tmp_path / "python_ticks-1.4.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: Python_Ticks\nVersion: 1.4\n")
    assert pinned(tmp_path) == ("python-ticks==1.4",)
