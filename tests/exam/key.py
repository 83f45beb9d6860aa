"""The key of the exam: what is true of every target in `targets/`, known from how it was written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ANY = "any"
OPEN = "OK|INCONCLUSIVE"
"""Nothing leaks, but five hours may be too few to say so."""

SEASON = {"symbols": "2\nseason = true"}
"""Activity follows the hour of the day: one more key of the same table."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What an honest instrument says of one target, or may leave open.

    `rss`, `live`, `children`, `tree`: the verdicts that are right, parted by `|`, or "any". `owner`: what the path of
    the first owner must match, None where nothing is asked. `command`: what the command of the processes that grow
    must match. `forgot`, `kept`: what must be told of stop(), and what must not, since it ended that. `says`: what must
    be told anywhere. `trouble`: how much was swallowed in one run, None where nothing is asked. `world`: what the
    scenario has otherwise.
    """

    target: str
    rss: str = "OK"
    live: str = "OK"
    children: str = ANY
    tree: str = ANY
    owner: str | None = None
    command: str | None = None
    forgot: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    trouble: int | None = None
    world: dict[str, Any] = field(default_factory=dict)


def leak(target: str, owner: str | None, **more: Any) -> Truth:
    """The target itself leaks, some 0.1 GB per hour; `owner` is who holds it, in one form or another."""
    return Truth(target, **({"rss": "LEAK", "live": "LEAK", "owner": owner} | more))


def healthy(target: str, **more: Any) -> Truth:
    """No growth once the warm-up is over."""
    return Truth(target, **more)


def child(target: str, command: str | None = None, **more: Any) -> Truth:
    """The target is clean; its processes leak where `command` says which."""
    verdict = "OK" if command is None else "LEAK"
    return Truth(target, **({"children": verdict, "tree": verdict, "command": command} | more))


KEY = [
    # Load and rhythm
    healthy("impact_cache", world={"warmup_minutes": 60}),  # 96 MB, full after 50 minutes
    healthy("impact_store", rss=OPEN, live=OPEN),  # 112 MB, full after 1 to 2 hours
    healthy("slot_table", rss=OPEN, live=OPEN),  # 120 MB, to which it comes near as exp(-t / 1 h)
    healthy("depth_window", rss=OPEN, live=OPEN, world=SEASON),  # 20 minutes of the feed, whatever it brings
    leak("depth_ledger", "ledger", rss="LEAK|INCONCLUSIVE", live="LEAK|INCONCLUSIVE", world=SEASON),  # 0.23 GB/h
    leak("spread_journal", "entries|journals"),
    leak("level_rows", "rows"),  # a hundred dicts a book, no large block
    healthy("two_flushes"),  # teeth of 11 and of 17 minutes
    leak("flush_index", "block_index"),  # the same teeth, and half of each stays
    healthy("reference_load"),  # 240 MB in the first ten minutes, given back then
    # The tree of processes
    child("depth_scorer", "depth_scorer"),
    child("depth_ranker"),
    child("tick_encoder", "tick_encoder"),
    child("quote_pool", "multiprocessing|spawn"),
    child("fork_digest"),
    child("pool_features", "multiprocessing|spawn"),
    child("pool_rotation"),  # a new process every 12 minutes; each of them grows
    child("relay_chain", "depth_archive"),  # the child of the child
    child("gateway_sessions", "gateway", world={"hours": 3.0}),  # no process grows, but they become more
    child("gateway_renewal"),
    leak("batch_sender", "sent", children="OK", tree="LEAK"),
    # Owners
    leak("closure_book", "seen"),
    leak("closing_callbacks", "closing|_callbacks"),
    leak("request_waiters", "waiters"),
    healthy("request_desk"),
    leak("deferred_hooks", "hooks"),
    leak("observers", "listeners"),
    leak("depth_streams", "streams"),
    leak("sink_pipeline", "pipeline|collected"),
    leak("trail_context", r"trail|context|\btask\b"),
    leak("mirror_local", "mine|mirrors|mirror"),
    leak("batch_thread", "batches|thread"),
    leak("order_loggers", "logg|buffer|handlers"),
    leak("row_types", "registry|Row"),
    healthy("row_views"),  # classes are cycles
    leak("parse_failures", "failures"),
    healthy("parse_reasons"),
    healthy("weak_books"),
    leak("weak_notes", "notes"),
    leak("tape_follow", "tape"),
    leak("tee_audit", "audit"),
    leak("profile_memo", "profile_of"),
    healthy("profile_lookup"),  # 300 of them
    leak("module_snapshots", "SNAPSHOTS"),
    leak("wire_buffer", "wire", live="LEAK|INCONCLUSIVE"),  # what is allocated goes ahead by an eighth, in steps
    healthy("wire_ring"),
    leak("level_series", "series", live="LEAK|INCONCLUSIVE"),
    leak("map_pages", "pages", live=ANY),
    leak("shared_panels", "panels", live=ANY),
    healthy("shared_carousel"),
    leak("volume_maps", "volumes", live=ANY),  # pages of files: RSS has them, and nobody unmaps
    healthy("volume_day"),
    healthy("node_graph"),
    leak("steady_graph", None, live=ANY),  # nobody holds it, and nobody collects
    healthy("candle_frames"),
    leak("quote_tables", "tables", live=ANY),  # Arrow has an allocator of its own
    leak("quote_sql", None, live=ANY),
    healthy("quote_day", live=ANY),
    # What stop() left
    healthy("depth_poller", forgot=(r"depth-poller|DepthPoller\.poll",), kept=(r"depth-reporter|DepthPoller\.report",)),
    healthy("orderly_feed", kept=(r"orderly-writer|orderly-poller|OrderlyFeed\.(poll|write)",)),
    healthy("active_feeds", says=("ACTIVE_FEEDS",)),  # 72 MB, full before the warm-up ends, stay by a global
    healthy("book_writer", forgot=("book-writer",)),
    child("tape_mirror", forgot=("mirror_tape",)),
    healthy("heartbeat", forgot=("on_heartbeat|[Tt]imer|call_later",)),
    # Trouble that was swallowed: every 700 s, so 25 times in five hours
    healthy("feed_errors", trouble=25, says=("could not be stored|KeyError",)),
    healthy("feed_notices", trouble=5),  # five errors among 25 warnings
    healthy("timer_calls", trouble=25, says=(r"ZeroDivisionError|division by zero|TimerCalls\.mean",)),
    healthy("thread_jobs", trouble=25, says=(r"ValueError|invalid literal|ThreadJobs\.job",)),
    healthy("file_sessions", trouble=25, says=("ValueError|closed file|__del__",)),
    healthy("side_tasks", trouble=25, says=(r"ZeroDivisionError|by zero|never retrieved|SideTasks\.work",)),
    healthy("log_returns", says=("RuntimeWarning|divide by zero",)),
    healthy("quiet_retry", trouble=0),
]
