"""What pip is asked before anything is installed: which versions there are, what it would install, what was yanked."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.environments.packages import names_of
from harness.environments.pip import Chosen, PipError, published, resolve
from harness.environments.versions import Version

Index = Callable[..., None]

YANKED = ' data-yanked="it lost rows"'


def wheel(folder: Path, name: str, version: str, needs: str = "") -> str:
    """A wheel without code; its file's name."""
    about = f"{name}-{version}.dist-info"
    requires = f"Requires-Dist: {needs}\n" if needs else ""
    files = {
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{about}/RECORD"] = "".join(f"{file},,\n" for file in files)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return path.name


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """An index in a folder, and no other."""
    for name, value in {
        "PIP_INDEX_URL": (tmp_path / "simple").as_uri(),
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_FIND_LINKS": "",
        "PIP_EXTRA_INDEX_URL": "",
    }.items():
        monkeypatch.setenv(name, value)

    def add(name: str, *wheels: str, yanked: str = "") -> None:
        folder = tmp_path / "simple" / name
        folder.mkdir(parents=True, exist_ok=True)
        links = [f'<a href="{file}"{YANKED if file == yanked else ""}>{file}</a>' for file in wheels]
        (folder / "index.html").write_text(f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>")

    return add


def test_what_an_index_has_and_what_would_be_installed(index: Index, tmp_path: Path) -> None:
    index("tickstore")
    index("deltas")
    folder = tmp_path / "simple" / "tickstore"
    wheels = [wheel(folder, "tickstore", version, needs="deltas>=1") for version in ("1.0", "1.1", "2.0rc1")]
    index("tickstore", *wheels, yanked=wheels[1])
    index("deltas", wheel(folder.with_name("deltas"), "deltas", "1.5"))
    assert published(sys.executable, "tickstore") == ("1.0",)
    yanked = resolve(sys.executable, ["tickstore==1.1"])
    assert yanked == (Chosen("deltas", "1.5"), Chosen("tickstore", "1.1", yanked=True))


def test_what_cannot_be_had_together_is_one_line(index: Index, tmp_path: Path) -> None:
    index("tickstore")
    index("tickstore", wheel(tmp_path / "simple" / "tickstore", "tickstore", "1.0"))
    with pytest.raises(PipError) as error:
        resolve(sys.executable, ["tickstore==1.0"], pins={"tickstore": "1.1"})
    assert "\n" not in str(error.value)
    with pytest.raises(PipError, match="No matching distribution found for deltas"):
        published(sys.executable, "deltas")


def test_names_are_compared_as_an_index_does() -> None:
    assert names_of(Version(packages=("Book__Keeper.fast",))) == {"book-keeper-fast"}
