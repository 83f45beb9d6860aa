"""A bundle's script is short, uses nothing of ours, and is run before anything is written."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from harness.bundles.reproductions import REPRODUCTIONS, Reproduction, Shown, reproduction_of, show
from harness.bundles.written import Bundle, write_bundle
from harness.errors import SoakError, UsageError

SAYS = 'import sys; print("ticks 1.4:", sys.argv[2] + ".500 MB per 1,000 calls")'


@pytest.mark.parametrize("one", REPRODUCTIONS, ids=lambda one: one.script)
def test_a_script_is_short_and_nothing_of_ours_is_in_it(one: Reproduction) -> None:
    assert len(one.text.splitlines()) <= 60
    assert max(map(len, one.text.splitlines())) <= 120
    imported = [node for node in ast.walk(ast.parse(one.text)) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {name.name for node in imported if isinstance(node, ast.Import) for name in node.names}
    modules |= {str(node.module) for node in imported if isinstance(node, ast.ImportFrom)}
    ours = {module.partition(".")[0] for module in modules} - sys.stdlib_module_names
    assert ours <= {one.package, "aiohttp"}


def test_the_script_is_that_of_the_client_and_what_it_watches() -> None:
    found = reproduction_of("harness.clients.ccxt_pro:build", {"watch": "books", "more": 1})
    assert found.package == "ccxt"
    with pytest.raises(UsageError, match=r"no script .* there is one for harness\.clients\.ccxt_pro:build with watch"):
        reproduction_of("harness.clients.ccxt_pro:build", {"watch": "trades"})


def test_what_it_prints_is_its_figure() -> None:
    assert show(SAYS, sys.executable, 7) == Shown("ticks 1.4: 7.500 MB per 1,000 calls", 7.5)


@pytest.mark.parametrize(
    ("script", "reason"),
    [("print('nothing leaks')", "exit code 0: nothing leaks"), ("raise KeyError('b')", "exit code 1: KeyError: 'b'")],
)
def test_one_that_shows_nothing_is_an_error_of_one_line(script: str, reason: str) -> None:
    with pytest.raises(SoakError, match=reason):
        show(script, sys.executable, 1)


def test_a_bundle_is_a_readme_a_script_and_its_requirements(tmp_path: Path) -> None:
    shown = Shown("ticks 1.4: 2.500 MB per 1,000 calls", 2.5)
    rows = (("live bytes", "2.4 [2.3, 2.5] MB"),)
    bundle = Bundle("ticks 1.4 keeps 2.50 MB", "3.11.7", 7, SAYS, shown, ("ticks==1.4", "yarl==1.2"), rows)
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
