"""The walk of owners at 1 and 3 GB: CPU and error, beside pympler, guppy3 and tracemalloc on the same heaps.

Each heap is built in a process of its own. The rivals get RIVAL_BYTES only, because they need seconds for each 100 MB;
pympler is asked for the target, guppy for the bytes reachable from it, tracemalloc is on while the heap is built
(what it adds to that).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.unit.probes.owners.owner_heaps import HEAPS

RIVAL_BYTES = 50e6
SEEDS = 5

OURS = """\
import json, sys, time
from harness.probes.owners import walk
from tests.unit.probes.owners.owner_heaps import HEAPS, built

name, size = sys.argv[1], float(sys.argv[2])
HEAPS[name](1e5)
with built(lambda: HEAPS[name](size)) as (target, truth):
    walk({"": target}, seed=0)
    cpu_s, errors, stated = [], [], []
    for seed in range(int(sys.argv[3])):
        began = time.thread_time()
        owners = walk({"": target}, seed=seed)
        cpu_s.append(time.thread_time() - began)
        errors.append(sum(owner.bytes for owner in owners) / truth - 1)
        stated.append(sum(owner.se for owner in owners) / truth)
print(json.dumps({"truth": truth, "cpu_s": cpu_s, "errors": errors, "stated": stated}))
"""

RIVAL = """\
import gc, json, sys, time
from tests.unit.probes.owners.owner_heaps import HEAPS, built

name, size, rival = sys.argv[1], float(sys.argv[2]), sys.argv[3]
HEAPS[name](1e5)
with built(lambda: HEAPS[name](size)) as (target, truth):
    if rival == "pympler":
        from pympler import asizeof
        asizeof.asizeof([1.5])
        began = time.process_time()
        found = asizeof.asizeof(target)
        cpu_s = time.process_time() - began
    elif rival == "guppy3":
        from guppy import hpy
        heap = hpy()
        heap.iso([]).domisize
        began = time.process_time()
        found = heap.iso(target).domisize
        cpu_s = time.process_time() - began
del target
if rival == "tracemalloc":
    import tracemalloc
    gc.disable()
    began = time.process_time()
    kept = HEAPS[name](size)
    plain_s = time.process_time() - began
    del kept
    tracemalloc.start()
    began = time.process_time()
    kept = HEAPS[name](size)
    cpu_s = time.process_time() - began - plain_s
    found = tracemalloc.get_traced_memory()[0]
print(json.dumps({"truth": truth, "found": found, "cpu_s": cpu_s}))
"""


def run(script: str, *arguments: str) -> dict[str, Any]:
    ended = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(ended.stdout.splitlines()[-1]))


def ours(name: str, size: float) -> str:
    read = run(OURS, name, str(size), str(SEEDS))
    worst = max(map(abs, read["errors"]))
    return (
        f"{name:17}{read['truth'] / 1e9:6.2f} GB{min(read['cpu_s']) * 1e3:8.0f} to {max(read['cpu_s']) * 1e3:3.0f} ms"
        f"   error up to {worst:7.3%}   stated {max(read['stated']):7.3%}"
    )


@pytest.mark.timeout(1800)
def test_owners_at_full_size(benchmark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []

    def measure() -> None:
        lines.extend(ours(name, 1e9) for name in HEAPS)
        lines.append(ours("collector", 3e9))

    benchmark.pedantic(measure, rounds=1)
    benchmark.extra_info["table"] = lines
    with capsys.disabled():
        print("\n" + "\n".join(lines))


@pytest.mark.timeout(1800)
def test_owners_beside_rivals(benchmark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []

    def measure() -> None:
        for name in HEAPS:
            lines.append(f"at {RIVAL_BYTES / 1e6:.0f} MB  " + ours(name, RIVAL_BYTES))
            for rival in ("pympler", "guppy3", "tracemalloc"):
                read = run(RIVAL, name, str(RIVAL_BYTES), rival)
                error = read["found"] / read["truth"] - 1
                lines.append(f"    {rival:12}{read['cpu_s'] * 1e3:9.0f} ms   error {error:8.2%}")

    benchmark.pedantic(measure, rounds=1)
    benchmark.extra_info["table"] = lines
    with capsys.disabled():
        print("\n" + "\n".join(lines))
