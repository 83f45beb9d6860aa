"""report.html of the standing controls: every check with its band, and the curves of each of their soaks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.analysis.result import Result
from harness.analysis.verdict.control_record import ControlRecord
from harness.errors import UsageError
from harness.report.drawing.subjects import subjects
from harness.report.page.charts import backdrop, memory_charts
from harness.report.page.document import PAGE_FILE, Group, render, write
from harness.report.page.making import made_by
from harness.report.words.amounts import with_unit
from harness.soaks.result_folder import SCENARIO_FILE
from harness.text import number

_WHAT_FOR: Final = {
    "clean": "The scenario without a leak: how large one must be to be found",
    "leak": "A leak of known size, injected: it must be found, with its owner",
    "null": "A target that keeps nothing: it must be flat",
    "probe": "Sampled 60 times as often: watching must change nothing",
    "same": "Old against old: there must be no reduction",
    "virtual": "A short run on the virtual clock, beside the next",
    "real": "The same in real time: the clock must change nothing",
}
"""What each soak of the controls is for, by the name of its folder."""


@dataclass(frozen=True)
class _Soak:
    """One soak of the controls: its heading, what could not be read of it, and the number of its group of charts."""

    heading: str
    unread: str
    group: int | None


def write_control_page(record: ControlRecord, folder: Path) -> str:
    """Write the page beside control.json, in one piece; return its name. Raises OSError where that cannot be."""
    return write(control_page(record, folder), folder / PAGE_FILE)


def control_page(record: ControlRecord, folder: Path) -> str:
    """Return the page of the controls that `folder` holds, as HTML."""
    soaks: list[_Soak] = []
    groups: list[Group] = []
    manifest: dict[str, Any] = {}
    for name, heading in _WHAT_FOR.items():
        if (folder / name / SCENARIO_FILE).is_file():
            try:
                result = Result.open(folder / name)
                group, manifest = _group(result), manifest or result.manifest
            except UsageError as error:
                soaks.append(_Soak(heading, str(error), None))
                continue
            soaks.append(_Soak(heading, "", len(groups) if group["charts"] else None))
            groups.append(group)
    injected = with_unit(number(record.injected_gb_per_hour), "GB/h")
    told = {
        "name": "control",
        "title": f"The standing controls of {record.scenario}",
        "status": record.status,
        "failed": record.failed,
        "summary": record.summary,
        "scale": number(record.memory_scale),
        "injected": injected,
        "checks": record.checks,
        "soaks": soaks,
        **made_by(manifest),
    }
    return render("control.jinja", told, groups)


def _group(result: Result) -> Group:
    drawn = subjects(result.scenario, result.runs)
    charts = memory_charts(result.scenario, drawn, seeds=False)
    return {"backdrop": backdrop(result), "charts": charts, "toggles": False}
