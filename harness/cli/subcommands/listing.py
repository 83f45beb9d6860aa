"""The scenarios there are: those in ./scenarios first, then those that come with the product.

A scenario file that is broken is listed with what is wrong with it.
"""

from __future__ import annotations

import argparse


def declare(parser: argparse.ArgumentParser) -> None:
    """Nothing to declare."""


def run(arguments: argparse.Namespace) -> int:
    """Print the table."""
    from rich.text import Text

    from harness.report.terminal.console import new_table, open_console
    from harness.scenario import available
    from harness.text import number

    console = open_console()
    listings = available()
    if not listings:
        console.print("no scenarios: neither ./scenarios nor the product has any")
        return 0
    scenarios = new_table("name", "title", "hours", "configs", "seeds", "claims", right=("hours", "seeds", "claims"))
    for listing in listings:
        scenario = listing.scenario
        if scenario is None:
            scenarios.add_row(Text(listing.name), Text(listing.title, style="red"), "-", "-", "-", "-")
        else:
            scenarios.add_row(
                Text(listing.name),
                Text(listing.title),
                number(scenario.time.hours),
                ", ".join(scenario.configs),
                str(scenario.seeds),
                str(len(scenario.claims)),
            )
    console.print(scenarios)
    return 0
