"""What `soak explain` prints, by its text."""

from __future__ import annotations

import re
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from harness.analysis.explanation import explain
from harness.analysis.owners.growth import UNATTRIBUTED
from harness.report.terminal.explanation import print_explanation
from tests.unit.analysis.conftest import with_children
from tests.unit.anatomy_soak import CACHE, EVENTS, HISTORY, Leaks, anatomy_run


def printed(scenario, runs, width: int = 100) -> str:
    file = StringIO()
    print_explanation(Console(file=file, width=width), scenario, explain(scenario, runs))
    return file.getvalue()


def words(text: str) -> str:
    return " ".join(text.split())


def row(text: str, start: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith(start)]
    return words(line)


@pytest.fixture
def scenario(make_scenario):
    return make_scenario(("fixed",))


def runs_of(leaks: Leaks, **other) -> list:
    return [anatomy_run(seed=seed, leaks=leaks, **other) for seed in (1, 2, 3)]


def test_a_leak_in_plain_words(scenario) -> None:
    text = printed(scenario, runs_of(Leaks()))
    said = words(text)
    assert "LEAKS: live bytes grow by 1.305 [1.287, 1.324] GB per hour under load, above the budget of 0.0375" in said
    assert "reaches the machine's limit of 32 GB between 18.8 and 19.2 hours after the start." in said
    assert row(text, EVENTS).startswith(f"{EVENTS} 1.305 [1.299, 1.312] 0.000 100 % 6.62")
    assert row(text, "live and mapped, all of it")
    assert row(text, CACHE).startswith(f"{CACHE} 0.000 [0.000, 0.000] 14.400 0 %")
    assert row(text, UNATTRIBUTED).startswith(f"{UNATTRIBUTED} 0.000")
    assert f"All of the growth of live bytes that no cleanup reaches: {EVENTS}." in said
    assert f"cleanups give it back; all of it: {CACHE}." in said
    assert "At the end of the feed RSS had grown by" in said
    assert f"stop() left live: {EVENTS} 6.62 GB." in said


def test_brackets_in_paths_are_no_markup(scenario) -> None:
    named = {"[bold]x[/bold].events[*]": 1.3, "y[red][*]": 0.5}
    file = StringIO()
    runs = runs_of(Leaks(lasting=named), outlives={"open_files": ["socket:[1]", "[/bold]"]})
    print_explanation(Console(file=file, width=100, markup=True), scenario, explain(scenario, runs))
    assert "[bold]x[/bold].events[*]" in file.getvalue()
    assert "y[red][*]" in file.getvalue()
    assert "socket:[1], [/bold]" in file.getvalue()


@pytest.mark.parametrize("width", [60, 80, 100])
def test_nothing_is_cut_off(scenario, width: int) -> None:
    text = printed(scenario, runs_of(Leaks(teeth_vary=0.05)), width)
    assert max(map(len, text.splitlines())) <= width
    assert text.count("[") == text.count("]")
    assert "1.305 [1.299, 1.312]" in words(text)


def test_what_is_held_by_nothing_is_said_plainly(scenario) -> None:
    leaks = Leaks(lasting={UNATTRIBUTED: 0.45}, until_cleanup={}, constant={HISTORY: 1.0})
    python, c = (words(printed(scenario, runs_of(leaks, python_memory=kind))) for kind in (True, False))
    lead = "unattributed: 0.452 [0.450, 0.454] GB per hour: held by nothing that can be reached from the target: "
    assert f"{lead}Python objects, for pymalloc grows" in python
    assert f"{lead}C memory or numpy buffers, for glibc grows" in c


def test_owners_that_claim_more_than_is_live_are_told(scenario) -> None:
    leaks = Leaks(lasting={EVENTS: 1.3, UNATTRIBUTED: -0.5}, until_cleanup={}, constant={HISTORY: 1.0})
    assert "the owners add up to more than is live" in words(printed(scenario, runs_of(leaks)))


