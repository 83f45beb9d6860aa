"""Before the first measurement: the ballast fills a judged process up, and nobody else; slips of a target are told."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from harness.errors import UsageError
from harness.stand_ins.answering_all import STAND_IN
from harness.worker.failures import RunEnded
from harness.worker.handlers import refuse_call
from harness.worker.rehearsal import NotedParameters, lay_ballast

FORKS = """\
import os
from harness.probes.process import rss_reader
from harness.worker.rehearsal import lay_ballast
before = rss_reader()()
ballast = lay_ballast(before, before + 200_000_000)
print(rss_reader()() - before, flush=True)
if not os.fork():
    print(rss_reader()() - before, flush=True)
    os._exit(0)
os.wait()
"""


def test_what_is_forked_does_not_get_the_ballast() -> None:
    told = subprocess.run([sys.executable, "-c", FORKS], capture_output=True, text=True, check=True)
    own, forked = map(int, told.stdout.split())
    assert own == pytest.approx(200_000_000, rel=0.05)
    assert forked < 20_000_000


ARRAYS = """\
import numpy as np
from harness.probes.allocators.statistics import Allocators
from harness.worker.rehearsal import fill_numpy_cache
glibc_bytes = Allocators().glibc_bytes
for fill in (lambda: None, fill_numpy_cache):
    fill()
    before = glibc_bytes()
    for length in range(1, 100):
        for kind in (np.bool_, np.int32, np.float64):
            held = [np.zeros(length, kind) for _ in range(10)]
            held.clear()
    print(glibc_bytes() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc tells what it gave out")
def test_what_numpy_keeps_of_freed_arrays_is_there_before_the_first_measurement() -> None:
    told = subprocess.run([sys.executable, "-c", ARRAYS], capture_output=True, text=True, check=True)
    unfilled, filled = map(int, told.stdout.split())
    assert unfilled > 200_000
    assert filled < 100_000  # what glibc keeps for this thread (tcache) counts as given out


def test_an_idle_process_larger_than_the_baseline_is_refused() -> None:
    with pytest.raises(RunEnded, match="the idle process takes 2 MB"):
        lay_ballast(2_000_000, 1_000_000)


def test_a_table_of_parameters_knows_what_nothing_read() -> None:
    table = NotedParameters({"depth": 5, "plant": True, "plnt": 1})
    assert table.get("plant")
    assert table["depth"] == 5
    assert table.unread == {"plnt"}
    for read_all in (dict, list, lambda every: {**every}, lambda every: every | {}, lambda every: every.copy()):
        table = NotedParameters({"depth": 5})
        assert read_all(table)
        assert table.unread == set()


@pytest.mark.parametrize(
    ("method", "arguments", "said"),
    [
        (
            lambda: None,
            ("trade",),
            r"^test_rehearsal.py:\d+: on_trade is called with \(trade\) and takes \(\): too many",
        ),
        (lambda symbol, price: None, ("trade",), r"takes \(symbol, price\): missing a required argument: 'price'$"),
        (lambda trade: None, (), r"is called with \(\) and takes \(trade\): missing"),
    ],
)
def test_what_cannot_be_called_as_a_run_does_is_told_with_its_own_line(method: Any, arguments: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        refuse_call(method, "on_trade", *arguments)


@pytest.mark.parametrize("method", [lambda *anything: None, lambda trade, more=1: None, STAND_IN, print, min])
def test_what_may_be_called_is_not_refused(method: Any) -> None:
    refuse_call(method, "on_trade", "trade")
