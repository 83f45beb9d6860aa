"""An environment of packages: made once, like those of the other configs in all but what is asked for, never lent."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from harness.environments import packages
from harness.environments.packages import names_of
from harness.environments.pip import PipError
from harness.environments.provided import HERE, Provided, provide, told_apart
from harness.environments.versions import Version, refused
from harness.errors import UsageError

OF = ("mine:build", Path("mine.toml"))


class Index:
    """In place of pip: what there is of each package, each needs `deltas`; what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[tuple[str, ...], dict[str, str], bool]] = []
        self.newest = "1.0"
        self.refused: set[str] = set()

    def install(
        self, python: str, wanted: Sequence[str], *, builds: bool = False, pins: Mapping[str, str] | None = None
    ) -> None:
        self.asked.append((tuple(wanted), dict(pins or {}), builds))
        if self.refused & {*wanted, *(pins or {})}:
            raise PipError(f"No matching distribution found for {wanted[0]}")
        (site,) = Path(python).parent.parent.glob("lib/python3*/site-packages")
        needed = {"deltas": (pins or {}).get("deltas", self.newest)}
        for name, one in {**dict(package.split("==") for package in wanted), **needed}.items():
            about = site / f"{name}-{one}.dist-info"
            about.mkdir()
            (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {one}\n")


@pytest.fixture
def index(here: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    index = Index()
    monkeypatch.setattr(packages, "install", index.install)
    return index


def provided(said: list[str], **configs: Version) -> dict[str, Provided]:
    return provide(configs, *OF, say=said.append)


def test_it_has_its_packages_and_what_judges_and_not_this_installation(index: Index, said: list[str]) -> None:
    program = provided(said, only=Version(packages=("books==2.0",)))["only"]
    assert program.packages == (("books", "2.0"), ("deltas", "1.0"))
    assert program.told.endswith("with books 2.0")
    assert "installs for Python" in said[-2]
    assert said[-2].endswith("wheels only: books==2.0")
    code = "import numpy, psutil, time_machine, harness, synthetic, importlib.util as u; print(numpy.__version__)"
    code += "; print([name for name in ('pandas', 'pydantic', 'rich') if u.find_spec(name)])"
    told = subprocess.run([program.interpreter, "-P", "-c", code], capture_output=True, text=True, check=True, env={})
    assert told.stdout.splitlines() == [np.__version__, "[]"]


def test_what_two_configs_need_is_the_same_and_what_differs_is_told(index: Index, said: list[str]) -> None:
    first = provided(said, a=Version(packages=("books==2.0",)))
    index.newest = "1.1"
    both = provided(said, a=Version(packages=("books==2.0",)), b=Version(packages=("books==2.1",)))
    assert both["a"] == first["a"]
    assert both["b"].packages == (("books", "2.1"), ("deltas", "1.0"))
    assert index.asked[-1] == (("books==2.1",), {"deltas": "1.0", "numpy": version("numpy")}, False)
    assert told_apart(both)[-1] == "Packages that differ: books 2.0 / 2.1; the same: 1."


def test_what_cannot_be_the_same_is_said(index: Index, said: list[str]) -> None:
    provided(said, a=Version(packages=("books==2.0",)))
    index.newest, index.refused = "1.1", {"deltas"}
    both = provided(said, a=Version(packages=("books==2.0",)), b=Version(packages=("books==2.1",)))
    assert dict(both["b"].packages)["deltas"] == "1.1"
    assert "b: what its packages need cannot all have the versions that the other configs have" in said


def test_what_is_not_there_is_one_line(index: Index, said: list[str]) -> None:
    index.refused = {"books==9"}
    with pytest.raises(UsageError) as error:
        provided(said, a=Version(packages=("books==9",)))
    assert str(error.value) == (
        'configs.a.packages = ["books==9"]: pip: No matching distribution found for books==9; '
        "only wheels were allowed, build_packages = true builds the rest"
    )
    with pytest.raises(UsageError, match=r"no\.whl: No such file or directory"):
        provided(said, a=Version(packages=("no.whl",)))


def test_names_are_those_of_an_index() -> None:
    asked = Version(packages=("Book_Keeper[fast]>=2", "dist/tick.store-1.0-py3-none-any.whl"))
    assert names_of(asked) == {"book-keeper", "tick-store"}


@pytest.mark.parametrize("package", ["ccxt", "ccxt==4.5.85", "a[b]>=1,<2", "dist/a-1-py3-none-any.whl"])
def test_what_needs_no_build_is_allowed(package: str) -> None:
    assert list(refused({"packages": [package]})) == []


@pytest.mark.parametrize(
    "package", ["git+https://example.org/a", "a @ https://example.org/a.whl", "./a", "https://example.org/a-1.whl", "."]
)
def test_what_pip_would_build_or_fetch_needs_to_be_allowed(package: str) -> None:
    ((key, value, text),) = refused({"packages": [package]})
    assert (key, value) == ("packages", package)
    assert "build_packages = true" in text
    assert list(refused({"packages": [package], "build_packages": True})) == []


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"packages": []}, "packages"),
        ({"packages": "ccxt"}, "packages"),
        ({"packages": ["--index-url=x"], "build_packages": True}, "packages"),
        ({"build_packages": "yes"}, "build_packages"),
        ({"python": "3.10"}, "python"),
        ({"python": 3.13}, "python"),
        ({"python": "../python"}, "python"),
    ],
)
def test_other_values_are_refused(config: dict[str, object], key: str) -> None:
    assert [refusal[0] for refusal in refused(config)] == [key]


def test_here_has_no_environment() -> None:
    assert HERE.own_interpreter == HERE.site == ""
    assert HERE.describing_command()[1:] == ["-P", "-m", "harness.describing.answering"]
