"""A scenario whose market is a recording: what it says of it is checked, and its jobs have what is recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.scenario import load
from harness.soaks.plan import plan_jobs
from synthetic.events import Delta, Trade
from synthetic.market import Market
from synthetic.recorded.writer import write_recording
from synthetic.symbols import instruments

WriteScenario = Callable[..., Path]
LISTED = instruments(3, seed=9)
START_MS = 1_700_000_000_000
SECONDS = 400


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recorded") / "mine.parquet"
    stream = Market(LISTED, seed=9, start_ms=START_MS, depth=5, books_per_second=1.0).stream(SECONDS, (Delta, Trade))
    write_recording(path, stream, instruments=LISTED, start_ms=START_MS, end_ms=START_MS + 1000 * SECONDS)
    return path


@pytest.fixture
def write(write_scenario: WriteScenario, recorded: Path) -> Callable[..., str]:
    """Writes a scenario on the recording, each of the texts given replaced by another; returns its path."""

    def written(*edits: tuple[str, str]) -> str:
        Path("mine.parquet").write_bytes(recorded.read_bytes())
        usual = [
            ("symbols = 50", 'recording = "mine.parquet"\nsymbols = 3'),
            ("books_per_second = 5.0", "books_per_second = 1.0"),
            ("hours = 5.0", "hours = 0.1"),
            ("warmup_minutes = 10", "warmup_minutes = 1"),
            ("run_on_s = 250", "run_on_s = 10"),
            ("scale = 0.1", "scale = 1.0"),
        ]
        return str(write_scenario(*usual, *edits))

    return written


def test_jobs_have_what_is_recorded(write: Callable[..., str]) -> None:
    jobs = plan_jobs(load(write()))
    assert {job.instruments for job in jobs} == {LISTED}
    assert {job.start_ms for job in jobs} == {START_MS}
    assert {job.recording for job in jobs} == {str(Path.cwd() / "mine.parquet")}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("symbols = 3", "symbols = 4", r"market\.symbols = 4: mine\.parquet has 3"),
        ("second = 1.0", "second = 9.0", r"market\.books_per_second = 9: mine\.parquet has \d"),
        (
            "hours = 0.1",
            "hours = 0.2",
            r"mine\.parquet covers 0\.111111 h, and time\.hours with time\.run_on_s need 0\.2",
        ),
        ("mine.parquet", "gone.parquet", r"market\.recording: gone\.parquet: cannot be read"),
        ("mine.parquet", "mine.txt", r"market\.recording = "),
        ("symbols = 3", "season = true\nsymbols = 3", r"market\.season = true: belongs to a synthetic market"),
        ("scale = 1.0", "scale = 0.5", r"memory\.scale = 0\.5: a recording cannot be thinned out: use --scale 1"),
    ],
)
def test_what_a_scenario_says_of_its_recording_is_checked(
    write: Callable[..., str], old: str, new: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        plan_jobs(load(write((old, new))))
