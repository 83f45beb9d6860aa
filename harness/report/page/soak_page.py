"""report.html of a soak: the template filled with words and figures, in one file that asks nothing of a network.

Its Content-Security-Policy names its own scripts and styles by their hashes: nothing else runs, loads or is sent.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from harness.analysis.result import Result
from harness.analysis.runs import Run
from harness.files import in_one_piece
from harness.foreign_text import visible
from harness.report.page import tables
from harness.report.page.charts import backdrop, charts
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

PAGE_FILE = "report.html"

_STYLES = ("vendored/uPlot.min.css", "page.css")
_SCRIPTS = ("vendored/uPlot.iife.min.js", "page.js")

_LATER_THAN_FORMAT_1: dict[str, Callable[[Run], bool]] = {
    "load": lambda run: run.load is not None,
    "lines of RSS": lambda run: bool(run.samples["residual_bytes"].notna().any()),
    "owners of memory": lambda run: not run.owners.empty,
    "live bytes": lambda run: bool(run.samples["live_bytes"].notna().any()),
}
"""What older recordings, and targets under another allocator, do not have, and whether a run has it."""


def write_page(result: Result, folder: Path) -> str:
    """Write the page of a result beside it, in one piece; return its name. Raises OSError where that cannot be."""
    with in_one_piece(folder / PAGE_FILE) as partial:
        partial.write_text(page(result), encoding="utf-8")
    return PAGE_FILE


def page(result: Result) -> str:
    """Return the page of a result as HTML. All text of others is shown, and none is obeyed."""
    styles, scripts = ("\n".join(_asset(name) for name in names) for names in (_STYLES, _SCRIPTS))
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=_seen, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(_asset("page.html.jinja"))
    drawn = charts(result)
    return template.render(
        policy=_policy(styles, scripts),
        styles=Markup(styles),
        scripts=Markup(scripts),
        data=Markup(_json_in_html({"backdrop": backdrop(result), "charts": drawn})),
        drawn=drawn,
        **_words(result),
    )


def _words(result: Result) -> dict[str, Any]:
    """Return everything that the page says, by the names that its template uses."""
    scenario, verdict, runs = result.scenario, result.verdict, result.runs
    return {
        "title": scenario.title,
        "scenario": scenario.name,
        "status": verdict.status if scenario.claims else "no claims",
        "sentence": "" if verdict.status == "invalid" else summary_sentence(verdict),
        "reasons": verdict.reasons,
        "confidence": level(verdict.confidence),
        "claims": tables.claim_rows(verdict),
        "again": f"soak report {shlex.quote(result.folder.name)}",
        "config_heads": list(tables.CONFIG_COLUMNS),
        "configs": tables.config_rows(result),
        "scale_note": "" if verdict.memory_scale == 1 else full_note(verdict.memory_scale),
        "lines": _labelled(result),
        "leak_sentences": config_sentences(verdict),
        "leaks": tables.leak_rows(verdict),
        "stops": tables.stop_views(result),
        "runs": tables.run_rows(runs),
        "lacks": _lacks(runs),
        "controls": "" if verdict.controls is None else verdict.controls.summary,
        "assumptions": scenario.assumptions.strip(),
        "made_with": _made_with(result.manifest),
        "pins": sorted(_table(result.manifest, "environment").items()),
        "command": shlex.join(map(str, result.manifest.get("command") or [])),
    }


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


def _lacks(runs: Sequence[Run]) -> list[str]:
    """Return what no run of the recording has, so that nobody takes a missing picture for a good sign."""
    return [what for what, has in _LATER_THAN_FORMAT_1.items() if not any(has(run) for run in runs)]


def _made_with(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return with what it was recorded, as pairs."""
    machine, git = _table(manifest, "machine"), _table(manifest, "git")
    packages = ", ".join(f"{name} {version}" for name, version in _table(manifest, "packages").items())
    bytes_there = machine.get("memory_bytes")
    memory = f"{bytes_there / 1e9:.1f} GB" if isinstance(bytes_there, int | float) else None
    changed = ", with changes that are not committed" if git.get("dirty") else ""
    told = {
        "Began": manifest.get("began"),
        "Clock": manifest.get("clock"),
        "Python": manifest.get("python"),
        "Packages": packages,
        "System": " ".join(
            str(machine[key]) for key in ("system", "kernel", "architecture", "libc") if machine.get(key)
        ),
        "Processors": machine.get("cpus"),
        "Memory": memory,
        "Revision": f"{git['revision']}{changed}" if git.get("revision") else None,
        "Format of the recording": manifest.get("format"),
    }
    return [(label, str(words)) for label, words in told.items() if words]


def _table(manifest: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = manifest.get(key)
    return table if isinstance(table, Mapping) else {}


def _seen(shown: object) -> object:
    """Return text with what nobody would see, and what turns it around, written out; the template escapes the rest."""
    return shown if isinstance(shown, Markup) or not isinstance(shown, str) else visible(shown)


def _asset(name: str) -> str:
    path = files("harness.report.page")
    for part in name.split("/"):
        path = path / part
    return path.read_text(encoding="utf-8")


def _json_in_html(content: Mapping[str, Any]) -> str:
    """Return JSON that cannot end the element it stands in."""
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _policy(styles: str, scripts: str) -> str:
    """Return the policy; the hashes are those of the whole content of the two elements."""
    return (
        f"default-src 'none'; script-src '{_hash(scripts)}'; style-src '{_hash(styles)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode('ascii')}"
