"""The releases of a package: those of the index that pip is configured for, or the wheels that lie in a folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from harness.environments.pip import published
from harness.errors import UsageError
from harness.histories.candidate import Candidate
from harness.text import shown, shown_path


def of_index(package: str, first: str | None, last: str | None, *, interpreter: str, builds: bool) -> list[Candidate]:
    """The releases of a package from `first` to `last`, both with them, the oldest first; None is an open end.

    Pre-releases count where an end is one. Raises UsageError where an end is no version, PipError where the index has
    none.
    """
    ends = [_version(end, option) for end, option in ((first, "--from"), (last, "--to")) if end is not None]
    early = any(end.is_prerelease for end in ends)
    there = (_readable(text) for text in published(interpreter, package, builds=builds, early=early))
    releases = _between((one for one in there if one is not None), first, last)
    return [Candidate(str(one), f"{package}=={one}") for one in releases]


def of_wheels(folder: Path, package: str, first: str | None, last: str | None) -> list[Candidate]:
    """The wheels of a package in a folder from version `first` to `last`, the oldest first; None is an open end.

    Raises UsageError where it has none, or two of one version.
    """
    wheels: dict[Version, Path] = {}
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(f"--wheels {folder}: {error.strerror}") from None
    for file in files:
        if file.suffix != ".whl":
            continue
        try:
            name, version, _, _ = parse_wheel_filename(file.name)
        except InvalidWheelFilename:
            continue
        if name == canonicalize_name(package):
            if version in wheels:
                raise UsageError(f"--wheels {shown_path(folder)}: two wheels of {package} {version}: leave one out")
            wheels[version] = file.resolve()
    if not wheels:
        raise UsageError(f"--wheels {shown_path(folder)}: has no wheel of {package}")
    return [Candidate(str(one), str(wheels[one])) for one in _between(wheels, first, last)]


def _between(versions: Iterable[Version], first: str | None, last: str | None) -> list[Version]:
    low = None if first is None else _version(first, "--from")
    high = None if last is None else _version(last, "--to")
    if low is not None and high is not None and low >= high:
        raise UsageError(f"--from {first} --to {last}: the first must be older than the last")
    return sorted(one for one in {*versions} if (low is None or one >= low) and (high is None or one <= high))


def _readable(text: str) -> Version | None:
    """A version as an index lists it; None where it is none of today's form."""
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _version(text: str, option: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        raise UsageError(f"{option} {shown(text)}: is no version, such as 4.5.85") from None
