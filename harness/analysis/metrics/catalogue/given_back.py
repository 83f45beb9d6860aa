"""Metrics of what a stop gives back and leaves, and of whether that grows with every restart."""

from __future__ import annotations

from typing import Final

from harness.analysis.metrics import afterlife, buffers, restarts, waterfall
from harness.analysis.metrics.catalogue.metric import Metric, Moves


def _releases() -> list[Metric]:
    steps = {
        "stop": ("after_stop", "by stop()"),
        "drop": ("after_drop", "once every reference was dropped"),
        "trim": ("after_trim", "after malloc_trim(0)"),
    }
    found: list[Metric] = []
    for name, (step, when) in steps.items():
        beside = None if name == "stop" else afterlife.said
        grown = f"share of what had grown over the start that was given back {when}"
        held = f"share of all that was held that was given back {when}"
        found += [
            Metric(
                f"release.{name}",
                f"{grown}, RSS",
                "share",
                waterfall.release(step),
                moves="release",
                beside=beside,
            ),
            Metric(
                f"release.{name}_gross",
                f"{held}, RSS",
                "share",
                waterfall.release(step, gross=True),
                moves="release",
                beside=beside,
            ),
            Metric(
                f"release.{name}_live",
                f"{grown}, live bytes",
                "share",
                waterfall.release(step, "live_bytes"),
                beside=beside,
            ),
        ]
    return found


def _left() -> list[Metric]:
    """The parts of what is left, over the start, after stop(), drop and trim."""
    what: dict[str, tuple[str, Moves]] = {
        "live": ("still live", "no"),
        "pinned": ("free in Python's pools, kept mapped by what survived", "release"),
        "slack": ("free in glibc's hands, not given back by the trim", "whole"),
        "mapped": ("in mappings of the program's own: shared memory, anonymous, written files, stacks", "no"),
        "other": ("in files, Arrow's pool and what no allocator explains", "no"),
    }
    return [
        Metric(
            f"left.{part}",
            f"growth over the start that remains after stop, drop and trim, {words}",
            "GB",
            waterfall.left(part),
            moves=moves,
        )
        for part, (words, moves) in what.items()
    ]


METRICS: Final = (
    *_releases(),
    Metric(
        "release.pools",
        "share of the growth of Python's own pools that was given back without killing the process",
        "share",
        waterfall.released_pools,
        moves="release",
    ),
    *_left(),
    Metric("restart.growth", "RSS after each stop(), per restart", "GB", restarts.slope("rss_bytes"), moves="whole"),
    Metric("restart.live_growth", "live bytes after each stop(), per restart", "GB", restarts.slope("live_bytes")),
    Metric(
        "restart.tasks",
        "tasks after the last stop() over the second",
        "tasks",
        restarts.difference("tasks"),
        counted=True,
    ),
    Metric(
        "restart.open_files",
        "open files after the last stop() over the second",
        "files",
        restarts.difference("open_files"),
        counted=True,
    ),
    Metric(
        "restart.threads",
        "threads after the last stop() over the second",
        "threads",
        restarts.difference("threads"),
        counted=True,
    ),
    Metric(
        "stop.first_collection",
        "unreachable objects that the first collection of stop() found",
        "objects",
        buffers.first_collection,
        counted=True,
    ),
    Metric(
        "stop.later_collections",
        "unreachable objects that its second and third collection found",
        "objects",
        buffers.later_collections,
        counted=True,
    ),
)
