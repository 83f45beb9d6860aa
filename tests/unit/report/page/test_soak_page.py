"""report.html: what stands in it, that it asks nothing of a network, and that hostile text stays text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from harness.analysis.result import Result
from harness.report.drawing.subjects import subjects
from harness.report.page.charts import memory_charts
from harness.report.page.logged import trouble_rows
from harness.report.page.soak_page import page, write_page
from tests.unit.anatomy_soak import write_result

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u202e'\""


class Elements(HTMLParser):
    """The elements of a page with their attributes, in order, and the content of its scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.contents: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem in self.contents:
            self.contents[self.cdata_elem].append(data)


@pytest.fixture
def result(write_scenario) -> Path:
    edits = ('factory = "dummy_target:build"', 'factory = "harness.null_target:build"')
    return write_result(write_scenario(edits))


def data_of(text: str) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_the_peak_drawn_is_the_peak_recorded(result: Path) -> None:
    opened = Result.open(result)
    (memory,) = [chart for chart in data_of(page(opened))["groups"][0]["charts"] if chart["kind"] == "memory"]
    for run in opened.runs:
        (series,) = [
            one for one in memory["series"] if (one["config"], one["label"]) == (run.config, f"RSS, seed {run.seed}")
        ]
        drawn = np.frombuffer(base64.b64decode(series["values"]), "<f4")
        assert np.nanmax(drawn) == pytest.approx(run.rss_gb[run.fed].max(), rel=1e-6)


def test_only_what_the_policy_names_is_in_the_page_and_nothing_is_fetched(result: Path) -> None:
    found = Elements(page(Result.open(result)))
    (policy,) = [
        attributes["content"]
        for tag, attributes in found.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    for content in (found.contents["script"][-1], found.contents["style"][0]):
        assert base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() in policy
    fetching = {"src", "href", "srcset", "action", "data", "poster", "style"}
    for tag, attributes in found.elements:
        assert not fetching & attributes.keys(), (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form")


def elements(text: str) -> list[str]:
    """The elements of a page, but for where a name may break."""
    return [tag for tag, _ in Elements(text).elements if tag != "wbr"]


def test_hostile_text_of_a_scenario_stays_text(result: Path) -> None:
    plain = elements(page(Result.open(result)))
    opened = Result.open(result)
    claims = [claim.model_copy(update={"name": HOSTILE, "source": HOSTILE}) for claim in opened.scenario.claims]
    hostile = opened.scenario.model_copy(update={"title": HOSTILE, "assumptions": HOSTILE, "claims": claims})
    text = page(Result(result, scenario=hostile))
    assert elements(text) == plain
    assert "\u202e" not in text
    assert "<img" not in text


def test_every_claim_every_config_and_the_next_step_stand_there(result: Path) -> None:
    opened = Result.open(result)
    text = page(opened)
    for claim in opened.scenario.claims:
        assert claim.name in text
    assert text.count('<tbody class="unit claim ') == len(opened.scenario.claims)
    assert "soak report a" in text


def test_floors_and_slopes_are_drawn_where_a_leak_is_judged(result: Path) -> None:
    opened = Result.open(result)
    (memory,) = [chart for chart in data_of(page(opened))["groups"][0]["charts"] if chart["kind"] == "memory"]
    marks = {(mark["config"], mark["measure"]): mark for mark in memory["marks"]}
    for leak in opened.verdict.leaks:
        if leak.measure.name in ("rss", "live"):
            mark = marks[leak.config, leak.measure.name]
            assert leak.verdict.outcome in mark["words"]
            assert [len(hours) for hours, _ in mark["floors"]] == [leak.verdict.floors] * 2
            ((begin_h, end_h), (begin, end)) = mark["lines"][0]
            assert (end - begin) / (end_h - begin_h) == pytest.approx(leak.verdict.slope)


def test_the_small_world_is_thinner_than_full_scale(result: Path) -> None:
    opened = Result.open(result)
    (subject, *_) = subjects(opened.scenario, opened.runs)
    anchored = replace(subject, full=subject.curve)
    (drawn,) = memory_charts(opened.scenario, [anchored])
    small, full = ({one["role"]: one for one in drawn["series"]}[role] for role in ("small", "full"))
    assert small["label"] == "RSS in the world of 0.1"
    assert small["width"] < full["width"] / 2
    assert "rss" not in {one["role"] for one in drawn["series"]}
    (alone,) = memory_charts(opened.scenario, [subject])
    assert {one["role"]: one["width"] for one in alone["series"]}["rss"] == full["width"]


def test_every_place_of_trouble_is_told_and_what_is_no_trouble_is_not(result: Path) -> None:
    def first(kind: str, place: str, count: int, t_s: float = 60.0) -> dict:
        return {"kind": kind, "first": f"no {HOSTILE}", "name": "bot", "place": place, "t_s": t_s, "count": count}

    opened = Result.open(result)
    runs = [
        replace(run, facts={"trouble": {"totals": {"error": 3, "debug": 9}, "firsts": firsts}})
        for run, firsts in zip(
            opened.runs.of_config("old"),
            (
                [first("error", "bot.py:1", 2), first("warned", "bot.py:9", 1), first("debug", "bot.py:3", 9)],
                [first("error", "bot.py:1", 5, t_s=36.0)],
            ),
            strict=True,
        )
    ]
    told = [row[:4] + row[5:] for row in trouble_rows(runs)]
    assert told == [
        ["old", "error logged", "2 to 5", "0.01 h", "bot.py:1"],
        ["old", "warning", "1", "0.02 h", "bot.py:9"],
    ]


def test_controls_are_listed_check_by_check(result: Path) -> None:
    checks = [{"control": "null", "quantity": HOSTILE, "measured": "2%", "band": "at most 1%", "passed": False}]
    record = {"scenario": "x", "memory_scale": 0.1, "short": True, "injected_gb_per_hour": 0.2, "checks": checks}
    (result / "controls").mkdir()
    told = json.dumps({"format": 1, "status": "invalid", **record})
    (result / "controls" / "control.json").write_text(told, encoding="utf-8")
    text = page(Result.open(result))
    assert "Controls held: 0 of 1 checks (short)." in text
    assert '<td class="outcome missed">FAIL</td>' in text
    assert "<img" not in text


def test_a_recording_that_lacks_something_says_so(result: Path) -> None:
    assert "owners of memory" not in page(Result.open(result))
    for path in result.glob("runs/*/*/owners.parquet"):
        path.unlink()
    assert "owners of memory" in page(Result.open(result))


def test_the_page_replaces_a_link_and_does_not_follow_it(result: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("kept", encoding="utf-8")
    (result / "report.html").symlink_to(mine)
    assert write_page(Result.open(result), result) == "report.html"
    assert mine.read_text(encoding="utf-8") == "kept"
    assert not (result / "report.html").is_symlink()


def test_what_is_vendored_is_what_its_readme_says() -> None:
    vendored = files("harness.report.page") / "vendored"
    told = re.findall(
        r"^ {4}([0-9a-f]{64})  (\S+)$", (vendored / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(told) == 2
    for digest, name in told:
        assert hashlib.sha256((vendored / name).read_bytes()).hexdigest() == digest
