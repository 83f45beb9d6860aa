"""Sweeps that were recorded: their text, and what each of their runs held."""

from __future__ import annotations

from tests.unit.anatomy_soak import CACHE, Leaks

SWITCHES = """
[sweeps.fixes]
configs = ["old"]
seeds = 1
[sweeps.fixes.axes.fix_1]
off = { "configs.max_samples" = 2000 }
on = { "configs.max_samples" = 500 }
[sweeps.fixes.axes.fix_2]
off = { "configs.cleanup_interval_cycles" = 1000 }
on = { "configs.cleanup_interval_cycles" = 100 }
"""
TWO_AXES = """
[sweeps.feed]
seeds = 1
[sweeps.feed.axes.cycle]
"1s" = { "time.cycle_s" = 1.0 }
"5s" = { "time.cycle_s" = 5.0 }
[sweeps.feed.axes.depth]
few = { "market.depth" = 10 }
many = { "market.depth" = 20 }
"""
ONE_AT_A_TIME = TWO_AXES.replace("seeds = 1", 'seeds = 1\ndesign = "one_at_a_time"')


def grown(name: str) -> Leaks:
    """What a config holds: 14.4 GB/h between cleanups; a tenth of it where fix_2 is on, or it is fixed."""
    small = name.endswith("_on") or name == "fixed"
    return Leaks(lasting={}, until_cleanup={CACHE: 1.44 if small else 14.4}, cleanup_s=500.0)
