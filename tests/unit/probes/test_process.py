"""What the kernel and the loop say of the process itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.probes import process
from harness.probes.resident.rss import rss_reader

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is judged on Linux")


def test_uss_is_part_of_rss() -> None:
    uss = process.uss_bytes()
    assert uss is not None
    assert 0 < uss <= rss_reader()()


def test_open_files_are_counted(tmp_path: Path) -> None:
    before = process.open_files()
    with (tmp_path / "one").open("w"), (tmp_path / "two").open("w"):
        assert before is not None
        assert process.open_files() == before + 2
