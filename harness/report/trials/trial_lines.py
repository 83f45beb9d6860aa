"""What a trial showed, in words: a subject and its sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.analysis.trouble import Trouble
from harness.report.trials.forecast_words import amount
from harness.report.words.durations import about
from harness.report.words.swallowed import pending_sentences, trouble_sentences
from harness.text import first_of, joined
from harness.trials.carrying_out import Trial
from harness.trials.seen import SAMPLES, Seen, Tells

MOST = 4

_OF = {"tasks": "task", "timers": "timer", "threads": "thread", "open_files": "open file", "processes": "process"}
_PLURALS = {"process": "processes"}
_COUNTERS = 'def counters(self): return {"collected": self.received, "persisted": self.written, "lost": self.dropped}'
_OF_ASYNCIO = ("asyncio_", "asyncio-")
"""What its executor's threads and those that wait for processes are called: time knows of what they do."""

_LEVELS = ("debug", "info", "warning", "error", "critical")


def trial_lines(trial: Trial, seen: Seen) -> Iterator[tuple[str, str]]:
    """Return what there is to say, a subject and a sentence each, in the order of a life."""
    if seen.begun:
        yield "takes", _takes(seen)
    if seen.standing:
        yield "did", _did(seen)
    for sentence in _reached(seen):
        yield "did", sentence
    yield "logged", _logged(seen)
    for sentence in trouble_sentences([seen.run]):
        yield "trouble", sentence
    if seen.begun:
        yield from _lived(seen)
    yield from _size(trial, seen)


def _lived(seen: Seen) -> Iterator[tuple[str, str]]:
    """Return what is to be said of a target that was started."""
    yield "tells", _understood(seen.tells)
    for sentence in _lacking(seen.tells):
        yield "lacks", sentence
    for sentence in _time(seen):
        yield "time", sentence
    for sentence in _wrote(seen):
        yield "wrote", sentence
    if seen.run.stop.returned:
        for sentence in _stopped(seen):
            yield "stop()", sentence
    for text in seen.doubts:
        yield "doubt", text


def _takes(seen: Seen) -> str:
    wire = seen.run.facts.get("wire")
    if isinstance(wire, dict):
        sent, told = (sum(row[key] for row in wire["streams"]) for key in ("sent", "delivered"))
        return f"an exchange: {sent:,} messages sent to it, {told:,} told as delivered."
    if not seen.takes:
        return "nothing of the feed that was seen."
    counts = [f"{count:,} {kind.lower()}{'' if count == 1 else 's'}" for kind, count in seen.delivered.items()]
    return f"{', '.join(seen.takes)}: {joined(counts) or 'nothing came'}."


def _did(seen: Seen) -> str:
    parts = [_named(kind, seen.standing.get(kind, {})) for kind in ("tasks", "timers", "threads")]
    files = {name: count for name, count in seen.standing.get("open_files", {}).items() if _is_file(name)}
    sockets = {name: count for name, count in seen.standing.get("open_files", {}).items() if name.startswith("socket:")}
    parts.append(_named("open_files", files))
    count = sum(sockets.values())
    parts.append(f"{count or 'no'} socket{'s' if count > 1 else ''}")
    parts.append(_named("processes", dict.fromkeys(sorted(seen.children), 1)))
    return f"{', '.join(parts)}."


def _is_file(name: str) -> bool:
    return not name.startswith(("socket:", "pipe:", "anon_inode:"))


def _named(kind: str, names: Mapping[str, int]) -> str:
    one = _OF[kind]
    count = sum(names.values())
    if not count:
        return f"no {one}"
    each = [name if number == 1 else f"{number} x {name}" for name, number in names.items()]
    return f"{count} {one if count == 1 else _PLURALS.get(one, one + 's')} ({first_of(each, MOST)})"


def _reached(seen: Seen) -> Iterator[str]:
    words = {"connected": "connects to", "bound": "listens at", "looked up": "looks up", "started": "starts"}
    for kind, verb in words.items():
        if names := seen.reached.get(kind):
            yield f"it {verb} {first_of([*names], MOST)}."


def _logged(seen: Seen) -> str:
    trouble = Trouble.of(seen.run)
    if trouble is None:
        return "not known."
    counts = [f"{trouble.totals[level]:,} {level}" for level in _LEVELS if trouble.totals.get(level)]
    return f"{joined(counts)}." if counts else "nothing."


def _understood(tells: Tells) -> str:
    said = [f"understood: {', '.join(tells.understood)}."] if tells.understood else []
    if tells.others:
        guesses = [f"{name} (did you mean {guess}?)" for name, guess in tells.misspelt.items()]
        plain = [name for name in tells.others if name not in tells.misspelt]
        said.append(f"kept as it is: {first_of([*guesses, *plain], MOST)}.")
    return " ".join(said) or "nothing of itself."


