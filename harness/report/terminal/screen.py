"""The end of a soak on one screen: the sentence, the configs, the claims, what leaks, what is open, where it lies.

Everything else is in the files of the result, and printed by `--verbose` (harness.report.terminal.verdict).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from harness.analysis.full_scale.anchor_runs import NO_ANCHORS, Anchors
from harness.analysis.leaks.memory_limit import told_by
from harness.analysis.runs import Run, Runs
from harness.analysis.sweeps.claim_shares import ClaimShares
from harness.analysis.verdict.claim_verdict import ClaimVerdict
from harness.analysis.verdict.soak_verdict import Verdict
from harness.report.sweeps.beside_claims import sweep_note
from harness.report.terminal.console import columns, prose
from harness.report.terminal.not_recorded import not_recorded_line
from harness.report.terminal.screen_tables import ConfigTable, claim_bases, claim_lines, config_table
from harness.report.terminal.verdict import status_word, warnings
from harness.report.words.amounts import verdict_words
from harness.report.words.headline import summary_sentence
from harness.report.words.leaking import child_lines, leak_lines, limit_lines, load_lines, sound_line
from harness.report.words.losing import complete_lines, loss_lines, missing_lines
from harness.report.words.open_points import open_points
from harness.report.words.scale_marks import screen_notes
from harness.report.words.still_alive import alive_configs
from harness.report.words.swallowed import trouble_lines
from harness.scenario import Scenario
from harness.text import first_of, joined, shown_path

MOST_LINES = 38
"""Of 100 columns: those of a terminal of 40, less two that `make` prints below."""

MOST_ABSENCES = 2
"""So many reasons are given for values that are not there."""

_MORE = "--verbose shows"
_DOTS = " ..."
_NOT_RECORDED = "lacks"
_URGENT = ("missed", "incomplete", "inconclusive")
_DROPPED_FIRST = ("met by set-up", "met", "not judged", "known miss", "exceeded")
"""The groups of claims, in the order in which they are summed up where there is no room for a line each."""


@dataclass(frozen=True)
class _Room:
    """How much there is room for: entries of every section, groups of claims that are summed up, lines of an entry.

    What was not recorded is left to `--verbose` where something that was has no room.
    """

    summed_up: int = 0
    points: int = 5
    warnings: int = 3
    reasons: int = 5
    leaks: int = 12
    configs: int = 12
    claims: int = 60
    sentence: int = 8
    lines: int = 3
    not_recorded: bool = False


def _rooms() -> Iterator[_Room]:
    """Yield ever smaller screens: what holds is summed up first, what is missed or open stays longest."""
    yield _Room(not_recorded=True)
    yield _Room()
    for summed_up, points in ((1, 5), (2, 5), (3, 5), (3, 4), (4, 4), (4, 3), (5, 3)):
        room = _Room(summed_up, points)
        yield room
    room = replace(room, points=2, warnings=1, reasons=3)
    for claims in range(24, 7, -1):
        yield replace(room, claims=claims)
    for claims in range(16, 3, -1):
        yield replace(room, claims=claims, points=1, reasons=1, leaks=4, configs=6, lines=2)
    yield replace(room, claims=3, points=1, reasons=1, leaks=2, configs=4, sentence=4, lines=1)


@dataclass(frozen=True)
class Screen:
    """What a soak ends with: the result at `folder`, in which `files` were written; `program` is how `soak` is called.

    Values move to full scale by the `anchors`; owners are read off the `runs`. The `shares` are of a sweep.
    """

    scenario: Scenario
    verdict: Verdict
    folder: Path
    runs: Sequence[Run] = ()
    anchors: Anchors = NO_ANCHORS
    files: Sequence[str] = field(default=())
    program: str = "soak"
    shares: ClaimShares | None = None


@dataclass(frozen=True)
class _Entries:
    """Lines of one kind, each after its label; `what` they are called where some are left out."""

    what: str
    style: str
    labelled: Sequence[tuple[str, str]]


def print_screen(console: Console, screen: Screen) -> None:
    """Print a soak in at most MOST_LINES lines of 100 columns, the sentence first."""
    table = config_table(console, screen.scenario, screen.runs, screen.anchors)
    entries = _entries(screen)
    for room in _rooms():
        sections = _sections(console, screen, room, table, entries)
        lines = [line for section in sections if section for line in (Text(""), *section)]
        if sum(_height(console, line) for line in lines) <= MOST_LINES:
            break
    for line in lines:
        console.print(line, soft_wrap=True)


def _height(console: Console, line: Text) -> int:
    """Return how many lines of the console a line takes: a path is not broken."""
    return max(-(-line.cell_len // columns(console)), 1)


def _sections(
    console: Console, screen: Screen, room: _Room, table: ConfigTable, entries: Sequence[_Entries]
) -> list[list[Text]]:
    """Return what there is room for; `table` is that of the configs."""
    configs = _configs(console, screen, room, table)
    shown = _shown(screen.verdict, room)
    claims = _claims(console, screen, shown, room)
    notes = _notes(console, screen, table.bases | claim_bases(shown), shown)
    return [
        _sentence(console, screen.verdict, room),
        configs if claims else [*configs, *notes],
        [*claims, *notes] if claims else [],
        _labelled(console, room, entries),
        _paths(screen),
    ]


def _sentence(console: Console, verdict: Verdict, room: _Room) -> list[Text]:
    """Return the sentence; of what is no evidence nothing but the reasons."""
    reasons = list(verdict.reasons)
    if verdict.status == "invalid":
        lines = [Text.assemble(status_word(verdict), "this soak is no evidence:")]
    else:
        text = Text.assemble(status_word(verdict), summary_sentence(verdict))
        lines = _clipped(console, prose(console, text), room.sentence)
        reasons = reasons[1:]
    for reason in reasons[: room.reasons]:
        lines += _clipped(console, prose(console, reason, bullet="- "), room.lines)
    lines += _left_out(len(reasons) - room.reasons, "more")
    if verdict.controls is not None and verdict.controls.held:
        lines += prose(console, verdict.controls.summary)
    return lines


def _configs(console: Console, screen: Screen, room: _Room, table: ConfigTable) -> list[Text]:
    """Return the table of configs, below what its values are means of; and why some of them are not there."""
    if not table.lines:
        return []
    heads, *rows = table.lines
    verdict, hours = screen.verdict, screen.scenario.time.hours
    means = _means(screen)
    world = "" if verdict.memory_scale == 1 else f", from a world at scale {verdict.memory_scale:g}"
    title = Text(f"{verdict.scenario}: {means} over {hours:g} h, at full scale{world}", style="bold")
    left_out = _left_out(len(rows) - room.configs, "more configs")
    why: list[Text] = []
    if table.absences:
        more = len(table.absences) - MOST_ABSENCES
        told = [*table.absences[:MOST_ABSENCES], *([f"{more} more: {_MORE} them"] if more > 0 else [])]
        reasons = Text("; ".join(told), style="dim")
        why = _clipped(console, prose(console, reasons), room.lines)
    return [*prose(console, title), heads, *rows[: room.configs], *left_out, *why]


def _means(screen: Screen) -> str:
    """Return over how many seeds the values of configs are means; over how many of those that are due, if it lacks."""
    verdict = screen.verdict
    finished = Runs.of(screen.scenario, screen.runs).finished.by_config()
    counts = sorted({len(runs) for runs in finished.values()})
    due = verdict.seeds_due or len({run.seed for run in verdict.runs})
    if counts and counts[0] < due:
        return f"means of {' to '.join(map(str, dict.fromkeys([counts[0], counts[-1]])))} of {due} seeds"
    return "one seed" if due == 1 else f"means of {due} seeds"


def _shown(verdict: Verdict, room: _Room) -> list[ClaimVerdict]:
    """Return the claims that have a line each: missed or open ones first, then what may be summed up, if need be."""
    order = [*_URGENT, *reversed(_DROPPED_FIRST)]
    kept = [judged for judged in verdict.told_claims if _group(judged) not in _DROPPED_FIRST[: room.summed_up]]
    kept.sort(key=lambda judged: (order.index(_group(judged)), judged.claim.kind != "prediction"))
    return kept[: room.claims]


def _claims(console: Console, screen: Screen, shown: Sequence[ClaimVerdict], room: _Room) -> list[Text]:
    """Return a line a claim, how many are summed up, and what was saved by losing data."""
    lines = claim_lines(console, screen.verdict, shown, screen.shares) if shown else []
    summed_up = Counter(verdict_words(judged) for judged in screen.verdict.told_claims if judged not in shown)
    if summed_up:
        counted = joined([_counted(count, word) for word, count in summed_up.most_common()])
        lines += prose(console, Text(f"{'And' if shown else 'Claims:'} {counted}: {_MORE} them.", style="dim"))
    for judged in shown:
        if judged.guard:
            words = f"{judged.claim.name}, {verdict_words(judged)}: {judged.guard}"
            lines += _clipped(console, prose(console, words, bullet="- "), room.lines)
    return lines


def _notes(console: Console, screen: Screen, bases: set[str], shown: Sequence[ClaimVerdict]) -> list[Text]:
    notes = screen_notes(bases, screen.verdict.memory_scale)
    if screen.shares is not None and any(judged.claim.name in screen.shares.held for judged in shown):
        notes = [*notes, sweep_note(screen.shares)]
    return prose(console, Text("; ".join(notes), style="dim")) if notes else []


def _counted(count: int, word: str) -> str:
    return f"{count} {word.replace('known miss', 'known misses') if count > 1 else word}"


def _group(judged: ClaimVerdict) -> str:
    """Return the group of a claim, of those that are summed up together."""
    if judged.counts_as in _URGENT:
        return judged.counts_as
    if judged.outcome == "met":
        return "met" if judged.claim.kind == "prediction" else "met by set-up"
    if judged.outcome == "exceeded":
        return "exceeded"
    return "known miss" if judged.claim.known else "not judged"


def _entries(screen: Screen) -> list[_Entries]:
    """Return what leaks, what does not, what is open, and what the judged processes warned of."""
    scenario, verdict = screen.scenario, screen.verdict
    sound, lacking = sound_line(scenario, verdict), not_recorded_line(screen.runs)
    points = [
        ("Open" if point.claimed else "Open, not claimed", point.sentence) for point in open_points(scenario, verdict)
    ]
    warned = [("Warning", f"{text} ({first_of(names, 2)})") for text, names in warnings(screen.runs).items()]
    return [
        _Entries("leaks", "bold red", [("Leak", text) for text in leak_lines(scenario, verdict, screen.runs)]),
        _Entries("load", "cyan", [("Load", text) for text in load_lines(told_by(scenario, verdict.leaks))]),
        _Entries("children", "cyan", [("Children", text) for text in child_lines(verdict)]),
        _Entries("limits", "bold red", [("Limit", text) for text in limit_lines(verdict)]),
        _Entries("losses", "bold red", [("Lost", text) for text in loss_lines(screen.runs)]),
        _Entries("losses", "bold red", [("On disk", text) for text in missing_lines(screen.runs)]),
        _Entries("", "green", [("On disk", text) for text in complete_lines(screen.runs)]),
        _Entries("targets", "bold red", [("Not freed", text) for text in alive_configs(screen.runs)]),
        _Entries("", "green", [("No leak", sound)] if sound else []),
        _Entries("open", "yellow", points),
        _Entries("trouble", "yellow", [("Trouble", text) for text in trouble_lines(screen.runs)]),
        _Entries("warnings", "yellow", warned),
        _Entries(_NOT_RECORDED, "dim", [("Not recorded", lacking)] if lacking else []),
    ]


def _labelled(console: Console, room: _Room, entries: Sequence[_Entries]) -> list[Text]:
    most = {"open": room.points, "trouble": room.warnings, "warnings": room.warnings}
    lines = []
    for kind in entries:
        if kind.what == _NOT_RECORDED and not room.not_recorded:
            continue
        shown = kind.labelled[: most.get(kind.what, room.leaks)]
        for label, text in shown:
            words = Text.assemble((f"{label}: ", kind.style), " ".join(text.split()))
            lines += _clipped(console, prose(console, words), room.lines)
        lines += _left_out(len(kind.labelled) - len(shown), f"more {kind.what}")
    return lines


def _paths(screen: Screen) -> list[Text]:
    """Return where the result lies and what to ask next, in lines that are not broken so that they can be copied."""
    folder = shown_path(screen.folder)
    first, *others = screen.files or ("",)
    lines = [
        f"Folder: {folder}" if not first else f"Picture: {shown_path(screen.folder / first)}",
        f"Beside it: {', '.join(others)}" if others else "",
        f"Who holds the memory: {screen.program} explain {folder}",
        f"All tables, reasons and assumptions: {screen.program} report {folder} --verbose",
    ]
    return [Text(line) for line in lines if line]


def _clipped(console: Console, lines: list[Text], most: int) -> list[Text]:
    """Return the first lines; dots stand for the words that are left out."""
    if len(lines) <= most:
        return lines
    last = lines[most - 1].copy()
    while last.cell_len + len(_DOTS) > columns(console) and " " in last.plain:
        last.right_crop(len(last.plain) - last.plain.rindex(" "))
    return [*lines[: most - 1], last.append(_DOTS)]


def _left_out(count: int, what: str) -> list[Text]:
    return [Text(f"And {count} {what}: {_MORE} them.", style="dim")] if count > 0 else []
