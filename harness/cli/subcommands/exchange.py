"""Serve a scenario's market as an exchange, in real time, to whatever connects to it from this machine.

It listens on 127.0.0.1 only, and says where before it does: REST and WebSocket of Bybit (v5, linear) or Binance (spot),
at one port. The venue is that of the scenario's [exchange], or --venue. The market is that of one seed at full scale,
with the faults of market.faults and exchange.faults, and begins now. Every minute it says how many are connected and
what was sent. Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import os
from functools import partial
from typing import TYPE_CHECKING

from harness.cli.options import declare_trust
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.scenario import Scenario

PORT = 8765


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", metavar="SCENARIO", help="a scenario's name (`soak list`) or the path of its file")
    parser.add_argument(
        "--port", type=int, default=PORT, metavar="N", help=f"where it listens ({PORT}; 0: any that is free)"
    )
    parser.add_argument(
        "--venue", metavar="NAME", help="bybit or binance, where the scenario does not say or says another"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="the market's seed (the scenario's first)")
    parser.add_argument("--minutes", type=float, metavar="M", help="end after so long (until Ctrl-C)")
    declare_trust(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until it is over; 0."""
    from harness.clock import RealClock
    from harness.report.terminal.console import open_console, whole_line
    from harness.scenario import load
    from harness.soaks.feed_recipes import feed_recipes
    from harness.worker.serving_alone import serve

    if not 0 <= arguments.port <= 65_535:
        raise UsageError(f"--port {arguments.port}: must be 0 to 65535")
    minutes: float | None = arguments.minutes
    if minutes is not None and not 0 < minutes < float("inf"):
        raise UsageError(f"--minutes {minutes:g}: must be more than 0")
    scenario = load(arguments.scenario, import_target=False)
    seed = scenario.first_seed if arguments.seed is None else arguments.seed
    venue = _venue(scenario, arguments.venue)
    recipe = feed_recipes(scenario, scenario.market)(seed)
    settings, clock = scenario.exchange, RealClock()
    serving = serve(
        recipe,
        clock,
        venue=venue,
        active_symbols=0 if settings is None else settings.active_symbols or 0,
        faults=None if settings is None else settings.wire_faults(),
        port=arguments.port,
        until_s=None if minutes is None else minutes * 60,
        say=partial(whole_line, open_console()),
    )
    try:
        clock.run(serving)
    except OSError as error:
        raise UsageError(
            f"--port {arguments.port}: cannot listen on 127.0.0.1: {os.strerror(error.errno or 0)}"
        ) from None
    except KeyboardInterrupt:
        pass  # it was asked to end, as it says
    return 0


def _venue(scenario: Scenario, asked: str | None) -> str:
    from harness.text import shown_path
    from synthetic.exchange.venues import VENUES

    if asked is not None and asked not in VENUES:
        raise UsageError(f"--venue {asked}: the venues are {', '.join(sorted(VENUES))}")
    if asked is None and scenario.exchange is None:
        where = shown_path(scenario.path)
        raise UsageError(f"{where}: has no [exchange]: say --venue, one of {', '.join(sorted(VENUES))}")
    return asked or (scenario.exchange.venue if scenario.exchange is not None else "")
