"""The load in a low strip under the memory, over the same hours."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from harness.analysis.load_rates import LoadRates
from harness.report.drawing.backdrop import draw_horizon, draw_warm_up
from harness.report.drawing.looks import FAINT
from harness.scenario import Scenario


def draw_load(axes: Axes, scenario: Scenario, load: LoadRates, *, under: Axes) -> None:
    """Draw events per second from zero, in a colour that no config has; the hours are written here, not at `under`."""
    axes.set_gid("load")
    axes.sharex(under)
    axes.set_xlabel(under.get_xlabel())
    under.set_xlabel("")
    under.tick_params(labelbottom=False)
    axes.set_ylim(0, 1.15 * float(load.per_s.max()))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10]))
    axes.ticklabel_format(axis="y", style="plain", useOffset=False)
    draw_warm_up(axes, scenario)
    draw_horizon(axes, scenario)
    axes.stairs(load.per_s, load.edges_h, baseline=None, color=FAINT, linewidth=2, zorder=2, gid="events")
