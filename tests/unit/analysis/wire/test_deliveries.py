"""What a client delivered is held against what was due, of the kinds that it tells of."""

from __future__ import annotations

from typing import Any

from harness.analysis.metrics.catalogue import METRICS


def stream(kind: str, symbol: str, due: int, delivered: int, *, last_s: float | None, until_s: float) -> dict[str, Any]:
    row = {"kind": kind, "symbol": symbol, "due": due, "sent": due, "delivered": delivered}
    return {**row, "first_due_s": 1.0, "last_due_s": until_s, "last_delivered_s": last_s}


def test_kinds_that_the_client_does_not_tell_of_are_not_held_against_it(make_run, make_scenario) -> None:
    streams = [
        stream("book", "A", 100, 90, last_s=99.0, until_s=100.0),
        stream("book", "B", 100, 0, last_s=None, until_s=61.0),
        stream("trade", "A", 1000, 0, last_s=None, until_s=100.0),
    ]
    run = make_run([5], wire={"streams": streams}).under(make_scenario())
    read = {name: METRICS[f"wire.{name}"].read(run).value for name in ("delivered", "delivered_share", "silence_s")}
    assert read == {"delivered": 90, "delivered_share": 0.45, "silence_s": 60.0}


def test_without_an_exchange_it_is_not_applicable_and_without_a_word_of_the_client_open(
    make_run, make_scenario
) -> None:
    read = METRICS["wire.delivered_share"].read
    assert "no [exchange]" in read(make_run([5]).under(make_scenario())).reason
    silent = make_run([5], wire={"streams": [stream("book", "A", 9, 0, last_s=None, until_s=9.0)]})
    reading = read(silent.under(make_scenario()))
    assert reading.lack == "undecided"
    assert "no callback" in reading.reason
