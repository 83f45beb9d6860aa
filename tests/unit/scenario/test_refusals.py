"""What is wrong in a file is one line: the file, the key, the value, what is allowed."""

from __future__ import annotations

import pytest

from harness.analysis.verdict.claim_verdict import check_claims
from harness.errors import UsageError
from harness.scenario import load
from tests.unit.scenario.reading import WriteScenario, error_of

# Every wrong value: what is written, what is wrong with it.
WRONG = [
    # unknown keys
    ("symbols = 50", "symbols = 50\nsymbol = 3", "market.symbol: unknown key; did you mean symbols?"),
    ("seeds = 2", "sedes = 2", "sedes: unknown key; did you mean seeds or sweeps?"),
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
    # the exchange on a wire, and its faults
    ("[time]", '[exchange]\nvenue = "kraken"\n[time]', 'exchange.venue = "kraken": must be one of: binance, bybit'),
    ("[time]", "[exchange]\nactive_symbols = 1\n[time]", "exchange.venue: missing"),
    (
        "[time]",
        '[exchange]\nvenue = "bybit"\n[exchange.faults]\nslow_rest_per_hour = 2.0\n[time]',
        "exchange.faults.slow_rest_per_hour = 2.0: needs a rest_delay_s",
    ),
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
    ("scale = 0.1", "scale = 0", "memory.scale = 0: must be at least 1e-05"),
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


def test_metrics_are_checked_by_their_names(write_scenario: WriteScenario) -> None:
    check_claims(load(str(write_scenario())))
    path = write_scenario(('"reduction.peak"', '"reduction.peaks"'), ('"peak"', '"peek"'))
    with pytest.raises(UsageError) as refused:
        check_claims(load(str(path)))
    first, rest = str(refused.value).split("; did you mean reduction.peak")
    assert first == ('scenarios/example.toml: claims."peak reduction".metric = "reduction.peaks": no such metric')
    assert rest.endswith("(and 1 more problem)")
