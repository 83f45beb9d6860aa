"""What `soak exchange` refuses, in a line."""

from __future__ import annotations

import socket

import pytest

from harness.cli import main
from tests.unit.scenario.reading import WriteScenario


def refused(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    assert main(["exchange", "example", *options]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_a_venue_must_be_said_where_the_scenario_names_none(
    write_scenario: WriteScenario, capsys: pytest.CaptureFixture[str]
) -> None:
    write_scenario()
    assert "has no [exchange]: say --venue, one of binance, bybit" in refused(capsys)
    assert "--venue kraken: the venues are binance, bybit" in refused(capsys, "--venue", "kraken")


def test_a_port_must_be_one_and_free(write_scenario: WriteScenario, capsys: pytest.CaptureFixture[str]) -> None:
    write_scenario(("symbols = 50", "symbols = 2"))
    assert "--port 99999: must be 0 to 65535" in refused(capsys, "--venue", "bybit", "--port", "99999")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refused(capsys, "--venue", "bybit", "--port", port, "--minutes", "0.01")
    assert f"--port {port}: cannot listen on 127.0.0.1: Address already in use" in said
