"""The curves over virtual hours, thick at full scale, with the limit, expected bands and the names at their ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from harness.analysis.curves import Curve
from harness.analysis.runs import Run
from harness.report.drawing.backdrop import draw_band, draw_horizon, draw_warm_up, horizon_key, warm_up_key
from harness.report.drawing.lettering import Label, characters, place_labels, wrapped
from harness.report.drawing.looks import INK, SMALL_PT, TEXT_PT, Look, outline
from harness.report.drawing.subjects import Subject
from harness.report.words.amounts import band_words
from harness.scenario import Claim, Scenario

SIGNS = {"limit": ("8", "limit reached"), "unfinished": ("X", "ended early")}
"""The signs at the end of a run that did not get to its stop."""

_SIGN: dict[str, Any] = {"markersize": 15, "markeredgecolor": INK, "linestyle": "", "clip_on": False, "zorder": 4}

_SMALL: dict[str, Any] = {"linewidth": 1.6, "alpha": 0.5}
"""A curve of the small world beside that of full scale."""

_TREE: dict[str, Any] = {"linewidth": 2.2, "linestyle": (0, (4, 1.5))}
_CHILDREN: dict[str, Any] = {"alpha": 0.14}
"""RSS with children, and the band of children between it and RSS."""

_BANDS_IN_FULL = 3
"""Of more expected peaks each is named in two lines: there is no room for three."""

_LIMIT_IN_SIGHT = 4.0
"""A limit of more than this many times the highest curve is named at the top, not drawn: it would flatten them."""


def draw_memory(
    axes: Axes,
    scenario: Scenario,
    drawn: Sequence[Subject],
    *,
    height_px: float,
    labels_px: float,
    below_px: float = 0.0,
) -> None:
    """Draw everything over virtual hours.

    Labels stand right of the axes, which are `height_px` high, and where they need it also `below_px` under them.
    """
    end = max([scenario.time.hours, *(float(each.hours[-1]) for each in _curves(drawn))])
    bands = _bands(scenario, drawn)
    highest, limit_in_sight = _top(scenario, drawn, bands)
    axes.set_xlim(0, end)
    axes.set_ylim(0, highest)
    axes.set_xlabel("virtual hours")
    axes.set_gid("memory")
    labels = [_draw_band(axes, claim, look, labels_px, short=len(bands) > _BANDS_IN_FULL) for claim, look in bands]
    labels.append(_draw_limit(axes, scenario.memory.limit_gb, limit_in_sight, highest))
    draw_warm_up(axes, scenario)
    draw_horizon(axes, scenario)
    for index, subject in enumerate(drawn):
        label = _draw_config(axes, subject, index, labels_px)
        labels += [label] if label else []
    place_labels(axes, labels, height_px, below_px=below_px)


def key_handles(scenario: Scenario, drawn: Sequence[Subject]) -> list[Artist]:
    """Return a key to the signs drawn here, without colours: the names at the lines tell those."""
    several = any(len({run.seed for run in subject.runs}) > 1 for subject in drawn)
    handles: list[Artist] = []
    if any(subject.full is not None for subject in drawn):
        handles.append(Line2D([], [], color=INK, linewidth=3, label="RSS at full scale, by anchor runs"))
        small = f"in the world of {scenario.memory.scale:g}"
        handles.append(Line2D([], [], color=INK, **_SMALL, label=small))
    else:
        handles.append(Line2D([], [], color=INK, linewidth=3, label="RSS, median" if several else "RSS"))
    if several:
        handles.append(Patch(facecolor=INK, alpha=0.25, label="lowest to highest seed"))
    if any(subject.curve is not None and subject.curve.live is not None for subject in drawn):
        handles.append(Line2D([], [], color=INK, linewidth=1, label="live bytes (with ballast)"))
    if any(subject.curve is not None and subject.curve.tree is not None for subject in drawn):
        handles.append(Line2D([], [], color=INK, **_TREE, label="with children"))
    handles += [*warm_up_key(scenario), horizon_key()]
    kinds = {kind for subject in drawn for run in subject.runs if (kind := _sign(run))}
    handles += [
        Line2D([], [], color=INK, linestyle="", marker=marker, markersize=11, label=words)
        for kind, (marker, words) in SIGNS.items()
        if kind in kinds
    ]
    return handles


def _curves(drawn: Sequence[Subject]) -> list[Curve]:
    """Return all curves, those of the small world and those at full scale."""
    return [curve for subject in drawn for curve in (subject.curve, subject.full) if curve is not None]


def _sign(run: Run) -> str | None:
    if not run.t_s.size:
        return None
    return "limit" if run.status == "limit" else "unfinished" if run.unfinished else None


def _bands(scenario: Scenario, drawn: Sequence[Subject]) -> list[tuple[Claim, Look]]:
    """Return the predictions of a peak: what the note says a config's curve will reach."""
    look = {subject.config: subject.look for subject in drawn}
    return [
        (claim, look[claim.configs[0]])
        for claim in scenario.claims
        if claim.metric == "peak" and claim.kind == "prediction" and not claim.not_testable and claim.configs[0] in look
    ]


