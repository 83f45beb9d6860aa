"""A run's recording on disk, crash-safe while it grows and plain Parquet afterwards.

The judged process appends one fixed-size row per sample to ``samples.bin`` (one ``pwrite`` of a preallocated one-row array) and one
JSON line per event to ``events.jsonl``; when it ends it writes ``run.json``. The supervisor turns ``samples.bin`` into
``samples.parquet``. Whatever kills the process, every row before that instant can be read.

Format 1 (2026): first version. NaN or -1 in ``samples.bin`` is null in ``samples.parquet``.
"""

from __future__ import annotations

import numpy as np

FORMAT = 1

PHASES = ("start", "warm-up", "load", "stop", "release", "settle")

NOT_READ = -1
"""In an integer column: the tier of this column was not read at this sample."""

SAMPLE = np.dtype(
    [
        ("t_s", "<f8"),  # seconds since the feed began, virtual or real
        ("wall_s", "<f8"),  # real seconds since the process began to measure
        ("cpu_s", "<f8"),  # user + system CPU seconds of the process
        ("phase", "<i8"),  # index into PHASES
        ("rss_bytes", "<i8"),  # resident set, from statm
        ("live_bytes", "<i8"),  # pymalloc allocated + glibc in use (without the ballast)
        ("pymalloc_bytes", "<i8"),  # pymalloc: bytes in allocated blocks
        ("glibc_bytes", "<i8"),  # glibc: in use, heap and mapped
        ("uss_bytes", "<i8"),  # private pages, from smaps_rollup
        ("open_files", "<i8"),
        ("threads", "<i8"),
        ("tasks", "<i8"),
        ("gc_objects", "<i8"),  # objects tracked by the collector
        ("cgroup_bytes", "<i8"),  # memory.current of the process's cgroup, where there is one
    ]
)
