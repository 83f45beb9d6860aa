"""What is installed beside a package: the same versions for all its releases, so that only the package changes.

They are those that the newest release is given, and all others get them, whatever they ask for: a library pins what it
needs, and other pins are another experiment. Where a release cannot be imported beside them it gets its own, and is
marked: more than the package differs there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Final

from packaging.utils import canonicalize_name

from harness.environments.pip import Chosen, PipError, resolve
from harness.environments.versions import ALONE, BUILD, PACKAGES
from harness.errors import UsageError
from harness.histories.candidate import Candidate

PATIENT: Final = 3
"""So many of the newest releases are asked which versions are frozen, before it is said that none can be had."""


class Skipped(Exception):
    """A release that is not run; the message says why."""


@dataclass(frozen=True)
class Frozen:
    """The versions beside the package, by name; `packages` is what was asked for beside it.

    `versions` is empty where nothing is installed: what is importable here stands beside every commit then.
    """

    package: str
    interpreter: str
    packages: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    builds: bool = False

    def pinned(self) -> list[str]:
        """The frozen versions as pip is told of them."""
        return [f"{name}=={version}" for name, version in sorted(self.versions.items())]


@dataclass(frozen=True)
class Installed:
    """A candidate with what it is run with: the keys of its config, and which packages beside it are not the frozen."""

    candidate: Candidate
    keys: Mapping[str, Any]
    differing: tuple[str, ...] = ()


def freeze(candidates: Sequence[Candidate], frozen: Frozen) -> Frozen:
    """The versions that the newest candidate which can be installed needs beside it.

    Raises UsageError, with pip's reason, where that is none of the newest.
    """
    reasons: list[str] = []
    for candidate in [*candidates][: -PATIENT - 1 : -1]:
        asked = [*([candidate.package] if candidate.package else []), *frozen.packages]
        if not asked:
            return frozen
        try:
            chosen = _chosen(frozen, asked)
        except PipError as error:
            reasons.append(str(error))
            continue
        versions = {one.name: one.version for one in chosen if one.name != canonicalize_name(frozen.package)}
        return Frozen(frozen.package, frozen.interpreter, frozen.packages, versions, frozen.builds)
    raise UsageError(f"{frozen.package}: none of its newest releases can be installed: pip: {reasons[0]}")


def installed(candidate: Candidate, frozen: Frozen) -> Installed:
    """A candidate beside the frozen versions, each by its name: the same whenever it is made."""
    asked = [*([candidate.package] if candidate.package else []), *frozen.pinned()]
    return Installed(candidate, {**candidate.keys, **_packages(asked, frozen)})


def with_its_own(candidate: Candidate, frozen: Frozen) -> Installed:
    """A candidate beside what it needs itself, where it cannot live with the frozen versions.

    Raises Skipped where it was yanked, or pip cannot have it.
    """
    try:
        chosen = _chosen(frozen, [candidate.package, *frozen.packages])
    except PipError as error:
        raise Skipped(f"cannot be installed: {error}") from None
    own = canonicalize_name(frozen.package)
    if any(one.yanked for one in chosen if one.name == own):
        raise Skipped("was yanked from the index")
    beside = [(one.name, one.version) for one in chosen if one.name != own]
    asked = [candidate.package, *(f"{name}=={version}" for name, version in beside)]
    return Installed(candidate, _packages(asked, frozen), differing(beside, frozen.versions))


def differing(beside: Iterable[tuple[str, str]], frozen: Mapping[str, str]) -> tuple[str, ...]:
    """What lies beside a release and is not the frozen version, in words."""
    return tuple(
        f"{name} {version}" + (f" for {frozen[name]}" if name in frozen else "")
        for name, version in beside
        if frozen.get(name) != version
    )


def _packages(asked: Sequence[str], frozen: Frozen) -> dict[str, Any]:
    if not asked:
        return {}
    return {PACKAGES: [*asked], ALONE: True, **({BUILD: True} if frozen.builds else {})}


def _chosen(frozen: Frozen, asked: Sequence[str]) -> tuple[Chosen, ...]:
    """What pip would install, with the numpy that judges where it can be."""
    judging = {"numpy": version("numpy")}
    try:
        return resolve(frozen.interpreter, asked, builds=frozen.builds, pins=judging)
    except PipError:  # it may want another numpy, which is its own affair then
        return resolve(frozen.interpreter, asked, builds=frozen.builds)
