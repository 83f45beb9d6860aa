from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.analysis.leaks.decision import FEWEST_FLOORS
from harness.analysis.metrics.table import METRICS
from harness.analysis.verdict.judging import check_claims
from harness.errors import UsageError
from harness.probes.sampler import LIVE_EVERY
from harness.scaling import scaled_value
from harness.scenario import Claim, Scenario, available, load, scale_down, to_toml
from synthetic.faults.kinds import Faults

WriteScenario = Callable[..., Path]


def contents(scenario: Scenario) -> dict[str, Any]:
    return scenario.model_dump(exclude={"name", "path"})


def error_of(reference: str, **arguments: Any) -> str:
    with pytest.raises(UsageError) as caught:
        load(reference, **arguments)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


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


# Every wrong value: what is written, what is wrong with it.
WRONG = [
    # unknown keys
    ("symbols = 50", "symbols = 50\nsymbol = 3", "market.symbol: unknown key; did you mean symbols?"),
    ("seeds = 2", "sedes = 2", "sedes: unknown key; did you mean seeds?"),
    ("seeds = 2", 'name = "other"', "name: unknown key; "),
    ("scale = 0.1", "scale = 0.1\nseeds = 3", 'memory.seeds: unknown key; "seeds" belongs to the top of the file'),
    ("better = ", 'bettr = "x"\nbetter = ', 'claims."peak reduction".bettr: unknown key; did you mean better?'),
    ("[time]", "[market.faults]\nhalt = 3\n[time]", "market.faults.halt: unknown key; did you mean halt_s?"),
    # missing
    ("hours = 5.0", "", "time.hours: missing"),
    ('metric = "reduction.peak"', "", 'claims."peak reduction".metric: missing'),
    ('name = "peak reduction"', "", "claims[1].name: missing"),
    ("expected = [0.60, 0.70]", "expected = [0.60]", 'claims."peak reduction".expected[2]: missing'),
    # wrong types
    ("symbols = 50", "symbols = 50.0", "market.symbols = 50.0: must be a whole number"),
    ("symbols = 50", 'symbols = "50"', 'market.symbols = "50": must be a whole number'),
    ("symbols = 50", "symbols = true", "market.symbols = true: must be a whole number"),
    ("hours = 5.0", "hours = true", "time.hours = true: must be a number"),
    ("hours = 5.0", 'hours = "5"', 'time.hours = "5": must be a number'),
    ("hours = 5.0", "hours = [5]", "time.hours = [5]: must be a number"),
    ('title = "A scenario [for tests]"', "title = 3", 'title = 3: must be text in "quotes"'),
    ('["old", "fixed"]', '"old"', 'claims."peak reduction".configs = "old": must be an array'),
    ('better = "higher"', 'better = "more"', 'must be "higher", "lower" or "neither"'),
    ("symbols = 50", "symbols = 50\nstart = 2025-01-06", "market.start = 2025-01-06: must be a date and time with its"),
    ("symbols = 50", "symbols = 50\nstart = 2025-01-06T00:00:00", "must be a date and time with its zone"),
    ("symbols = 50", "symbols = 50\nstart = 0001-01-01T00:00:00+10:00", "must lie between 2000 and 2100"),
    ("[time]", "faults = 3\n[time]", "market.faults = 3: must be a table"),
    ("[time]", "season = 1\n[time]", "market.season = 1: must be true or false"),
    # faults of the feed
    (
        "[time]",
        "[market.faults]\nhalts_per_hour = 12\nhalt_s = 200\n[time]",
        "market.faults.halt_s = 200.0: must be at most 150, half the time between two at halts_per_hour = 12",
    ),
    (
        "[time]",
        "[market.faults]\nbursts_per_hour = -1\n[time]",
        "market.faults.bursts_per_hour = -1.0: must be 0, which is none, or 0.001 to 3600",
    ),
    # no numbers
    ("hours = 5.0", "hours = nan", "time.hours = nan: must be a finite number"),
    ("limit_gb = 32.0", "limit_gb = inf", "memory.limit_gb = inf: must be a finite number"),
    ("[0.60, 0.70]", "[0.60, nan]", 'claims."peak reduction".expected[2] = nan: must be a finite number'),
    ("hours = 5.0", "hours = 1e999", "time.hours = inf: must be a finite number"),
    # out of bounds
    ("symbols = 50", "symbols = 0", "market.symbols = 0: must be at least 1"),
    ("symbols = 50", "symbols = 99999", "market.symbols = 99999: must be at most 5000"),
    ("hours = 5.0", "hours = -5.0", "time.hours = -5.0: must be more than 0"),
    ("hours = 5.0", "hours = 1e9", "time.hours = 1000000000.0: must be at most 8784"),
    ("scale = 0.1", "scale = 0", "memory.scale = 0: must be more than 0"),
    ("scale = 0.1", "scale = 0.1\nanchors = 3", "memory.anchors = 3: must be a table"),
    ("scale = 0.1", "scale = 0.1\nanchors.minutes = -1", "memory.anchors.minutes = -1: must be at least 0"),
    ("scale = 0.1", "scale = 0.1\nanchors.minute = 3", "memory.anchors.minute: unknown key; did you mean minutes?"),
    ("scale = 0.1", "scale = 1.1", "memory.scale = 1.1: must be at most 1"),
    ("seeds = 2", "seeds = 0", "seeds = 0: must be at least 1"),
    ("seeds = 2", "seeds = 1001", "seeds = 1001: must be at most 1000"),
    ("seeds = 2", "first_seed = 0", "first_seed = 0: must be at least 1"),
    ("seeds = 2", "first_seed = 1.0", "first_seed = 1.0: must be a whole number"),
    ("= 505", "= 505\nenv = 3", "configs.fixed.env = 3: must be a table of text"),
    ("= 505", '= 505\nenv = { TZ = "CET" }', 'configs.fixed.env.TZ = "CET": is the same for all configs; leave it out'),
    ("= 505", "= 505\nenv = { A = 1 }", 'configs.fixed.env.A = 1: must be text in "quotes"'),
    ("settle_minutes = 5", "settle_minutes = 5\nstarts = 0", "time.starts = 0: must be at least 1"),
    ("seeds = 2", "stall_s = 0", "stall_s = 0: must be more than 0"),
    ("depth = 20", f"depth = 1{'0' * 100}", "market.depth = 1000000"),
    ('title = "A scenario [for tests]"', 'title = ""', 'title = "": must not be empty'),
    # what does not go together
    ("warmup_minutes = 10", "warmup_minutes = 300", "time.warmup_minutes = 300.0: must lie inside the 5 hours"),
    ("sample_every_s = 5", "sample_every_s = 3600", "time.sample_every_s = 3600.0: must be at most 1740"),
    ("sample_every_s = 5", "sample_every_s = 0.001", "time.sample_every_s = 0.001: must be at least 0.00371"),
    ("hours = 5.0\ncycle_s = 5.0", "hours = 0.2\ncycle_s = 150", "time.cycle_s = 150.0: must be at most the 120 s"),
    ("baseline_gb = 5.0", "baseline_gb = 40.0", "memory.baseline_gb = 40.0: must be less than limit_gb, which is 32"),
    ('"A scenario [for tests]"', '"""two\nlines"""', "must be one line that does not begin with a space"),
    ('"A scenario [for tests]"', f'"{"x" * 201}"', "must have at most 200 characters"),
    # the target
    ("dummy_target:build", "dummy_target", 'target.factory = "dummy_target": must be "module:factory"'),
    ("dummy_target:build", "broken_target:build", "RuntimeError: no such exchange"),
    ("dummy_target:build", "dummy_target:biuld", 'no callable "biuld"'),
    # configs
    ("[configs.old]", "[configs.Old-1]", "configs.Old-1: a name is made of a-z, 0-9 and _"),
    ("max_samples = 2000", "max_sample = 2000", "configs.old.max_sample: unknown parameter; did you mean max_samples?"),
    ("max_samples = 2000", "", "configs.old.max_samples: missing"),
    ("max_samples = 2000", "max_samples = -5", "configs.old.max_samples = -5: must be at least 1"),
    ("max_samples = 2000", "max_samples = 10_000_001", "= 10000001: must be at most 10000000"),
    ("max_samples = 2000", 'max_samples = "5"', 'configs.old.max_samples = "5": must be a whole number'),
    ("max_samples = 2000", "max_samples = true", "configs.old.max_samples = true: must be a whole number"),
    ("max_samples = 2000", "max_samples = 1\nthreshold_mb = nan", "configs.old.threshold_mb = nan: must be a finite"),
    ("max_samples = 2000", "max_samples = 1\nlegacy = 1", "configs.old.legacy = 1: must be true or false"),
    ("max_samples = 2000", "max_samples = 1\ncache_limit = 0", "configs.old.cache_limit = 0: must be at least 1"),
    ("max_samples = 2000", 'max_samples = 1\nmode = "slow"', 'configs.old.mode = "slow": must be "fast" or "safe"'),
    (
        "max_samples = 2000",
        'max_samples = 1\nwindows = [5, "x"]',
        'configs.old.windows[2] = "x": must be a whole number',
    ),
    ("max_samples = 2000", "max_samples = 1\nshare = 0.5", 'must be a whole number, or text in "quotes"'),
    ("max_samples = 2000", 'max_samples = 1\nmode = "safe"', "configs.old: safe mode has no legacy format"),
    # claims
    (
        '["old", "fixed"]',
        '["olf", "fixed"]',
        'claims."peak reduction".configs = ["olf", "fixed"]: no config "olf"; did',
    ),
    ('["old", "fixed"]', '["old", "old"]', "must be two different configs"),
    ('["old", "fixed"]', "[]", "must have at least 1 entry"),
    ('["old", "fixed"]', '["old", "fixed", "old"]', "must have at most 2 entries"),
    ('name = "old peak"', 'name = "peak reduction"', 'claims = "peak reduction": two claims have this name'),
    ("[0.60, 0.70]", "[0.70, 0.60]", "expected = [0.7, 0.6]: must be [low, high]"),
    ("[0.60, 0.70]", '["open", "open"]', 'expected = ["open", "open"]: must be closed at one end'),
    ("[0.60, 0.70]", '["low", 0.7]', 'expected[1] = "low": must be a number or "open"'),
    ("[0.60, 0.70]", "[0.6, 0.6]", "`tolerance` must say how near counts"),
    ("[0.60, 0.70]", "[0.6, 0.7]\ntolerance = -1", 'claims."peak reduction".tolerance = -1: must be at least 0'),
    ("[0.60, 0.70]", '[0.6, 0.7]\nknown = "missed"', 'reason = "": must say why the claim is a known miss'),
    ("[0.60, 0.70]", '[0.6, 0.7]\nreason = "so"', 'belongs to a known miss: write known = "missed" too'),
    ("[0.60, 0.70]", '[0.6, 0.7]\nknown = "met"', 'claims."peak reduction".known = "met": must be "missed"'),
    (
        "[0.60, 0.70]",
        '[0.6, 0.7]\nknown = "missed"\nreason = "so"\nnot_testable = "so"',
        "a claim that is not testable cannot be missed",
    ),
]


