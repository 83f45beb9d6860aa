"""Only what belongs together is merged."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.soaks.result_folder import write_manifest
from harness.sweeps.asked import asked_for
from harness.sweeps.merge import merge, refuse_strangers
from harness.sweeps.planned import write_scenario
from harness.sweeps.sweep_file import Shard, SweepFile
from tests.unit.sweeps.conftest import FEED, FIXES, Write

Recorded = Callable[..., Path]


@pytest.fixture
def recorded(write: Write, here: Path) -> Recorded:
    """The result folder of a shard, without runs."""

    def result(name: str, shard: Shard | None, *, sweep: str = "feed", hours: float | None = None) -> Path:
        folder = here / name
        folder.mkdir()
        scenario, called = asked_for(write(FIXES + FEED), sweep, hours=hours)
        write_manifest(folder, scenario_name=scenario.name, real_time=False)
        SweepFile(called, shard).write(folder)
        write_scenario(scenario, folder)
        return folder

    return result


def refusal(*folders: Path) -> str:
    with pytest.raises(UsageError) as caught:
        refuse_strangers(folders)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def with_manifest(folder: Path, **changes: object) -> Path:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, **changes}))
    return folder


def test_shards_of_one_table_are_joined_and_those_that_lack_are_told(recorded: Recorded, here: Path) -> None:
    folder = merge([recorded("a", Shard(2, 3)), recorded("b", Shard(1, 3))], here / "results")
    joined = SweepFile.read(folder)
    assert joined.shard is None
    assert [(part["shard"], part["of"]) for part in joined.parts] == [(1, 3), (2, 3)]


def test_nothing_outside_of_a_shard_is_copied_and_nothing_waits_for_a_pipe(recorded: Recorded, here: Path) -> None:
    (here / "secret").write_text("secret")
    shards = recorded("a", Shard(1, 2)), recorded("b", Shard(2, 2))
    world = shards[0] / "worlds" / "1s"
    world.mkdir(parents=True)
    (world / "link").symlink_to(here / "secret")
    os.mkfifo(world / "pipe")
    (world / "file").write_text("kept")
    copied = merge(shards, here / "results") / "worlds" / "1s"
    assert sorted(path.name for path in copied.iterdir()) == ["file", "link"]
    assert (copied / "link").is_symlink()


def test_what_does_not_belong_together_is_refused(recorded: Recorded, here: Path) -> None:
    a = recorded("a", Shard(1, 2))
    assert "b does not belong to a: its sweep is fixes, not feed" in refusal(
        a, recorded("b", Shard(2, 2), sweep="fixes")
    )
    assert "its scenario.toml is another" in refusal(a, recorded("c", Shard(2, 2), hours=1.0))
    assert "both are shard 1/2" in refusal(a, recorded("d", Shard(1, 2)))
    assert "it is shard 2/3, not one of 2" in refusal(a, recorded("e", Shard(2, 3)))
    assert "f: is no shard" in refusal(a, recorded("f", None))
    older = with_manifest(recorded("g", Shard(2, 2)), market_version=-1)
    assert "its market_version is -1, not" in refusal(a, older)
    other = with_manifest(recorded("h", Shard(2, 2)), git={"revision": "0" * 40, "dirty": False, "changes": None})
    assert f"its git.revision is {'0' * 40}, not" in refusal(a, other)
    named = with_manifest(recorded("i", Shard(2, 2)), scenario="other")
    assert "its scenario is other, not mine" in refusal(a, named)
    assert "there is nothing to join it with" in refusal(a)
    (here / "empty").mkdir()
    assert "empty: not the result of a sweep" in refusal(a, here / "empty")