def test_owners_that_claim_a_little_more_are_within_the_error_of_the_walks(scenario) -> None:
    runs = runs_of(Leaks(lasting={EVENTS: 1.3, UNATTRIBUTED: -0.05}, until_cleanup={}, constant={HISTORY: 1.0}))
    certain = words(printed(scenario, runs))
    assert "they are too high by as much, which is more than the walks are unsure of (0.000 GB per hour)" in certain
    for run in runs:
        run.owners.loc[run.owners["path"] == UNATTRIBUTED, "se"] = 0.1 * 0.2e9
    unsure = words(printed(scenario, runs))
    assert "less than nothing, within what the walks are unsure of (0.1" in unsure
    assert "the owners add up to more" not in unsure


def test_mappings_that_leak_lead_and_live_bytes_acquit_nobody(make_scenario) -> None:
    runs = runs_of(Leaks(lasting={}), mapped={"shared_bytes": 0.3})
    text = words(printed(make_scenario(("fixed",)), runs))
    assert "LEAKS: what it mapped itself grows by 0.300" in text
    assert "shared memory" in text.split("above the budget")[1]
    assert "1.50 mapped (shared memory, anonymous mappings, written files, stacks)" in text
    assert "DOES NOT LEAK" not in text
    assert "ragmentation" not in text


def test_a_config_that_does_not_leak(scenario) -> None:
    text = words(printed(scenario, runs_of(Leaks(lasting={}))))
    assert "DOES NOT LEAK: live bytes grow by 0.000 [-0.017, 0.017] GB per hour under load, within the budget" in text
    assert "limit" not in text


def test_what_the_runs_that_finished_acquit_may_leak_in_those_that_are_missing(scenario) -> None:
    runs = runs_of(Leaks(lasting={}))
    text = words(printed(scenario, runs[:-1]))
    lead = f"DOES NOT LEAK by {len(runs) - 1} of {len(runs)} runs: live bytes grow by"
    assert lead in text
    assert "; what is missing may be what leaked." in text
    at_limit = [replace(run, status="limit") for run in runs]  # judged, too
    assert "DOES NOT LEAK: live bytes grow by" in words(printed(scenario, at_limit))


def test_too_few_floors_are_helped_by_the_walks(scenario) -> None:
    text = words(printed(scenario, runs_of(Leaks(cleanup_s=5000))))
    assert "UNDECIDED: whether it leaks in the long run: seed 1: fixed has 2 floors" in text
    assert "By its owners it grows by 1.305 [1.299, 1.312] GB per hour beyond what cleanups give back" in text


def test_counts_and_uneven_symbols(scenario) -> None:
    other = "recorder.rows[*]"
    runs = runs_of(Leaks(lasting={EVENTS: 1.3, other: 0.9}), symbols={"AUSDT": 0.7, "BUSDT": 0.2, "CUSDT": 0.1})
    for run in runs:
        run.samples["open_files"] = 12 + np.floor(run.t_s / 600)
    text = words(printed(scenario, runs))
    shares = "AUSDT 70.0 %, BUSDT 20.0 %, CUSDT 10.0 %"
    assert "Growth is uneven over the symbols (seed 1; an even share of 3 is 33.3 %): " in text
    assert f"{EVENTS}: {shares}" in text
    assert f"{other}: {shares}" in text
    assert text.count("uneven") == 1
    assert "open files grow under load: from" in text


def test_a_run_at_the_limit(scenario) -> None:
    text = words(printed(scenario, runs_of(Leaks(cleanup_s=None), hours=3, status="limit")))
    assert "RSS reached the machine's limit of 32 GB after 3.00 hours." in text
    assert "Not all of its runs completed: seed 1 reached the memory limit at" in text
    assert "stop(): no run got to its end." in text


def test_an_old_result_says_what_was_not_recorded(make_scenario, note_runs) -> None:
    text = words(printed(make_scenario(), note_runs))
    assert text.count("Owners: not recorded.") == 3
    assert "Whether the growth is live, pinned or slack: not recorded." in text
    assert "(pinned and slack: not recorded)" in text