def _top(scenario: Scenario, drawn: Sequence[Subject], bands: Iterable[tuple[Claim, Look]]) -> tuple[float, bool]:
    """Return the upper end of the axis in GB, and whether the limit is below it."""
    heights = [float(np.nanmax(each.rss.high)) for each in _curves(drawn) if np.isfinite(each.rss.high).any()]
    trees = [each.tree.high for each in _curves(drawn) if each.tree is not None]
    heights += [float(np.nanmax(high)) for high in trees if np.isfinite(high).any()]
    heights += [end for claim, _ in bands for end in claim.band if end is not None]
    highest = max(heights, default=scenario.memory.limit_gb)
    in_sight = scenario.memory.limit_gb <= _LIMIT_IN_SIGHT * highest
    return 1.07 * max(highest, scenario.memory.limit_gb if in_sight else 0.0), in_sight


def _draw_band(axes: Axes, claim: Claim, look: Look, labels_px: float, *, short: bool) -> Label:
    span = draw_band(axes, *claim.band, fill=look.colour, edge=look.text, alpha=0.13)
    width = characters(labels_px, SMALL_PT)
    lines = [
        *wrapped(
            f"{claim.configs[0]}, expected:" if short else f"expected peak of {claim.configs[0]}:", width, lines=3
        ),
        band_words(claim.band, None, "GB", between="-"),
    ]
    low, high = claim.band
    at = sum(span) / 2 if low is not None and high is not None else high if low is None else low
    return Label(lines, look.text, None, at if at is not None else sum(span) / 2, SMALL_PT)


def _draw_limit(axes: Axes, limit_gb: float, in_sight: bool, top: float) -> Label:
    if in_sight:
        axes.axhline(limit_gb, color=INK, linewidth=1.8, linestyle=(0, (8, 3)), zorder=1.5, gid="limit")
        return Label([f"{limit_gb:g} GB limit"], INK, None, limit_gb, TEXT_PT, "bold")
    return Label([f"{limit_gb:g} GB limit:", "above the picture"], INK, None, top, SMALL_PT)


def _draw_config(axes: Axes, subject: Subject, index: int, labels_px: float) -> Label | None:
    look, drawn, config = subject.look, subject.curve, subject.config
    if drawn is None:
        return None
    over = 2 + 0.1 * index  # later configs lie above earlier ones
    hours, rss = drawn.hours, drawn.rss
    axes.fill_between(hours, rss.low, rss.high, color=look.colour, alpha=0.25, linewidth=0, zorder=over)
    main = drawn if subject.full is None else subject.full
    if subject.full is not None:
        axes.plot(hours, rss.median, color=look.colour, **_SMALL, zorder=over, gid=f"small {config}")
    curve: dict[str, Any] = {**look.line, "path_effects": outline(look.width + 0.8), "solid_joinstyle": "round"}
    axes.plot(main.hours, main.rss.median, **curve, zorder=over + 0.01, gid=f"rss {config}")
    if drawn.tree is not None:
        tree = drawn.tree.median
        axes.fill_between(hours, rss.median, tree, color=look.colour, linewidth=0, **_CHILDREN, zorder=over - 0.05)
        axes.plot(hours, tree, color=look.colour, **_TREE, zorder=over, gid=f"tree {config}")
    if drawn.live is not None:
        live = drawn.live.median
        axes.plot(hours, live, color=look.text, linewidth=0.9, zorder=over + 0.02, gid=f"live {config}")
    for run in subject.runs:
        kind = _sign(run)
        if kind:
            end = min(run.t_s[-1] / 3600, axes.get_xlim()[1])
            axes.plot(
                end,
                run.children_held.tree_gb[-1],
                marker=SIGNS[kind][0],
                color=look.colour,
                **_SIGN,
                gid=f"{kind} {config}",
            )
    known = np.flatnonzero(np.isfinite(main.rss.median))
    if not known.size:
        return None
    last = known[-1]
    lines = wrapped(config, characters(labels_px, TEXT_PT, bold=True), lines=4)
    return Label(lines, look.text, float(main.hours[last]), float(main.rss.median[last]), TEXT_PT, "bold")
