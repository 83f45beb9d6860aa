"""What goes to one machine, and what a lost worker costs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.cluster.conditions import digest_of, lacking, needed_by, unlike, write_machine
from harness.cluster.connection import Keys, WorkerOffer, connected
from harness.cluster.groups import MOST_LOST, groups_of, strangers
from harness.cluster.handing_out import at_once_of
from harness.cluster.parcels import Ended, Parcel
from harness.errors import UsageError
from harness.soaks.run_rows import Row
from harness.sweeps.planned import rows_of
from harness.sweeps.worlds import worlds_of
from tests.unit.sweeps.conftest import FEED, Write, write

__all__ = ["write"]

Rows = tuple[Row, ...]


@pytest.fixture
def rows(write: Write, here: Path) -> Rows:
    """Four worlds, three seeds, two configs: twelve groups."""
    return rows_of(worlds_of(write(FEED), "feed"), here / "result")


def record(row: Row, host: str | None) -> None:
    row.folder.mkdir(parents=True)
    (row.folder / "run.json").write_text(json.dumps({"status": "complete"}))
    if host is not None:
        write_machine(row.folder, {"host": host})


def test_configs_that_are_compared_are_one_group_and_what_is_recorded_is_not_handed_out(rows: Rows) -> None:
    assert len(groups_of(rows)) == 12
    record(rows[0], "one")
    first, *others = groups_of(rows)
    assert [row.job.config for row in first.rows] == ["fixed"]
    assert (first.host, first.pinned) == ("one", True)
    assert all(group.host is None and not group.pinned and len(group.rows) == 2 for group in others)
    record(rows[1], "one")
    assert len(groups_of(rows)) == 11


@pytest.mark.parametrize(
    ("host", "hosts", "again"),
    [("one", {"one", "two"}, 0), ("one", {"two"}, 1), (None, {"two"}, 1), (None, {None}, 0), ("one", {None}, 1)],
)
def test_a_group_that_cannot_be_completed_where_it_was_begun_is_run_again(
    rows: Rows, host: str | None, hosts: set[str | None], again: int
) -> None:
    record(rows[0], host)
    record(rows[2], host)
    record(rows[3], host)  # with rows[2] a whole group: it stays
    assert strangers(rows, hosts) == list(rows[:again])


def test_a_run_during_which_three_workers_were_lost_is_given_up_and_those_beside_it_are_not(rows: Rows) -> None:
    (group, *_) = groups_of(rows)
    old, fixed = group.rows
    for lost in range(MOST_LOST):
        assert group.open_rows == (old, fixed)
        group.hand_out(lambda _group: object())
        group.worker = f"worker {lost}"
        group.standing = [["running", "load", 1.0], ["waiting", "start", 0.0]]
        group.blame()
    assert group.given_up == (old,)
    assert group.open_rows == (fixed,)
    assert group.lost[old.folder] == ["worker 0", "worker 1", "worker 2"]
    group.home.add(fixed.folder)
    assert group.open_rows == ()


def offers(*told: tuple[int, float]) -> list[WorkerOffer]:
    return [WorkerOffer(f"tcp://127.0.0.1:{port}", "one", *each) for port, each in enumerate(told)]


def test_as_many_runs_of_a_group_go_at_once_as_threads_and_memory_allow(rows: Rows) -> None:
    limit = float(rows[0].job.limit_bytes)
    largest = float(max(row.job.limit_bytes for row in rows))
    one_group = rows[:2]
    assert at_once_of(rows, offers((2, 9 * largest), (2, 9 * largest)), None) == 1  # more groups than threads
    assert at_once_of(one_group, offers((4, 9 * limit)), None) == 2  # it has no more
    assert at_once_of(one_group, offers((4, 1.5 * limit)), None) == 1
    assert at_once_of(one_group, offers((1, 9 * limit)), 2) == 2
    with pytest.raises(UsageError, match=r"2 at once, and no worker offers more .* --resources memory="):
        at_once_of(one_group, offers((4, 1.5 * limit)), 2)
    with pytest.raises(UsageError, match=r"1 at once, and no worker offers more than 0\.00 GB"):
        at_once_of(rows, offers((4, 0.0)), None)


def test_what_a_worker_is_told_is_plain_data(rows: Rows) -> None:
    job = replace(rows[0].job, env={"A": "b"})
    parcel = Parcel(token="ab", topic="t", jobs=(job,), at_once=1, need_bytes=5, required={"market_version": 3})
    assert Parcel.parse(parcel.text()) == parcel
    ended = Ended(idle_rss_bytes={"0": 7})
    assert Ended.parse(ended.text()) == ended


def test_what_a_job_names_by_its_path_must_be_the_same_there(rows: Rows, tmp_path: Path) -> None:
    folder, recording = tmp_path / "bot", tmp_path / "market.parquet"
    (folder / ".git").mkdir(parents=True)
    (folder / "bot.py").write_text("build = 1")
    recording.write_bytes(b"trades")
    needed = needed_by(replace(rows[0].job, recording=str(recording), code=[str(folder)]))
    digests = {path: digest_of(Path(path)) for path in needed}
    assert sorted(digests) == sorted([str(folder), str(recording)])
    (folder / ".git" / "hook.py").write_text("not imported")
    assert lacking(digests) is None
    (folder / "bot.py").write_text("build = 2")
    assert lacking(digests) == f"its {folder} is another"
    recording.unlink()
    assert lacking(digests) == f"{recording}: No such file or directory: it must lie there on every machine"


def test_by_what_a_machine_differs_is_said() -> None:
    assert unlike({}) is None
    assert unlike({"market_version": -1}) is not None
    assert "its git.revision is " in str(unlike({"git.revision": "0" * 40}))


@pytest.mark.parametrize("address", ["http://host:8786", "host:8786", "inproc://x", ""])
def test_only_tcp_and_tls_are_addresses_of_a_scheduler(address: str) -> None:
    with pytest.raises(UsageError, match=r"must be the address of a Dask scheduler"), connected(address, Keys()):
        pass


def test_tls_without_files_is_refused_before_anything_is_connected() -> None:
    with pytest.raises(UsageError, match=r"TLS wants files: --tls-ca"), connected("tls://127.0.0.1:1", Keys()):
        pass


def test_tls_files_are_passed_through_or_refused_where_they_are_missing(tmp_path: Path) -> None:
    assert Keys().security() is None
    authority = tmp_path / "ca.pem"
    with pytest.raises(UsageError, match=r"ca\.pem: no such file: --tls-ca"):
        Keys(authority).security()
    authority.touch()
    security = Keys(authority, authority, authority).security()
    assert security is not None
    assert security.require_encryption
    assert (security.tls_ca_file, security.tls_client_cert) == (str(authority), str(authority))
