"""Pages in a real browser: they render, say no error, draw the peak, obey a mouse and keys and no foreign text.

The browser is Chromium, by the path in CHROMIUM or under its usual names; where there is none these tests skip.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.analysis.comparison import compare_configs
from harness.analysis.result import Result
from harness.analysis.verdict.control_record import Check, ControlRecord
from harness.report.page.comparison_page import configs_page
from harness.report.page.control_page import control_page
from harness.report.page.soak_page import page
from tests.unit.anatomy_soak import write_result
from tests.unit.conftest import SCENARIO
from tests.unit.report.page.browser import Tab, tab_of

NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(BROWSER is None, reason=f"no Chromium: none of {', '.join(NAMES)}, and CHROMIUM names none"),
]

OBEYED = "document.title = 'obeyed'"
HOSTILE = f'</script><script>{OBEYED}</script><img src=http://127.0.0.1:9/x onerror="{OBEYED}">'

MEMORY = '.chart[data-kind="memory"]'
HOURS = "[...document.querySelectorAll('.chart')].map((chart) => [+chart.dataset.from, +chart.dataset.to])"


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    assert BROWSER is not None
    with tab_of(BROWSER, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """A soak whose title is hostile."""
    folder = tmp_path_factory.mktemp("soak")
    scenario = folder / "example.toml"
    text = SCENARIO.replace('factory = "dummy_target:build"', 'factory = "harness.null_target:build"')
    scenario.write_text(text, encoding="utf-8")
    with contextlib.chdir(folder):
        found = folder / write_result(scenario, seeds=[1])
    return Result(found, scenario=Result.open(found).scenario.model_copy(update={"title": HOSTILE}))


@pytest.fixture(scope="module")
def text(result: Result) -> str:
    return page(result)


@pytest.fixture
def opened(tab: Tab, text: str, tmp_path: Path) -> Tab:
    """Its page, opened."""
    show(tab, text, tmp_path)
    return tab


def show(tab: Tab, text: str, folder: Path) -> Path:
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    tab.open(path)
    return path


def toggle(tab: Tab, words: str) -> None:
    """Click the box beside these words."""
    tab.evaluate(
        "[...document.querySelectorAll('.toggles label')].forEach((label) => {"
        f" if (label.textContent.trim() === {words!r}) label.id = 'wanted'; else label.removeAttribute('id'); }})"
    )
    tab.click("#wanted input")


def shown(tab: Tab) -> int:
    return int(tab.evaluate(f"document.querySelector('{MEMORY}').dataset.shown"))


def test_a_page_renders_asks_for_nothing_and_draws_the_peak(opened: Tab, result: Result, tmp_path: Path) -> None:
    assert opened.said == []
    assert opened.asked == [(tmp_path / "page.html").as_uri()]
    assert opened.evaluate("document.documentElement.dataset.ready") == "yes"
    kinds = opened.evaluate("[...document.querySelectorAll('.chart')].map((chart) => chart.dataset.kind)")
    assert {"memory", "lines", "owners"} <= set(kinds)
    recorded = max(float(run.rss_gb[run.fed].max()) for run in result.runs)
    drawn = float(opened.evaluate(f"document.querySelector('{MEMORY}').dataset.highest"))
    assert drawn == pytest.approx(recorded, rel=1e-6)
    inks = opened.evaluate(
        "[...document.querySelectorAll('.chart canvas')].filter((one) => one.closest('.uplot')).map((one) =>"
        " new Set(new Uint32Array(one.getContext('2d').getImageData(0, 0, one.width, one.height).data.buffer)).size)"
    )
    assert len(inks) == len(kinds)
    assert min(inks) > 10


def test_hostile_text_is_shown_and_not_obeyed(opened: Tab) -> None:
    assert opened.evaluate("document.querySelector('h1').textContent") == HOSTILE
    assert opened.evaluate("document.querySelectorAll('img').length") == 0
    assert opened.evaluate("document.title") != "obeyed"


def test_the_policy_refuses_what_is_not_of_the_page(tab: Tab, text: str, tmp_path: Path) -> None:
    """The control of the tests above: what they look for is seen where it is."""
    planted = f"<script>{OBEYED}</script><img src=http://127.0.0.1:9/x alt=x></main>"
    show(tab, text.replace("</main>", planted), tmp_path)
    assert len([words for words in tab.said if "Content Security Policy" in words]) == 2
    assert tab.evaluate("document.title") != "obeyed"


def test_a_drag_zooms_every_chart_and_a_double_click_shows_everything_again(opened: Tab) -> None:
    everything = opened.evaluate(HOURS)
    assert everything == [everything[0]] * len(everything)
    begin, end = everything[0]
    opened.drag(f"{MEMORY} .u-over", 0.25, 0.5)
    zoomed = opened.evaluate(HOURS)
    assert zoomed == [zoomed[0]] * len(zoomed)
    assert zoomed[0] == pytest.approx([begin + 0.25 * (end - begin), begin + 0.5 * (end - begin)], abs=0.05)
    readout = opened.evaluate(f"document.querySelector('{MEMORY} .readout').textContent")
    assert "RSS" in readout
    opened.click(f"{MEMORY} .u-over", times=2)
    assert opened.evaluate(HOURS) == everything
    assert opened.said == []


def test_keys_zoom_and_move_the_cursor(opened: Tab) -> None:
    (begin, end), *_ = opened.evaluate(HOURS)
    opened.evaluate(f"document.querySelector('{MEMORY} [tabindex]').focus()")
    opened.press("ArrowRight")
    first = opened.evaluate(f"document.querySelector('{MEMORY} .readout').textContent")
    opened.press("ArrowRight")
    assert opened.evaluate(f"document.querySelector('{MEMORY} .readout').textContent") != first
    opened.press("+")
    (low, high), *others = opened.evaluate(HOURS)
    assert high - low == pytest.approx((end - begin) / 2, rel=0.05)
    assert others == [[low, high]] * len(others)
    opened.press("0")
    assert opened.evaluate(HOURS)[0] == [begin, end]


def test_what_is_shown_can_be_chosen(opened: Tab) -> None:
    before = shown(opened)
    toggle(opened, "each seed")
    assert shown(opened) == before + 2
    toggle(opened, "live bytes")
    assert shown(opened) == before
    toggle(opened, "old")
    assert shown(opened) == 2
    hidden = "[...document.querySelectorAll('.chart')].filter((chart) => chart.hidden)"
    assert opened.evaluate(f"{hidden}.map((chart) => chart.dataset.kind)") == ["lines", "owners"]
    floors = f"[...document.querySelectorAll('{MEMORY} .floors span[data-config]')].filter((one) => one.offsetParent)"
    assert {words.split(",")[0] for words in opened.evaluate(f"{floors}.map((one) => one.textContent)")} == {"fixed"}
    toggle(opened, "floors and slopes")
    assert opened.evaluate(f"{floors}.length") == 0
    for words in ("limit 32 GB", "warm-up", "cleanups (ticks at the foot)"):
        picture = f"document.querySelector('{MEMORY} .uplot canvas').toDataURL()"
        drawn = opened.evaluate(picture)
        toggle(opened, words)
        assert opened.evaluate(picture) != drawn, words
    assert opened.said == []


def test_claims_are_filtered_sorted_and_opened(opened: Tab) -> None:
    names = (
        "[...document.querySelectorAll('#claims .unit')].filter((one) => !one.hidden)"
        ".map((one) => one.querySelector('.opens').textContent)"
    )
    both = opened.evaluate(names)
    opened.click("#claims .sort")
    assert opened.evaluate(names) == sorted(both)
    opened.click("#claims .sort")
    assert opened.evaluate(names) == sorted(both, reverse=True)
    evidence = "getComputedStyle(document.querySelector('#claims .evidence')).display"
    assert opened.evaluate(evidence) == "none"
    opened.click("#claims .opens")
    assert opened.evaluate(evidence) != "none"
    opened.click(".filter")
    opened.type("reduction")
    assert opened.evaluate(names) == ["peak reduction"]
    assert opened.evaluate("document.querySelector('.count').textContent") == f"1 of {len(both)}"


def test_the_figures_of_a_chart_are_a_table_with_its_peak(opened: Tab) -> None:
    opened.click(f"{MEMORY} details summary")
    row = f"document.querySelector('{MEMORY} details table tbody').lastElementChild"
    last = opened.evaluate(f"[...{row}.cells].map((one) => one.textContent)")
    highest = float(opened.evaluate(f"document.querySelector('{MEMORY}').dataset.highest"))
    assert last[0] == "highest"
    assert max(float(words) for words in last[1:]) == pytest.approx(highest, abs=0.005)


@pytest.mark.parametrize("kind", ["comparison", "control"])
@pytest.mark.parametrize("width", [400, 1400])
def test_pages_of_other_kinds_fit_and_say_no_error(
    tab: Tab, result: Result, tmp_path: Path, kind: str, width: int
) -> None:
    if kind == "comparison":
        drawn = configs_page(result, [compare_configs(result.runs, "old", "fixed")])
    else:
        (tmp_path / "null").symlink_to(result.folder.resolve())
        check = Check("nothing kept", HOSTILE, "0.06%", "at most 1%", passed=True)
        drawn = control_page(ControlRecord("x", 0.1, True, 0.2, (check,)), tmp_path)
    tab.resize(width, 900, dark=width == 400)
    path = show(tab, drawn, tmp_path)
    assert tab.said == []
    assert tab.asked == [path.as_uri()]
    assert tab.evaluate("document.querySelectorAll('.u-over').length") == 1
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.resize(1400, 900)


def test_on_a_narrow_screen_no_name_breaks_within_a_word_and_nothing_is_wider_than_the_page(
    tab: Tab, result: Result, tmp_path: Path
) -> None:
    tab.resize(400, 900)
    try:
        named = result.scenario.model_copy(
            update={"claims": [one.model_copy(update={"name": "explained entirely"}) for one in result.scenario.claims]}
        )
        show(tab, page(Result(result.folder, scenario=named)), tmp_path)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 400
        rows = tab.evaluate(
            "[...document.querySelectorAll('#claims .opens')].map((one) => one.getClientRects()[0].height)"
        )
        lines = tab.evaluate("parseFloat(getComputedStyle(document.querySelector('#claims .opens')).lineHeight)")
        assert rows
        assert max(rows) < 1.5 * lines
        tab.click("#claims .opens")
        assert tab.evaluate("getComputedStyle(document.querySelector('#claims .evidence')).display") == "block"
    finally:
        tab.resize(1400, 900)


def test_on_paper_evidence_is_of_what_is_not_met_and_the_lines_are_named(opened: Tab) -> None:
    opened.on_paper(True)
    try:
        shown_evidence = opened.evaluate(
            "[...document.querySelectorAll('.claim')].map((one) =>"
            " [one.classList.contains('met'), getComputedStyle(one.querySelector('.evidence')).display !== 'none'])"
        )
        assert all(seen != met for met, seen in shown_evidence)
        labels = opened.evaluate(
            "[...document.querySelectorAll('.toggles label')].map((one) =>"
            " [one.querySelector('input').checked, getComputedStyle(one).display !== 'none'])"
        )
        assert {tuple(label) for label in labels} == {(True, True), (False, False)}
    finally:
        opened.on_paper(False)