@pytest.mark.parametrize(("written", "instead", "words"), WRONG, ids=[wrong[2][:60] for wrong in WRONG])
def test_what_is_wrong_in_a_file_is_one_line_with_file_key_value_and_what_is_allowed(
    write_scenario: WriteScenario, written: str, instead: str, words: str
) -> None:
    message = error_of(str(write_scenario((written, instead))))
    assert message.startswith("scenarios/example.toml: ")
    assert words in message
    assert len(message) < 300


def test_of_several_problems_the_first_is_shown_and_the_rest_counted(write_scenario: WriteScenario) -> None:
    path = write_scenario(("symbols = 50", "symbols = 0"), ("depth = 20", "depth = 0"), ("hours = 5.0", "hours = 0"))
    assert error_of(str(path)) == (
        "scenarios/example.toml: market.symbols = 0: must be at least 1 (and 2 more problems)"
    )
    path = write_scenario(("max_samples = 2000", "max_samples = 0\nthreshold_mb = 0"))
    assert error_of(str(path)).endswith("configs.old.max_samples = 0: must be at least 1 (and 1 more problem)")


def test_metrics_are_checked_where_they_are_known(write_scenario: WriteScenario) -> None:
    path = write_scenario()
    assert load(str(path), known_metrics=["reduction.peak", "peak"]).claims
    message = error_of(str(path), known_metrics=["reduction.peaks", "peak", "leak.slope"])
    assert message == (
        'scenarios/example.toml: claims."peak reduction".metric = "reduction.peak": no such metric; '
        "did you mean reduction.peaks?"
    )


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
        scenario = load(name, known_metrics=METRICS)
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


