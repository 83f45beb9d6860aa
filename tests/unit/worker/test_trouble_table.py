"""The table of what went wrong: exact totals, few places, one image for run.json and for a killed run."""

from __future__ import annotations

import os
from pathlib import Path

from harness.worker.trouble_table import KINDS, TROUBLE_FILE, TroubleTable, read_trouble

INFO, ERROR, WARNED = (KINDS.index(kind) for kind in ("info", "error", "warned"))


def counted(table: TroubleTable, kind: int, key: int, first: str) -> None:
    slot = table.count(kind, key)
    if slot >= 0:
        table.tell(slot, kind, {"name": "bot", "place": f"bot.py:{key}", "t_s": float(key), "first": first})


def test_counts_are_exact_and_the_first_of_each_place_is_kept() -> None:
    table = TroubleTable()
    for key, first in ((7, "no answer"), (7, "another"), (0, "zero"), (-3, "negative"), (7, "a third")):
        counted(table, ERROR, key, first)
    told = table.content()
    assert told["totals"] == {kind: 5 if kind == "error" else 0 for kind in KINDS}
    assert [(first["first"], first["count"]) for first in told["firsts"]] == [
        ("negative", 1),
        ("zero", 1),
        ("no answer", 3),
    ]
    assert told["unnamed"] == 0


def test_more_places_than_it_has_room_for_are_counted_and_not_named() -> None:
    table = TroubleTable()
    for key in range(1, 1001):
        counted(table, INFO, key, "chatter")
    for key in range(1, 1001):
        counted(table, ERROR, key, "no answer")
    told = table.content()
    assert (told["totals"]["info"], told["totals"]["error"]) == (1000, 1000)
    named = {kind: sum(first["kind"] == kind for first in told["firsts"]) for kind in ("info", "error")}
    assert named["info"] < named["error"] < 100  # what is no trouble does not crowd out what is
    assert told["unnamed"] == 2000 - sum(named.values())


def test_a_long_first_is_cut_and_whatever_is_in_it_is_kept() -> None:
    table = TroubleTable()
    counted(table, ERROR, 1, "ä\ud800\n\0" + "x" * 10_000)
    (first,) = table.content()["firsts"]
    assert first["first"].startswith("ä? \0xxx")
    assert len(first["first"]) > 200


def test_a_rehearsal_is_forgotten_but_for_its_warnings_which_come_once() -> None:
    table = TroubleTable()
    counted(table, ERROR, 1, "in the rehearsal")
    counted(table, WARNED, 2, "an old interface")
    table.forget()
    counted(table, ERROR, 1, "in the run")
    counted(table, WARNED, 2, "again")
    told = table.content()
    assert (told["totals"]["error"], told["totals"]["warned"]) == (1, 2)
    assert {first["first"]: first["count"] for first in told["firsts"]} == {"in the run": 1, "an old interface": 2}


def test_its_image_tells_of_a_run_that_was_killed(tmp_path: Path) -> None:
    table = TroubleTable()
    assert read_trouble(tmp_path) == {}
    assert not table.changed()
    counted(table, ERROR, 1, "no answer")
    assert (table.changed(), table.changed()) == (True, False)
    (tmp_path / TROUBLE_FILE).write_bytes(table.image[:])
    assert read_trouble(tmp_path) == table.content()
    (tmp_path / TROUBLE_FILE).write_bytes(table.image[:100])
    assert read_trouble(tmp_path) == {}


def test_what_a_forked_process_counts_is_in_it_also_where_another_thread_held_its_lock() -> None:
    table = TroubleTable()
    with table._lock:
        child = os.fork()
        if not child:
            try:
                counted(table, ERROR, 5, "in the child")
            finally:
                os._exit(0)
    os.waitpid(child, 0)
    counted(table, ERROR, 5, "in the parent")
    assert [(first["first"], first["count"]) for first in table.content()["firsts"]] == [("in the child", 2)]
