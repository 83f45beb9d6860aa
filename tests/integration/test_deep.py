"""`soak explain --deep` on a user's own leak: the file and the line of it, with and without memray."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.conftest import Soaks

pytestmark = pytest.mark.soak

LEAKING = """\
import helper_of_mine

class Target:
    def __init__(self, params, environment):
        self.seen, self.recent = [], {}
    def start(self): pass
    def stop(self): pass
    def on_book(self, book):
        self.recent[book.symbol] = [float(place) for place in range(50)]
        self.seen.append(helper_of_mine.summary(book))
build = Target
"""

HELPER = """\
def summary(book):
    best = book.bids[0][0]
    return {
        "levels": [best + place for place in range(200)],
        "symbol": book.symbol,
    }
"""


@pytest.fixture
def leaking(soaks: Soaks) -> Soaks:
    soaks.target(LEAKING)
    (soaks.folder / "helper_of_mine.py").write_text(HELPER)
    ended = soaks.soak(
        "run", soaks.scenario("[configs.only]\n", factory="mine:build", symbols=2, hours=0.05), "--quiet"
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return soaks


def block_memray(folder: Path) -> None:
    """Let `memray` not be found by processes that see this folder first."""
    (folder / "sitecustomize.py").write_text(
        "import importlib.util as util\n"
        "found = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if name == 'memray' else found(name, *more)\n"
    )


@pytest.mark.long
def test_the_line_of_a_leak_is_named_without_memray(leaking: Soaks) -> None:
    block_memray(leaking.folder)
    before = leaking.verdict()
    ended = leaking.soak("explain", "latest", "--deep", "--hours", 0.02)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "No flame graph: memray is not installed: pip install memray" in ended.stdout
    (line,) = [line for line in ended.stdout.splitlines() if line.startswith("  allocated at ")]
    assert line.startswith("  allocated at helper_of_mine.py:3 (summary): ")
    assert line.endswith(" % of seen[*], with what hangs on it")
    assert int(line.split("): ")[1].split(" %")[0]) > 90
    found = json.loads((leaking.result() / "deep/only/allocations.json").read_text())
    shares = {(Path(file).name, line): share for file, line, *_, share in found["owners"][0]["allocated"]}
    assert shares["helper_of_mine.py", 4] > 0.8
    assert Path(found["growing"][0][0]).name == "helper_of_mine.py"
    assert [file.name for file in (leaking.result() / "deep/only").iterdir()] == ["allocations.json"]
    assert leaking.verdict() == before
    assert [run.name for run in (leaking.result() / "runs/only").iterdir()] == ["seed-1"]


@pytest.mark.long
def test_with_memray_there_is_a_flame_graph_of_what_was_held(leaking: Soaks) -> None:
    pytest.importorskip("memray")
    ended = leaking.soak("explain", "latest", "--deep", "--hours", 0.02)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    folder = leaking.result() / "deep/only"
    assert sorted(file.name for file in folder.iterdir()) == ["allocations.json", "flamegraph.html"]
    page = (folder / "flamegraph.html").read_text()
    assert "helper_of_mine.py" in page
    assert 'src="http' not in page  # it can be opened anywhere
    found = json.loads((folder / "allocations.json").read_text())
    file, line, *_, size = found["held"][0]
    assert (Path(file).name, line) == ("helper_of_mine.py", 4)
    assert size > 0.8 * found["held_bytes"]
    assert "under memray: " in ended.stdout


def test_a_target_that_fails_in_the_rerun_is_said_in_one_line(leaking: Soaks) -> None:
    failing = "    def on_candle(self, candle): raise ValueError(candle.symbol)\nbuild = Target"
    leaking.target(LEAKING.replace("build = Target", failing))
    ended = leaking.soak("explain", "latest", "--deep", "--hours", 0.02)
    assert ended.returncode == 3
    (line,) = ended.stderr.splitlines()
    assert line.startswith("soak: the rerun under tracemalloc failed: the target raised in ")
    assert "ValueError" in line
    assert not (leaking.result() / "deep/only").exists()


UNOWNED_HEAD = """\
import ctypes
import gc
import a_library

class Node:
    def __init__(self, number):
        self.values = [number + 0.5 + place for place in range(40)]

class Base:
    def __init__(self, params, environment):
        self.books = 0
    def start(self): pass
    def stop(self): pass
    def on_book(self, book):
        self.books += 1
        self.keep(Node(self.books))
    def keep(self, node): pass
"""

UNOWNED = {
    "cycles with the collector off": (
        """
class Target(Base):
    def start(self):
        gc.disable()
    def keep(self, node):
        node.me = node
    def stop(self):
        gc.enable()
""",
        ["held by nothing but reference cycles, which only a collection frees", "  mine.Node: "],
    ),
    "a reference that is never given back": (
        """
class Target(Base):
    def keep(self, node):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(node))
""",
        ["held by nothing that Python sees: C code, or a reference", "  mine.Node: "],
    ),
    "the globals of a library": (
        """
class Target(Base):
    def keep(self, node):
        a_library.remember(node)
""",
        ["held by a_library._seen[*].values[*]", " % held by a_library._seen[*]\n", "  mine.Node: "],
    ),
    "C memory": (
        """
malloc = ctypes.CDLL(None).malloc
malloc.restype = ctypes.c_void_p
class Target(Base):
    def keep(self, node):
        malloc(ctypes.c_size_t(1500))
""",
        ["MB are in no object that Python knows: C code allocated them."],
    ),
}

HEALTHY = """
class Target(Base):
    def keep(self, node):
        node.me = node
        self.last = node
"""


def soaked(soaks: Soaks, code: str) -> str:
    """What `soak explain` says of a target of one's own, which uses a library that is installed elsewhere."""
    library = soaks.folder / "venv" / "site-packages"
    library.mkdir(parents=True)
    (library / "a_library.py").write_text("_seen = []\ndef remember(thing):\n    _seen.append(thing)\n")
    finder = f"import sys\nsys.path.append({str(library)!r})\n"
    soaks.target(finder + UNOWNED_HEAD + code + "\nbuild = Target\n")
    path = soaks.scenario("[configs.only]\n", factory="mine:build", hours=0.15, symbols=5)
    ended = soaks.soak("run", path, "--quiet")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    words = soaks.soak("explain", "latest")
    assert words.returncode == 0, words.stderr
    return words.stdout


@pytest.mark.long
@pytest.mark.parametrize("place", UNOWNED)
def test_growth_that_no_path_explains_is_told_by_type(soaks: Soaks, place: str) -> None:
    code, said = UNOWNED[place]
    block_memray(soaks.folder)
    offer = soaked(soaks, code).splitlines()[-1]
    assert offer.endswith("--deep --config only"), offer
    ended = soaks.soak("explain", "latest", "--deep", "--hours", 0.1)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for words in said:
        assert words in ended.stdout, ended.stdout


def test_a_healthy_target_is_offered_no_rerun(soaks: Soaks) -> None:
    assert "--deep" not in soaked(soaks, HEALTHY)
