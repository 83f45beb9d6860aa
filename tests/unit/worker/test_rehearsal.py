"""The ballast fills a judged process up, and nobody else."""

from __future__ import annotations

import subprocess
import sys

import pytest

from harness.worker.failures import RunEnded
from harness.worker.rehearsal import lay_ballast

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


def test_an_idle_process_larger_than_the_baseline_is_refused() -> None:
    with pytest.raises(RunEnded, match="the idle process takes 2 MB"):
        lay_ballast(2_000_000, 1_000_000)
