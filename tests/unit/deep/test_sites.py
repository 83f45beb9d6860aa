"""Which line of a stack is the target's."""

from __future__ import annotations

import json
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import synthetic.market
from harness.collector import detectors
from harness.deep.sites import Site, Sites, functions_in, traceback_of

CODE = """\
class Target:
    def keep(self, item):
        def inner():
            return [item]
        return inner()

TOP = 1
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch) -> Path:
    file = tmp_path / "mine_sites.py"
    file.write_text(CODE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return file


def test_the_innermost_line_of_the_targets_own_with_its_function(mine: Path) -> None:
    stack = [("<string>", 1), (json.__file__, 3), (str(mine), 4), (str(mine), 5), (synthetic.market.__file__, 9)]
    assert Sites("mine_sites:Target").of(stack) == Site(str(mine), 4, "Target.keep.inner", True)


def test_a_module_beside_the_factory_is_the_targets_too(mine: Path, tmp_path: Path) -> None:
    beside = str(tmp_path / "beside.py")
    assert Sites("mine_sites:Target").of([(np.__file__, 1), (beside, 7)]) == Site(beside, 7, "", True)


def test_without_a_line_of_the_targets_it_is_the_innermost_and_says_so(mine: Path) -> None:
    found = Sites("mine_sites:Target").of([("<string>", 1), (synthetic.market.__file__, 1), (json.__file__, 1)])
    assert found == Site(synthetic.market.__file__, 1, "", False)
    assert Sites("mine_sites:Target").of([("<frozen importlib>", 1)]) is None


def test_a_package_of_the_harness_is_a_target_where_the_factory_lies_in_it() -> None:
    stack = [(detectors.__file__, 1), (synthetic.market.__file__, 1)]
    assert Sites("harness.collector:build").of(stack).own
    assert not Sites("harness.null_target:build").of(stack).own


def test_an_installed_package_is_the_target_where_the_factory_lies_in_it() -> None:
    stack = [(np.__file__, 1), (sys.modules["pytest"].__file__, 1)]
    assert Sites("pytest:main").of(stack).file == sys.modules["pytest"].__file__
    assert Sites("numpy.linalg:norm").of(stack).file == np.__file__


def test_functions_of_a_file_and_of_what_is_none(mine: Path, tmp_path: Path) -> None:
    assert functions_in(mine) == [(2, 5, "Target.keep"), (3, 4, "Target.keep.inner")]
    broken = tmp_path / "broken.py"
    broken.write_text("def (", encoding="utf-8")
    assert functions_in(broken) == functions_in(tmp_path / "absent.py") == []


class Plain:
    def __init__(self) -> None:
        self.notes = "x"


def test_where_an_instance_with_attributes_was_allocated_is_known() -> None:
    tracemalloc.start(2)
    try:
        made = Plain()
        stack = traceback_of(made)
    finally:
        tracemalloc.stop()
    assert stack is not None
    assert (stack[-1].filename, stack[-1].lineno) == (
        __file__,
        test_where_an_instance_with_attributes_was_allocated_is_known.__code__.co_firstlineno + 3,
    )
    assert traceback_of(3) is None
