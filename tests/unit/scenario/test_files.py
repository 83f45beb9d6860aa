"""Scenarios are found, read, listed and written."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.analysis.leaks.floors import FEWEST_FLOORS
from harness.analysis.verdict.claim_verdict import check_claims
from harness.probes.sampler import LIVE_EVERY
from harness.scenario import available, load, scale_down, to_toml
from harness.scenario.overrides import with_options
from tests.unit.scenario.reading import WriteScenario, contents, error_of

ROOT = Path(__file__).parents[3]


def test_a_scenario_is_loaded_with_every_parameter_of_its_configs(write_scenario: WriteScenario) -> None:
    path = write_scenario()
    scenario = load(str(path))
    assert (scenario.name, scenario.path, scenario.seeds, scenario.stall_s) == ("example", path, 2, 60.0)
    assert scenario.market.candle_s == 60
    assert scenario.market.start == datetime(2025, 1, 6, tzinfo=UTC)
    assert list(scenario.configs) == ["old", "fixed"]
    assert scenario.configs["fixed"] == {
        "max_samples": 505,
        "threshold_mb": 8000.0,
        "leak_mb_per_hour": 0.0,
        "cleanup_interval_cycles": 100,
        "cache_limit": None,
        "queue_limit": None,
        "legacy": True,
        "mode": "fast",
        "windows": [5, 20],
        "labels": [],
        "store": "store",
        "share": 0,
    }
    assert scenario.claims[0].band == (0.60, 0.70)
    assert scenario.claims[1].expected == (25.0, None)


def test_a_whole_number_is_a_number_and_a_start_is_told_in_utc(write_scenario: WriteScenario) -> None:
    path = write_scenario(
        ("books_per_second = 5.0", "books_per_second = 5\nstart = 2025-02-01T02:00:00+02:00"),
        ("max_samples = 2000", "max_samples = 2000\nthreshold_mb = 4000\nwindows = [3]"),
    )
    scenario = load(str(path))
    assert scenario.market.books_per_second == 5.0
    assert scenario.market.start == datetime(2025, 2, 1, tzinfo=UTC)
    assert scenario.market.start.tzinfo is UTC
    assert isinstance(scenario.configs["old"]["threshold_mb"], float)
    assert scenario.configs["old"]["windows"] == [3]


def test_a_name_is_a_local_scenario_and_a_path_is_a_path(write_scenario: WriteScenario) -> None:
    path = write_scenario(name="mine")
    assert load("mine") == load(str(path)) == load("./scenarios/mine.toml").model_copy(update={"path": path})


def test_a_loaded_scenario_cannot_be_changed(write_scenario: WriteScenario) -> None:
    scenario = load(str(write_scenario()))
    with pytest.raises(ValidationError):
        scenario.seeds = 5  # type: ignore[misc]


def test_an_old_result_is_read_without_its_target(write_scenario: WriteScenario) -> None:
    path = write_scenario(("dummy_target:build", "no_longer_there:build"))
    assert load(str(path), import_target=False).configs["old"] == {"max_samples": 2000}
    assert "cannot be imported" in error_of(str(path))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty; a scenario has at least title, market, time, memory, target, configs"),
        (b"# only a comment\n", "is empty"),
        (b"\x89PNG\x00\x00\x1a\x0a", "is a binary file, not a scenario"),
        (b"title = 'a'\nassumptions = '\xff'\n", "is not UTF-8 text: byte 0xff in line 2"),
        (
            b"title = 'a'\nseeds 3\n",
            "is not valid TOML: Expected '=' after a key in a key/value pair (at line 2, column 7)",
        ),
        (b"title = 'a'\ntitle = 'b'\n", "is not valid TOML: Cannot overwrite a value (at line 2"),
        (b"seeds = 1" + b"0" * 5000, "is not valid TOML: "),
        (b"seeds = " + b"[" * 100_000, "is not valid TOML: nested too deeply"),
        (b"#" * 1_000_001, "is no scenario: it has 1,000,001 bytes"),
    ],
    ids=["empty", "comment", "binary", "not-utf-8", "syntax", "twice", "digits", "deep", "large"],
)
def test_a_file_that_is_no_scenario_at_all_says_why(here: Path, content: bytes, words: str) -> None:
    Path("wrong.toml").write_bytes(content)
    message = error_of("wrong.toml")
    assert message.startswith("wrong.toml: ")
    assert words in message


def test_a_byte_order_mark_is_no_error(write_scenario: WriteScenario) -> None:
    path = write_scenario()
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load(str(path)).seeds == 2


@pytest.mark.parametrize("reference", ["folder", "folder.toml", "./folder"])
def test_a_directory_is_no_scenario(here: Path, reference: str) -> None:
    Path(reference).mkdir()
    assert "is a directory, not a scenario file" in error_of(reference)


def test_a_pipe_is_no_scenario(here: Path) -> None:
    os.mkfifo("pipe.toml")
    assert error_of("pipe.toml") == "pipe.toml: is not an ordinary file"


def test_a_link_that_leads_nowhere_cannot_be_read(here: Path) -> None:
    Path("link.toml").symlink_to("nowhere.toml")
    assert error_of("link.toml") == "link.toml: cannot be read: No such file or directory"


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser reads every file")
def test_a_file_without_permission_cannot_be_read(write_scenario: WriteScenario) -> None:
    path = write_scenario()
    path.chmod(0)
    assert error_of(str(path)) == "scenarios/example.toml: cannot be read: Permission denied"


def test_what_does_not_exist_offers_what_is_near(write_scenario: WriteScenario) -> None:
    write_scenario(name="fifty")
    assert "did you mean fifty?" in error_of("fifti")
    assert "`soak list`" in error_of("fifti")
    assert error_of("scenarios/fifti.toml") == (
        "scenarios/fifti.toml: no such file; did you mean scenarios/fifty.toml?"
    )
    assert error_of("elsewhere/fifty.toml") == "elsewhere/fifty.toml: no such file"
    assert 'no scenario is called ""' in error_of("")


def test_a_file_that_cannot_name_a_result_is_refused(write_scenario: WriteScenario) -> None:
    assert "a scenario is called as its file" in error_of(str(write_scenario(name="-x")))


def test_every_scenario_is_listed_and_a_broken_one_with_its_error(write_scenario: WriteScenario) -> None:
    write_scenario(name="good")
    write_scenario(("seeds = 2", "seeds = 0"), name="bad")
    listed = {listing.name: listing for listing in available()}
    assert listed.keys() >= {
        "good",
        "bad",
        "50symbols",
    }  # a local folder adds to the product's, it does not replace them
    assert listed["good"].scenario is not None
    assert listed["good"].title == "A scenario [for tests]"
    assert listed["bad"].scenario is None
    assert listed["bad"].title == "broken: seeds = 0: must be at least 1"


@pytest.mark.usefixtures("here")
def test_the_scenarios_of_the_product_are_found_from_anywhere_and_are_sound() -> None:
    names = [listing.name for listing in available()]
    assert "50symbols" in names
    for name in names:
        installs = "packages = [" in (ROOT / "scenarios" / f"{name}.toml").read_text(encoding="utf-8")
        scenario = load(name, import_target=not installs)
        if installs:  # a unit does not: whether the target takes its parameters is for whoever has the packages
            continue
        assert scale_down(scenario).changes
        check_claims(scenario)


def test_the_floors_of_smoke_long_are_many_and_beat_with_nothing_that_is_read() -> None:
    scenario = load("smoke_long")
    time, memory = scenario.time, scenario.memory
    live_s = LIVE_EVERY * time.sample_every_s
    for config in scenario.configs.values():
        between_s = config["cleanup_interval_cycles"] * time.cycle_s
        assert between_s % live_s == 0
        assert (time.hours * 3600 - time.warmup_minutes * 60) / between_s - 1 >= 2 * FEWEST_FLOORS
    assert (memory.limit_gb - memory.baseline_gb) / memory.leak_budget_gb_per_hour == pytest.approx(4 * 24)  # four days


def test_a_local_scenario_hides_one_of_the_product(write_scenario: WriteScenario) -> None:
    path = write_scenario(name="50symbols")
    assert load("50symbols").path == path
    assert [listing.title for listing in available() if listing.name == "50symbols"] == ["A scenario [for tests]"]


def test_what_is_written_loads_as_it_was(write_scenario: WriteScenario, here: Path) -> None:
    path = write_scenario(
        ('"Nothing is known."', '"""\nOne "quoted" \\\\ line.\n\nAnother, with [brackets].\n"""'),
        ("[0.60, 0.70]", '["open", 0.7]\ntolerance = 0.005\nknown = "missed"\nreason = "because"\nnote = "so"'),
        ("max_samples = 2000", "max_samples = 2000\ncache_limit = 50"),
        ("[time]", "season = true\n[market.faults]\nhalts_per_hour = 0.5\ndeltas_before_snapshot = true\n[time]"),
    )
    scenario = with_options(load(str(path)), hours=1.5, seeds=4, first_seed=1001)
    Path("scenario.toml").write_text(to_toml(scenario), encoding="utf-8")
    again = load("scenario.toml")
    assert contents(again) == contents(scenario)
    assert (
        contents(load("scenario.toml", import_target=False))["configs"]["old"].items()
        <= scenario.configs["old"].items()
    )
    assert (again.name, again.path) == ("scenario", Path("scenario.toml"))
    assert to_toml(again) == to_toml(scenario)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs")), min_size=1, max_size=50),
    low=st.floats(min_value=-1e12, max_value=1e12),
    scale=st.floats(min_value=0.001, max_value=1),
)
def test_any_text_and_number_survives_being_written(
    write_scenario: WriteScenario, title: str, low: float, scale: float
) -> None:
    scenario = with_options(load(str(write_scenario())), scale=scale)
    claim = scenario.claims[0].model_copy(update={"expected": (low, None), "source": title})
    scenario = scenario.model_copy(update={"title": title, "claims": (claim,)})
    Path("scenario.toml").write_text(to_toml(scenario), encoding="utf-8")
    assert contents(load("scenario.toml")) == contents(scenario)
