"""Whether a config leaks, in words: led by the gravest, and fragmentation only where allocators hold it free."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from harness.analysis.config_finding import finding
from harness.analysis.leaks.config_leaks import CHILDREN, LIVE, MAPPINGS, RSS, TASKS, ConfigLeak
from harness.report.words.config_sentences import config_sentences, leak_sentences, unclaimed_leaks, what_grows
from harness.report.words.headline import summary_sentence
from tests.unit.analysis.test_config_finding import judged


def said(*leaks: ConfigLeak, scale: float = 1.0, **more: str) -> list[str]:
    return [f"{word}: {sentence}" for word, sentence, _ in leak_sentences(finding("only", leaks, scale), **more)]


def test_mappings_are_told_by_their_kind_and_rss_climbs_with_them() -> None:
    mapped = judged(MAPPINGS, "LEAK", 0.057, grown={"rss_bytes": 0.3, "shared_bytes": 0.28, "stacks_bytes": 0.01})
    (sentence,) = said(judged(LIVE, "OK", 0.0), mapped, judged(RSS, "LEAK", 0.058))
    assert sentence == (
        "LEAKS: what it mapped itself grows by 0.057 [0.057, 0.057] GB per hour under load, above the budget of 0.05 "
        "GB per hour: shared memory; above their budgets too: RSS by 0.058 GB per hour."
    )


@pytest.mark.parametrize(
    ("more", "end"),
    [
        ({"fragmentation": True}, "live bytes do not: fragmentation, memory that its allocators hold free."),
        (
            {"grown": {"rss_bytes": 0.5, "file_bytes": 0.3, "residual_bytes": 0.15, "glibc_free_bytes": 0.04}},
            "live bytes do not: mapped files 0.30 GB and what nothing explains 0.15 GB.",
        ),
        ({}, "live bytes do not; what it is was not recorded."),
    ],
)
def test_rss_that_climbs_alone_says_by_what(more: dict, end: str) -> None:
    (sentence,) = said(judged(LIVE, "OK", 0.0), judged(RSS, "LEAK", **more))
    assert sentence.startswith("LEAKS: RSS grows by 0.100 [0.100, 0.100] GB per hour under load, above the budget")
    assert sentence.endswith(end)


def test_a_count_that_leaks_leads_where_no_bytes_do() -> None:
    (sentence,) = said(judged(LIVE, "OK", 0.0), judged(TASKS, "LEAK", 12.0, budget=0.4))
    assert sentence.startswith("LEAKS TASKS: tasks grow by 12.0")
    assert sentence.endswith("above the 0.40 an hour that are allowed.")


def test_children_that_leak_come_first_and_acquit_nobody() -> None:
    first, second = said(judged(LIVE, "OK", 0.0), judged(CHILDREN, "LEAK"))
    assert first.startswith("CHILDREN LEAK: the processes that it started grow by")
    assert second.startswith("DOES NOT LEAK ITSELF: live bytes grow by")


def test_a_small_world_whose_rss_climbs_acquits_live_bytes_only() -> None:
    (sentence,) = said(judged(LIVE, "OK", 0.0), judged(RSS, "LEAK"), scale=0.1)
    assert sentence.startswith("LIVE BYTES DO NOT LEAK: live bytes grow by 0.000")


def test_what_is_open_says_why() -> None:
    (sentence,) = said(judged(LIVE, "OK", 0.0), judged(MAPPINGS, "INCONCLUSIVE"))
    assert sentence.startswith("UNDECIDED: live bytes grow by 0.000")
    assert sentence.endswith("whether its mappings grow is open: decided.")
    assert said(judged(RSS, "OK")) == ["UNDECIDED: whether it leaks in the long run: live bytes were not recorded."]


def test_what_grows_names_what_makes_a_tenth_of_it() -> None:
    assert what_grows({"rss_bytes": 1.0, "anonymous_bytes": 0.9, "arrow_bytes": 0.05}) == "anonymous mappings 0.90 GB"
    assert what_grows({}) == what_grows({"rss_bytes": -1.0, "anonymous_bytes": 0.2}) == ""


def soak(*leaks: ConfigLeak, claimed: tuple[ConfigLeak, ...] = ()) -> SimpleNamespace:
    claims = [SimpleNamespace(leak=leak) for leak in claimed]
    return SimpleNamespace(leaks=leaks, claims=claims, memory_scale=1.0, reasons=(), runs=())


def test_the_summary_leads_with_a_leak_that_no_claim_is_about() -> None:
    leak = judged(MAPPINGS, "LEAK", grown={"rss_bytes": 1.0, "anonymous_bytes": 1.0})
    verdict = soak(judged(LIVE, "OK", 0.0), leak)
    sentence = config_sentences(verdict)["only"]  # type: ignore[arg-type]
    assert sentence.startswith("LEAKS: what it mapped itself grows by 0.100")
    summary = summary_sentence(verdict)  # type: ignore[arg-type]
    assert summary == f"Only leaks:{sentence.removeprefix('LEAKS:')} Nothing was claimed."
    assert unclaimed_leaks(soak(leak, claimed=(leak,))) == []  # type: ignore[arg-type]