def test_the_pair_is_that_of_the_first_claim_on_a_reduction() -> None:
    assert load("50symbols").reduction_pair() == ("old", "fixed")
    assert load("null").reduction_pair() is None


def test_a_local_scenario_hides_one_of_the_product(write_scenario: WriteScenario) -> None:
    path = write_scenario(name="50symbols")
    assert load("50symbols").path == path
    assert [listing.title for listing in available() if listing.name == "50symbols"] == ["A scenario [for tests]"]


# Options


def test_options_change_the_scenario(write_scenario: WriteScenario) -> None:
    scenario = load(str(write_scenario()))
    changed = scenario.with_options(hours=2, scale=0.5, seeds=1)
    assert (changed.time.hours, changed.memory.scale, changed.seeds) == (2.0, 0.5, 1)
    assert changed.time.warmup_minutes == 10
    assert scenario.with_options() is scenario


def test_seeds_follow_the_first_one_and_those_that_are_added_go_on_from_there(write_scenario: WriteScenario) -> None:
    scenario = load(str(write_scenario()))
    assert (list(scenario.planned_seeds()), list(scenario.further_seeds())) == ([1, 2], [])
    fresh = scenario.with_options(first_seed=1001, max_seeds=4)
    assert (list(fresh.planned_seeds()), list(fresh.further_seeds())) == ([1001, 1002], [1003, 1004])
    assert fresh.with_options(max_seeds=2).further_seeds() == range(1003, 1003)
    written = load(str(write_scenario(("seeds = 2", "seeds = 2\nfirst_seed = 7"))))
    assert list(written.planned_seeds()) == [7, 8]