def _lacking(tells: Tells) -> Iterator[str]:
    samples = [name for name in tells.lacking if name in SAMPLES]
    if len(samples) == len(SAMPLES):
        yield f"whether a row is lost is not known: {_COUNTERS}"
    elif samples:
        yield f"whether a row is lost is not known: counters() lacks {joined(samples)}."
    if "cleanup" in tells.lacking:
        yield 'when it cleans up, if it does: environment.emit("cleanup") after each.'


def _time(seen: Seen) -> Iterator[str]:
    real = list(seen.real_waits)
    if commands := seen.run.told.own_time:
        real.append(f"{first_of(list(commands), MOST)} has a timer of its own, in real time: use --clock real")
    for name, places in seen.real_calls.items():
        where = first_of([f"{place} ({count} times)" for place, count in places.items()], MOST)
        if name.startswith("time."):
            real.append(f"{name} is real, not virtual: what is decided by it differs; called at {where}")
        else:
            real.append(f"{name} makes a loop of its own, in real time: called at {where}; its tasks belong in start()")
    threads = [name for name in seen.standing.get("threads", {}) if not name.startswith(_OF_ASYNCIO)]
    if threads and not seen.children:  # beside processes time waits for them
        real.append(
            f"threads of its own ({first_of(threads, MOST)}) are in real time: virtual time does not wait for them"
        )
    if seen.uvloop:
        real.append("uvloop was imported: the soak's own loop is used, a loop of uvloop would be in real time")
    if not real:
        yield "virtual throughout."
    for text in real:
        yield f"{text.rstrip('.')}."


def _wrote(seen: Seen) -> Iterator[str]:
    if seen.files:
        files = "1 file" if seen.files == 1 else f"{seen.files} files"
        yield f"{files} in environment.data_dir, {amount(seen.bytes)}: {first_of(list(seen.names), MOST)}."
    outside = seen.reached.get("written", {})
    if outside:
        yield f"outside of environment.data_dir, where runs share it: {first_of([*outside], MOST)}."
    if not seen.files and not outside:
        yield "nothing, in environment.data_dir or elsewhere, as far as Python opens files."
    counters = seen.run.facts.get("counters")
    if isinstance(counters, dict) and all(isinstance(counters.get(name), int | float) for name in SAMPLES):
        rest = counters["collected"] - counters["persisted"] - counters["lost"]
        told = f"{counters['collected']:,} collected, {counters['persisted']:,} persisted, {counters['lost']:,} lost"
        yield f"{told}: {'nothing is' if not rest else f'{rest:,} are'} unaccounted for."


def _stopped(seen: Seen) -> Iterator[str]:
    left = [_named(kind, names) for kind, names in seen.left.items() if kind in _OF]
    pending = pending_sentences([seen.run])
    if left:
        yield f"leaves {joined(left)}."
    elif not pending:
        yield "ends it: no task, timer, thread, file or process is left."
    yield from pending
    if holders := seen.run.told.still_alive:
        yield f"the target lived on after every reference was dropped: held by {first_of(list(holders), MOST)}."


def _limit(trial: Trial) -> Iterator[str]:
    """Return that a soak ends at the machine's limit, where it does if the target goes on growing as it did."""
    cost, limit = trial.cost, trial.job.limit_bytes / trial.job.memory_scale
    if cost is not None and cost.grown_bytes_per_hour > 0:
        after_s = (cost.hours + max(limit - cost.peak_bytes, 0.0) / cost.grown_bytes_per_hour) * 3600
        if after_s < trial.due_s:
            yield (
                f"it grew by {amount(cost.grown_bytes_per_hour)} an hour: at that pace a run ends at its limit of "
                f"{amount(limit)}, after {about(after_s)} of {trial.due_s / 3600:g} hours. Give it fewer --hours or "
                "--symbols, or more memory.limit_gb."
            )


def _size(trial: Trial, seen: Seen) -> Iterator[tuple[str, str]]:
    idle = seen.run.facts.get("idle_rss_bytes")
    peak = seen.run.facts.get("peak_rss_bytes")
    if isinstance(idle, int | float) and isinstance(peak, int | float) and peak:
        yield "memory", f"{amount(idle)} after start(), {amount(peak)} at the most."
    for command, (first, most) in [*seen.children.items()][:MOST]:
        yield "memory", f"beside it {command}: {amount(first)} at first, {amount(most)} at the most."
    for sentence in _limit(trial):
        yield "memory", sentence
    events = sum(seen.delivered.values())
    if trial.cost is not None and events:
        job = trial.job
        rate = job.books_per_second * len(job.instruments)
        feed_s = trial.cost.update_cpu_s * rate
        each_us = feed_s * job.horizon_s / events * 1e6
        yield (
            "CPU",
            (
                f"{each_us:.0f} us for each event, {feed_s * job.cycle_s * 1e3:.3g} ms for each cycle of "
                f"{job.cycle_s:g} s, the market's own among it."
            ),
        )
