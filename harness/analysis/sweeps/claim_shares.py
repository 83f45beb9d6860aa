"""What a recorded sweep over worlds says of a soak's claims: in how many of its points each of them holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from harness.errors import SoakError
from harness.scenario import Scenario
from harness.sweeps.merge import read_sweep
from harness.sweeps.planned import results_of
from harness.sweeps.sweep_file import is_sweep

CLAIMS_TABLE: Final = "claims.parquet"

_TELLS: Final = ("met", "exceeded", "missed")
_HOLDS: Final = ("met", "exceeded")


@dataclass(frozen=True)
class ClaimShares:
    """Of claims, by name: the points of a sweep in which the mean of the runs lies in the band, and all that tell.

    `sweep` is its name, `folder` its result.
    """

    sweep: str
    folder: Path
    held: Mapping[str, tuple[int, int]]


def claim_shares(result: Path, scenario: Scenario) -> ClaimShares | None:
    """Return what the newest sweep over worlds beside a soak's result says of its claims; None where there is none.

    A sweep counts where all of its axes make worlds, at every setting of them, and there are two or more; a claim where
    both have it with the same metric, configs and band. What cannot be read counts as not there: a soak is judged
    without it.
    """
    newest: ClaimShares | None = None
    for folder in _sweeps(result, scenario):
        try:
            shares = _read(folder, scenario)
        except (SoakError, OSError, ValueError, KeyError):
            continue
        if shares is not None and (newest is None or folder.name > newest.folder.name):
            newest = shares
    return newest


def _sweeps(result: Path, scenario: Scenario) -> Iterator[Path]:
    root = result.parent.parent
    for name in scenario.sweeps:
        yield from results_of(root, scenario, name).glob("*")


def _read(folder: Path, scenario: Scenario) -> ClaimShares | None:
    if not is_sweep(folder) or not (folder / CLAIMS_TABLE).is_file():
        return None
    its_scenario, about = read_sweep(folder)
    settings = its_scenario.sweeps[about.sweep]
    if settings.design != "full" or len(settings.axes) < 2 or any(map(settings.makes_configs, settings.axes)):
        return None
    judged = {claim.name: (claim.metric, claim.configs, claim.band) for claim in its_scenario.claims}
    same = [
        claim.name for claim in scenario.claims if judged.get(claim.name) == (claim.metric, claim.configs, claim.band)
    ]
    places = pd.read_parquet(folder / CLAIMS_TABLE, columns=["claim", "place"])
    held: dict[str, tuple[int, int]] = {}
    for name in same:
        its = places.loc[places["claim"] == name, "place"]
        if told := int(its.isin(_TELLS).sum()):
            held[name] = int(its.isin(_HOLDS).sum()), told
    return ClaimShares(about.sweep, folder, held) if held else None