def test_one_run_leaks_by_its_own_floors_and_noise_has_no_shares(scenario) -> None:
    one = words(printed(scenario, [anatomy_run(leaks=Leaks(teeth_vary=0.1), status="limit")]))
    assert "LEAKS: live bytes grow by 1.3" in one
    text = printed(scenario, [anatomy_run(leaks=Leaks(lasting={EVENTS: 0.02}, until_cleanup={CACHE: 1.0}))])
    assert "of the growth of live bytes that no cleanup reaches:" not in words(text)  # less than the budget
    assert row(text, EVENTS).startswith(f"{EVENTS} 0.020 0.000 - 0.10")


def test_no_share_is_more_than_all_or_less_than_nothing(scenario) -> None:
    shrinking = {EVENTS: 1.3, "parts.shrinking[*]": -0.2, "SEEN.Part[*]": 0.3}
    text = printed(scenario, runs_of(Leaks(lasting=shrinking, constant={"parts.base[*]": 2.0})))
    assert row(text, "parts.shrinking[*]").split()[-2] == "-"
    assert f"{EVENTS}, SEEN.Part[*]." in words(text) or f"{EVENTS}." in words(text)
    assert all(float(share) <= 100 for share in re.findall(r"(\d+(?:\.\d)?) %", text))


def test_walks_too_few_for_the_teeth_say_nothing_of_the_long_run(scenario) -> None:
    text = words(printed(scenario, runs_of(Leaks(cleanup_s=3000), hours=1.6, status="limit")))
    assert "fixed was walked too few times between its cleanups" in text
    assert "By its owners" not in text


def test_long_names_keep_their_ends_in_the_table_and_stand_whole_below_it(scenario) -> None:
    lasting = {f"a_package.of_many_modules.with_long_names[*].and_parts.{name}[*]": 1.0 for name in ("bids", "asks")}
    text = printed(scenario, runs_of(Leaks(lasting=lasting)), width=80)
    said = words(text)
    assert "\N{HORIZONTAL ELLIPSIS}and_parts.bids[*] 1.0" in said
    for path in lasting:
        assert f"  {path}" in text.splitlines()
        assert f"{path} 5." in said[said.index("stop() left live:") :]
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("width", [60, 100])
def test_a_path_that_is_longer_than_a_line_is_broken_before_a_part_and_never_cut(scenario, width: int) -> None:
    path = "a_package." + ".".join(f"component_{number}[*]" for number in range(12)) + ".events[*]"
    text = printed(scenario, runs_of(Leaks(lasting={path: 1.0})), width)
    sentence = text[text.index("of the growth of live bytes that no cleanup reaches:") :]
    assert path in "".join(line.strip() for line in sentence.splitlines())
    assert all(line.strip().startswith(".") for line in sentence.splitlines()[2:3])


def restarted(live: list[float], rss: list[float], files: list[int]) -> dict:
    """The facts of a run after each of its stops, GB at full scale."""
    return {
        str(number): {
            "t_s": 300.0 * number,
            "rss_bytes": 1e8 * resident,
            "live_bytes": 1e8 * held,
            "open_files": count,
            "threads": 1,
            "tasks": 1,
        }
        for number, (held, resident, count) in enumerate(zip(live, rss, files, strict=True), start=1)
    }


@pytest.mark.parametrize(
    ("live", "rss", "said"),
    [
        (
            1.2,
            1.3,
            "What stays after each of 8 stops climbs: live bytes by 1.20 GB a restart, RSS by 1.30 GB a restart.",
        ),
        (0.0, 0.1, "RSS after each of 8 stops climbs by 0.10 GB a restart, live bytes do not (0.00 GB a restart)"),
        (0.0, 0.0, "What stays after each of 8 stops does not climb: live bytes by 0.00 GB a restart, RSS by 0.00"),
    ],
)
def test_whether_what_stays_after_stops_climbs(scenario, live: float, rss: float, said: str) -> None:
    facts = restarted([1 + live * n for n in range(8)], [5 + rss * n for n in range(8)], [12] * 8)
    text = words(printed(scenario, [anatomy_run(restarts=facts)]))
    assert said in text
    assert "there are more of these" not in text