def test_a_shortened_run_warms_up_for_a_fifth_of_it(write_scenario: WriteScenario) -> None:
    scenario = load(str(write_scenario()))
    assert scenario.with_options(hours=0.5).time.warmup_minutes == 6
    assert scenario.with_options(hours=10).time.warmup_minutes == 10


def test_claims_about_configs_that_are_not_selected_are_dropped(write_scenario: WriteScenario) -> None:
    scenario = load(str(write_scenario()))
    selected = scenario.with_options(configs=["old"])
    assert list(selected.configs) == ["old"]
    assert [claim.name for claim in selected.claims] == ["old peak"]
    assert list(scenario.with_options(configs=["fixed", "old"]).configs) == ["old", "fixed"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seeds": 0}, "--seeds 0: must be at least 1"),
        ({"first_seed": 0}, "--first-seed 0: must be at least 1"),
        ({"first_seed": 1_000_000_001}, "--first-seed 1000000001: must be at most 1000000000"),
        ({"scale": 2.0}, "--scale 2.0: must be at most 1"),
        ({"scale": float("nan")}, "--scale nan: must be a finite number"),
        ({"hours": -1.0}, "--hours -1.0: must be more than 0"),
        ({"hours": float("inf")}, "--hours inf: must be a finite number"),
        ({"configs": ["old", "fixt"]}, '--configs old,fixt: no config "fixt"; did you mean fixed?'),
        ({"configs": []}, "--configs: names no config; the configs of example are: fixed, old"),
        (
            {"hours": 0.01},
            "scenarios/example.toml with --hours 0.01: time.sample_every_s = 5.0: must be at most 2.88: "
            "the time after the warm-up needs at least 10 samples",
        ),
    ],
)
def test_a_wrong_option_is_named(write_scenario: WriteScenario, options: dict[str, Any], message: str) -> None:
    scenario = load(str(write_scenario()))
    with pytest.raises(UsageError) as caught:
        scenario.with_options(**options)
    assert str(caught.value) == message


