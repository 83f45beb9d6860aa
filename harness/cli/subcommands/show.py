"""One scenario as it would run: its settings at its scale, its configs side by side, its claims.

Values that follow the memory scale are shown at full scale and scaled, with what was rounded.
"""

from __future__ import annotations

import argparse

from harness.cli.options import declare_scenario, declare_trust, scenario_from


def declare(parser: argparse.ArgumentParser) -> None:
    declare_scenario(parser)
    declare_trust(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print it."""
    from harness.report.terminal.console import open_console
    from harness.report.terminal.scenario_view import print_scenario
    from harness.scenario import scale_down

    scenario = scenario_from(arguments)
    print_scenario(open_console(), scenario, scale_down(scenario))
    return 0
