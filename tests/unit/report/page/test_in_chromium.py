"""report.html in a real browser: it renders, says no error, draws the recorded peak, and keeps hostile text as text.

The browser is Chromium, by the path in CHROMIUM or under its usual names; where there is none these tests skip.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.analysis.result import Result
from harness.report.page.soak_page import page
from tests.unit.anatomy_soak import write_result

NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(BROWSER is None, reason=f"no Chromium: none of {', '.join(NAMES)}, and CHROMIUM names none"),
]

OBEYED = "document.title = 'obeyed'"
HOSTILE = f'</script><script>{OBEYED}</script><img src=http://127.0.0.1:9/x onerror="{OBEYED}">'


@pytest.fixture
def result(write_scenario) -> Result:
    edits = ('factory = "dummy_target:build"', 'factory = "harness.null_target:build"')
    folder = write_result(write_scenario(edits), seeds=[1])
    opened = Result.open(folder)
    return Result(folder, scenario=opened.scenario.model_copy(update={"title": HOSTILE}))


def opened_in_browser(text: str, folder: Path) -> tuple[str, str]:
    """Return the document after its script ran, and what the browser logged. Its only address is the file."""
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    assert BROWSER is not None
    done = subprocess.run(
        [
            BROWSER,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={folder / 'profile'}",
            "--enable-logging=stderr",
            "--virtual-time-budget=2000",
            "--dump-dom",
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout, done.stderr


def console(log: str) -> list[str]:
    """Return what the page said on its console: errors, and what the policy refused."""
    return [line for line in log.splitlines() if ":CONSOLE" in line]


def test_a_page_renders_without_an_error_and_draws_the_peak(result: Result, tmp_path: Path) -> None:
    document, log = opened_in_browser(page(result), tmp_path)
    assert console(log) == []
    assert 'data-ready="yes"' in document
    charts = re.findall(r'<div class="chart" data-kind="(\w+)" data-highest="([\d.e+-]+)"', document)
    assert {"memory", "lines", "owners"} <= {kind for kind, _ in charts}
    recorded = max(float(run.rss_gb[run.fed].max()) for run in result.runs)
    (drawn,) = [float(highest) for kind, highest in charts if kind == "memory"]
    assert drawn == pytest.approx(recorded, rel=1e-6)
    assert document.count('class="u-over"') == len(charts)


def test_hostile_text_is_shown_and_not_obeyed(result: Result, tmp_path: Path) -> None:
    document, log = opened_in_browser(page(result), tmp_path)
    assert console(log) == []
    assert "<img" not in document
    assert "<title>obeyed" not in document
    assert "&lt;/script&gt;&lt;script&gt;document.title" in document


def test_the_policy_refuses_what_is_not_of_the_page(result: Result, tmp_path: Path) -> None:
    """The control of the tests above: what they look for is seen where it is."""
    planted = page(result).replace("</main>", f"<script>{OBEYED}</script></main>")
    document, log = opened_in_browser(planted, tmp_path)
    assert any("Content Security Policy" in line for line in console(log))
    assert "<title>obeyed" not in document