# The scale


def test_what_is_marked_is_scaled_and_nothing_else(write_scenario: WriteScenario) -> None:
    scenario = load(str(write_scenario(("max_samples = 505", "max_samples = 505\ncache_limit = 44\nlegacy = false"))))
    world = scale_down(scenario)
    assert world.market == scenario.market.model_copy(update={"books_per_second": 0.5})
    assert (world.memory.scale, world.memory.baseline_gb, world.memory.limit_gb) == (0.1, 0.5, 3.2)
    assert world.memory.leak_budget_gb_per_hour == pytest.approx(0.00375)
    assert world.configs["old"] == scenario.configs["old"] | {"max_samples": 200, "threshold_mb": 800.0}
    assert world.configs["fixed"]["max_samples"] == 51
    assert world.configs["fixed"]["cache_limit"] == 4
    assert world.configs["fixed"]["cleanup_interval_cycles"] == 100
    assert world.configs["fixed"]["queue_limit"] is None
    changes = {change.key: change for change in world.changes}
    rounded = changes["configs.fixed.max_samples"]
    assert (rounded.full, rounded.scaled, rounded.exact, rounded.kind, rounded.rounded) == (
        505,
        51,
        50.5,
        "stock",
        True,
    )
    assert not changes["configs.old.max_samples"].rounded
    assert changes["market.books_per_second"].kind == "rate"
    assert "configs.old.cache_limit" not in changes  # off stays off
    unscaled = dict(world.unscaled)
    assert unscaled["market.symbols"] == 50
    assert unscaled["time.hours"] == 5.0
    assert unscaled["configs.fixed.cleanup_interval_cycles"] == 100
    assert "configs.old.legacy" not in unscaled  # no number
    assert not set(unscaled) & set(changes)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scale=st.floats(min_value=0.001, max_value=1.0), max_samples=st.integers(min_value=1, max_value=10_000_000))
def test_every_change_follows_the_one_rule(write_scenario: WriteScenario, scale: float, max_samples: int) -> None:
    path = write_scenario(("max_samples = 2000", f"max_samples = {max_samples}"))
    world = scale_down(load(str(path)).with_options(scale=scale))
    assert world.configs["old"]["max_samples"] == scaled_value(max_samples, scale) >= 1
    for change in world.changes:
        assert change.scaled == scaled_value(change.full, scale)
        assert change.exact == pytest.approx(change.full * scale)
        assert abs(change.scaled - change.exact) <= 0.5 or change.scaled == 1


def test_faults_of_the_feed_are_as_many_at_every_scale(write_scenario: WriteScenario) -> None:
    text = "season = true\n[market.faults]\nbursts_per_hour = 6\nburst_updates = 300\nhalts_per_hour = 2\n[time]"
    scenario = load(str(write_scenario(("[time]", text))))
    world = scale_down(scenario)
    assert world.market.season
    assert world.market.faults is not None
    assert world.market.faults.faults() == Faults(bursts_per_hour=6, burst_updates=30, halts_per_hour=2)
    assert {change.key for change in world.changes if "faults" in change.key} == {"market.faults.burst_updates"}
    assert ("market.faults.halts_per_hour", 2) in world.unscaled
    assert scale_down(load(str(write_scenario()))).market.faults is None


def test_at_full_scale_the_world_is_the_scenario(write_scenario: WriteScenario) -> None:
    scenario = load(str(write_scenario())).with_options(scale=1.0)
    world = scale_down(scenario)
    assert (world.market, world.memory, world.configs) == (scenario.market, scenario.memory, scenario.configs)
    assert not any(change.rounded for change in world.changes)