@pytest.mark.parametrize(
    ("mapped", "said"),
    [
        (None, "the allocators keep it, or it is mapped; which of the two was not recorded."),
        (0.09, "what the program mapped itself climbs by 0.09 GB a restart."),
        (0.0, "it is kept by the allocators, not held."),
    ],
)
def test_what_climbs_from_stop_to_stop_and_is_not_live(scenario, mapped: float | None, said: str) -> None:
    facts = restarted([1.0] * 8, [5 + 0.1 * n for n in range(8)], [12] * 8)
    for number, after in enumerate(facts.values()):
        after.update({} if mapped is None else {"mappings_bytes": 1e8 * mapped * number})
    assert f"live bytes do not (0.00 GB a restart): {said}" in words(printed(scenario, [anatomy_run(restarts=facts)]))


def test_tasks_that_stop_left_are_told_once(scenario) -> None:
    pump = {"kind": "pending", "name": "", "place": "Bot.start", "t_s": 1.0, "first": "Bot.pump", "count": 3}
    trouble = {"totals": {"pending": 3}, "firsts": [pump], "unnamed": 0}
    outlives = {"tasks": ["Bot.pump"], "threads": ["writer"]}
    text = words(printed(scenario, [anatomy_run(outlives=outlives, trouble=trouble)]))
    assert "3 tasks left pending by stop(): 3 x Bot.pump, created in Bot.start." in text
    assert "threads that outlive stop(): writer." in text
    assert "tasks that outlive stop()" not in text
    assert "tasks that outlive stop(): Bot.pump." in words(printed(scenario, [anatomy_run(outlives=outlives)]))


def test_counts_that_stops_leave_and_too_few_restarts(scenario) -> None:
    facts = restarted([1.0] * 6, [5.0] * 6, [12, 12, 13, 14, 15, 16])
    assert "From the second stop() to the last there are more of these: open files by 4." in words(
        printed(scenario, [anatomy_run(restarts=facts)])
    )
    few = restarted([1.0] * 3, [5.0] * 3, [12] * 3)
    text = words(printed(scenario, [anatomy_run(restarts=few)]))
    assert "Whether what stays after each stop() climbs over 3 restarts is not known: fixed has 3 restarts" in text


def test_a_soak_without_a_sample_says_so(scenario) -> None:
    assert printed(scenario, []).splitlines()[-1] == "No run recorded a sample."


def with_a_writer(runs, gb_per_hour: float) -> list:
    at_s = np.arange(0.0, 18_000.0, 300.0)
    return [with_children(run, at_s, {"python -m writer": (1 + gb_per_hour * at_s / 3600).tolist()}) for run in runs]


def test_children_that_leak_are_told_before_a_process_that_does_not(scenario) -> None:
    said = words(printed(scenario, with_a_writer(runs_of(Leaks(lasting={})), 0.5)))
    assert said.index("CHILDREN LEAK: the processes that it started grow by") < said.index("DOES NOT LEAK ITSELF: live")
    assert re.search(r"per hour: python -m writer grows by [0-9.]+ GB/h\.", said)
    assert "Children of fixed: python -m writer at most" in said
    assert said.count("A child's time is real") == 1


def test_children_that_do_not_leak_are_said_not_to(scenario) -> None:
    said = words(printed(scenario, with_a_writer(runs_of(Leaks()), 0.0)))
    assert said.index("LEAKS: live bytes grow") < said.index("CHILDREN DO NOT LEAK: the processes")


def test_a_recording_that_looked_for_no_children_says_so(scenario) -> None:
    assert "Processes that it may have started: not recorded." in printed(scenario, runs_of(Leaks()))
    assert "Processes that it may" not in printed(scenario, runs_of(Leaks(), format=3))
