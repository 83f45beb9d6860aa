"""report.html of a soak, from its recording alone: the sentence, the claims, the curves, what leaks, the stop."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.analysis.estimates import CONFIDENCE
from harness.analysis.result import Result
from harness.report.page import tables
from harness.report.page.charts import backdrop, charts
from harness.report.page.document import PAGE_FILE, render, write
from harness.report.page.logged import trouble_rows
from harness.report.page.making import made_by
from harness.report.terminal.not_recorded import not_recorded
from harness.report.terminal.verdict import warnings
from harness.report.words.amounts import level
from harness.report.words.config_sentences import config_sentences
from harness.report.words.headline import summary_sentence
from harness.report.words.leaking import child_lines, leak_lines, limit_lines, load_lines, sound_line
from harness.report.words.losing import complete_lines, loss_lines, missing_lines
from harness.report.words.open_points import open_points
from harness.report.words.scale_marks import full_note
from harness.report.words.still_alive import alive_configs
from harness.report.words.swallowed import trouble_lines
from harness.text import first_of


def write_page(result: Result, folder: Path) -> str:
    """Write the page of a result beside it, in one piece; return its name. Raises OSError where that cannot be."""
    return write(page(result), folder / PAGE_FILE)


def page(result: Result) -> str:
    """Return the page of a result as HTML. All text of others is shown, and none is obeyed."""
    drawn = charts(result)
    group = {"backdrop": backdrop(result), "charts": drawn, "toggles": True}
    return render("soak.jinja", {"drawn": bool(drawn), **_words(result)}, [group])


def _words(result: Result) -> dict[str, Any]:
    """Return everything that the page says, by the names that its template uses."""
    scenario, verdict, runs = result.scenario, result.verdict, result.runs
    return {
        "title": scenario.title,
        "name": scenario.name,
        "status": verdict.status if scenario.claims else "no claims",
        "sentence": "" if verdict.status == "invalid" else summary_sentence(verdict),
        "reasons": verdict.reasons,
        "confidence": _confidence(verdict.confidence),
        "config_confidence": level(CONFIDENCE),
        "claims": tables.claim_rows(verdict),
        "again": f"soak report {shlex.quote(result.folder.name)}",
        "config_heads": list(tables.CONFIG_COLUMNS),
        "configs": tables.config_rows(result),
        "marked": any(judged.basis != "scenario" for judged in verdict.claims),
        "scale_note": "" if verdict.memory_scale == 1 else full_note(verdict.memory_scale),
        "lines": _labelled(result),
        "leak_sentences": config_sentences(verdict),
        "leaks": tables.leak_rows(verdict),
        "stops": tables.stop_views(result),
        "runs": tables.run_rows(runs),
        "lacks": not_recorded(runs),
        "controls": verdict.controls,
        "trouble": trouble_rows(runs),
        "assumptions": scenario.assumptions.strip(),
        **made_by(result.manifest),
    }


def _confidence(confidence: float) -> str:
    """Say which interval a claim is told with, and why it is a wider one where seeds may be added."""
    words = f"{level(confidence)} interval over the seeds"
    return words if confidence == CONFIDENCE else f"{words} (wider than {level(CONFIDENCE)}: looked at more than once)"


def _labelled(result: Result) -> list[tuple[str, str, str]]:
    """Return what a reader should know beside the claims: label, words, and how grave it is."""
    scenario, verdict, runs = result.scenario, result.verdict, result.runs
    sound = sound_line(scenario, verdict)
    warned = [f"{text} ({first_of(names, 2)})" for text, names in warnings(runs).items()]
    points = open_points(scenario, verdict)
    kinds: list[tuple[str, Sequence[str], str]] = [
        ("Leak", leak_lines(scenario, verdict, runs), "bad"),
        ("Limit", limit_lines(verdict), "bad"),
        ("Lost", loss_lines(runs), "bad"),
        ("On disk", missing_lines(runs), "bad"),
        ("Not freed", alive_configs(runs), "bad"),
        ("Open", [point.sentence for point in points if point.claimed], "open"),
        ("Open, not claimed", [point.sentence for point in points if not point.claimed], "open"),
        ("Trouble", trouble_lines(runs), "open"),
        ("Warning", warned, "open"),
        ("No leak", [sound] if sound else [], "good"),
        ("On disk", complete_lines(runs), "good"),
        ("Load", load_lines(verdict.leaks), "plain"),
        ("Children", child_lines(verdict), "plain"),
    ]
    return [(label, text, grave) for label, texts, grave in kinds for text in texts]