def test_parameters_that_do_not_go_together_when_scaled_are_refused(write_scenario: WriteScenario) -> None:
    scenario = load(str(write_scenario(("max_samples = 2000", "max_samples = 2000\ncache_limit = 5"))))
    with pytest.raises(UsageError, match=r"at scale 0\.1: configs\.old: cache_limit must be at least 2"):
        scale_down(scenario)


def test_a_free_table_is_passed_as_it_is(write_scenario: WriteScenario) -> None:
    path = write_scenario(
        ("dummy_target:build", "dummy_target:build_from_table"),
        ("max_samples = 2000", "whatever = [1, {deep = 2.5}]\nsince = 2025-01-01"),
    )
    scenario = load(str(path))
    assert scale_down(scenario).configs == scenario.configs
    assert scenario.configs["old"]["whatever"] == [1, {"deep": 2.5}]
    path = write_scenario(
        ("dummy_target:build", "dummy_target:build_from_table"), ("max_samples = 2000", "whatever = [1, {deep = nan}]")
    )
    assert "configs.old.whatever[2].deep = nan: must be a finite number" in error_of(str(path))


def test_a_target_that_cannot_be_scaled_runs_at_full_scale_only(write_scenario: WriteScenario) -> None:
    scenario = load(str(write_scenario(("dummy_target:build", "dummy_target:build_unscalable"))))
    with pytest.raises(UsageError, match=r"use --scale 1, and fewer symbols than market\.symbols = 50"):
        scale_down(scenario)
    assert scale_down(scenario.with_options(scale=1)).memory.baseline_gb == 5.0


def test_a_config_carries_an_environment_that_is_no_parameter(write_scenario: WriteScenario) -> None:
    env = 'cleanup_interval_cycles = 100\nenv = { PYTHONMALLOC = "malloc", LD_PRELOAD = "" }'
    scenario = load(str(write_scenario(("cleanup_interval_cycles = 100", env))))
    assert scenario.env_of("old") == {}
    assert scenario.env_of("fixed") == {"PYTHONMALLOC": "malloc", "LD_PRELOAD": ""}
    assert "env" not in scale_down(scenario).configs["fixed"]
    Path("scenario.toml").write_text(to_toml(scenario), encoding="utf-8")
    assert contents(load("scenario.toml")) == contents(scenario)


# Writing


def test_what_is_written_loads_as_it_was(write_scenario: WriteScenario, here: Path) -> None:
    path = write_scenario(
        ('"Nothing is known."', '"""\nOne "quoted" \\\\ line.\n\nAnother, with [brackets].\n"""'),
        ("[0.60, 0.70]", '["open", 0.7]\ntolerance = 0.005\nknown = "missed"\nreason = "because"\nnote = "so"'),
        ("max_samples = 2000", "max_samples = 2000\ncache_limit = 50"),
        ("[time]", "season = true\n[market.faults]\nhalts_per_hour = 0.5\ndeltas_before_snapshot = true\n[time]"),
    )
    scenario = load(str(path)).with_options(hours=1.5, seeds=4, first_seed=1001)
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
    scenario = load(str(write_scenario())).with_options(scale=scale)
    claim = scenario.claims[0].model_copy(update={"expected": (low, None), "source": title})
    scenario = scenario.model_copy(update={"title": title, "claims": (claim,)})
    Path("scenario.toml").write_text(to_toml(scenario), encoding="utf-8")
    assert contents(load("scenario.toml")) == contents(scenario)


def test_a_tolerance_widens_the_closed_ends_of_a_band() -> None:
    claim = Claim(
        name="start",
        metric="start.gb",
        configs=("old",),
        expected=(5.0, 5.0),
        tolerance=0.25,
        better="neither",
        kind="construction",
        source="Symptoms",
    )
    assert claim.band == (4.75, 5.25)
    assert claim.model_copy(update={"expected": (5.0, None)}).band == (4.75, None)
