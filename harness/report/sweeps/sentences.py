"""What a sweep says, in sentences: only what its runs say, and what it does not tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.analysis.estimates import Estimate
from harness.analysis.sweeps.claim_map import HOLDS, ClaimMap, differing
from harness.analysis.sweeps.long_table import OWNER
from harness.analysis.sweeps.moving import MOVES_POINTS, Moved, points_along, unlike_marked
from harness.analysis.sweeps.recorded_sweep import MISSING, RecordedSweep
from harness.analysis.sweeps.switches import MATTERS, Effects, Interaction, Switch
from harness.report.sweeps.sweep_names import axis_words, metric_words, upper_first
from harness.report.words.amounts import measured, percent, spoken
from harness.sweeps.points import level_words
from harness.text import first_of, joined

NOTHING = 0.01
"""Less than this share of the whole change, alone, last and on average, is nothing."""

MOST = 6


def said_of_runs(sweep: RecordedSweep) -> Iterator[str]:
    """Say what is missing, whether there are intervals, and whether machines differ."""
    holes = sweep.holes()
    total = sum(1 for _ in sweep.cells())
    if holes:
        failed = {cell: reason for cell, reason in holes.items() if reason != MISSING}
        missing = len(holes) - len(failed)
        parts = [f"{missing} not recorded"] if missing else []
        parts += [f"{cell.world}, {cell.config} seed {cell.seed} {reason}" for cell, reason in failed.items()]
        yield f"{total - len(holes)} of {total} runs are whole. Holes: {first_of(parts, MOST)}."
    if sweep.missing_shards:
        yield f"Not merged yet: shard {joined([str(shard) for shard in sweep.missing_shards])}."
    if len(sweep.seeds) == 1:
        yield "One seed: nothing here has an interval; --seeds 2 or more gives some."
    else:
        yield f"{len(sweep.seeds)} seeds; in brackets intervals of 95 % over them."
    kinds = {
        tuple(sorted((key, str(value)) for key, value in each.items() if key in _MACHINE))
        for each in sweep.machines.values()
    }
    if len(kinds) > 1:
        told = [", ".join(f"{key} {value}" for key, value in kind) for kind in sorted(kinds)]
        differ = "configs of one world and seed ran on one of them"
        yield f"Machines differ ({'; '.join(told)}): {differ}."


_MACHINE = ("python", "architecture", "libc", "cpu", "page_bytes")


def said_of_switches(effects: Sequence[Effects], sweep: RecordedSweep) -> Iterator[str]:
    """Say what each switch brings: the first metric in full, the others in a sentence each."""
    for number_, each in enumerate(effects):
        name = metric_words(each.metric.name)
        if each.reason and not each.seeds:
            yield f"{upper_first(name)}: not told, {each.reason}."
            continue
        yield from _in_full(each, name) if number_ == 0 else (effect_sentence(each, name),)
    yield from _limits_never_reached(sweep)


def _in_full(effects: Effects, name: str) -> Iterator[str]:
    unit = effects.metric.unit
    if not effects.changes:
        yield f"{upper_first(name)}: all of them together change nothing that can be told from chance."
        return
    way = "reduction" if (effects.whole.estimate or 0.0) < 0 else "increase"
    yield f"{_whole_words(effects, name)}. {_shares_words(effects, way)}."
    for switch in effects.switches:
        if _does_nothing(switch, effects):
            yield f"{axis_words(switch.name)} changes nothing of it, alone or with the others."
        elif (partner := only_with(switch, effects)) is not None:
            only = f"works only together with {axis_words(partner)}"
            yield f"{axis_words(switch.name)} {only}: alone it changes {_signed(switch.alone, unit)}."
    for pair in effects.mattering:
        yield _interaction_words(pair, unit)


def effect_sentence(effects: Effects, name: str) -> str:
    """Say of one metric what it is with none and with all switches on, and which of them bring how much of that."""
    if not effects.changes:
        none = effects.none.estimate
        level = "-" if none is None else spoken(none, effects.metric.unit)
        return f"{upper_first(name)}: {level}, and all together change nothing that can be told from chance."
    return f"{_whole_words(effects, name)}; {_shares_words(effects, 'change')}."


def _whole_words(effects: Effects, name: str) -> str:
    unit = effects.metric.unit
    none, every = (spoken(end.estimate or 0.0, unit) for end in (effects.none, effects.every))
    return f"{upper_first(name)}: {none} with none, {every} with all"


def _shares_words(effects: Effects, way: str) -> str:
    """The shares of MATTERS and more, the largest first."""
    ranked = sorted(effects.switches, key=lambda switch: -abs(switch.share.estimate or 0.0))
    large = [switch for switch in ranked if abs(switch.share.estimate or 0.0) >= MATTERS]
    if not large:
        return "no share is known in every seed"
    (first, *others) = large
    words = f"{axis_words(first.name)} brings {_share(first)} of the {way}"
    return ", ".join([words, *(f"{axis_words(switch.name)} {_share(switch)}" for switch in others)])


def _share(switch: Switch) -> str:
    text = percent(switch.share.estimate or 0.0)
    if switch.share.low is None or switch.share.high is None:
        return text
    return f"{text} [{100 * switch.share.low:.0f}, {100 * switch.share.high:.0f}]"


def _does_nothing(switch: Switch, effects: Effects) -> bool:
    whole = abs(effects.whole.estimate or 0.0)
    return all(abs(one.estimate or 0.0) < NOTHING * whole for one in (switch.alone, switch.last, switch.shapley))


def only_with(switch: Switch, effects: Effects) -> str | None:
    """The other switch without which one does next to nothing, and with which it does something; None: none."""
    whole = abs(effects.whole.estimate or 0.0)
    if abs(switch.alone.estimate or 0.0) >= MATTERS * whole:
        return None
    for pair in effects.mattering:
        if switch.name in (pair.first, pair.second):
            first = switch.name == pair.first
            without, together = (
                (pair.first_without, pair.first_with) if first else (pair.second_without, pair.second_with)
            )
            if abs(without.estimate or 0.0) < MATTERS * whole <= abs(together.estimate or 0.0):
                return pair.second if first else pair.first
    return None


def _interaction_words(pair: Interaction, unit: str) -> str:
    return (
        f"{axis_words(pair.first)} with {axis_words(pair.second)}: {axis_words(pair.first)} changes "
        f"{_signed(pair.first_without, unit)} without it and {_signed(pair.first_with, unit)} with it, on average."
    )


def _signed(estimate: Estimate, unit: str) -> str:
    return measured(estimate, unit, signed=True)


def _limits_never_reached(sweep: RecordedSweep) -> Iterator[str]:
    """Say whether any run filled its sample buffers: else what limits them was never reached."""
    fullest = 0.0
    told = False
    for point in sweep.points:
        for base in sweep.points.bases:
            held, room = (sweep.readings(metric, point, base) for metric in ("buffers.peak_mb", "buffers.capacity_mb"))
            for seed in held.keys() & room.keys():
                peak, capacity = held[seed].value, room[seed].value
                if peak is not None and capacity:
                    told, fullest = True, max(fullest, peak / capacity)
    if told and fullest < 1:
        yield f"The sample buffers hold {percent(fullest)} of what they may at most: their limits are never reached."


def said_of_claims(maps: Sequence[ClaimMap], sweep: RecordedSweep) -> Iterator[str]:
    """Say which claims hold everywhere, which nowhere, and what a sweep in a small world does not tell."""
    told = [one for one in maps if one.share is not None and not one.moves]
    points = len(sweep.points)
    for share, word in ((1.0, "hold at every point"), (0.0, "hold at none")):
        names = [one.claim.name for one in told if one.share == share]
        if names:
            yield f"Of {points} points: {word}: {'; '.join(names)}."
    moving = [one.claim.name for one in maps if one.moves]
    if moving:
        yield f"Not told, because they move with the memory scale: {'; '.join(moving)}."


def said_along(sweep: RecordedSweep, axis: str, moved: Sequence[Moved], maps: Sequence[ClaimMap]) -> Iterator[str]:
    """Say what moves along one axis by more than MOVES_POINTS, how much does not, and which verdicts change."""
    settings = sweep.points.settings.axes[axis]
    for base in sweep.points.bases:
        mine = [one for one in moved if one.base == base]
        moving = [moved_words(one) for one in mine if one.moves]
        if mine:
            others = f"{len(mine) - len(moving)} others by less, or not for certain"
            moves = f"{', '.join(moving) or 'nothing'}; {others if moving else 'what there is, by less'}"
            yield f"{base} moves by more than {MOVES_POINTS:g} points: {moves}."
    points = points_along(sweep, axis)
    for one in differing(maps, points):
        places = {at.point.level(axis): at.place for at in one.at if at.point in points}
        words = ", ".join(f"{level_words(level, settings[level])} {place}" for level, place in places.items())
        yield f'"{one.claim.name}" changes: {words}.'
    if maps and not differing(maps, points):
        yield "No claim that this sweep tells of changes sides."
    if list(next(iter(settings.values()))) == ["memory.scale"]:
        yield from _said_of_scale(moved)


def moved_words(moved: Moved) -> str:
    """Return the name of what moves; of an owner the end of its path."""
    path = moved.metric.removeprefix(OWNER)
    return metric_words(moved.metric) if path == moved.metric else f"share of {path.split('.')[-1]}"


def _said_of_scale(moved: Sequence[Moved]) -> Iterator[str]:
    """Hold what moves here against what is marked as moving, and so is judged by anchors."""
    more, fewer = unlike_marked(moved)
    if more:
        yield f"Moves with the scale here, and is not marked as moving: {', '.join(more)}."
    if fewer:
        yield f"Is marked as moving with the scale, and does not move here: {', '.join(fewer)}."
    if not more and not fewer:
        yield "What moves here is exactly what is marked as moving with the scale, and judged by anchor runs."


def holds_words(one: ClaimMap) -> str:
    """Return in how much of what was swept a claim holds: ``58 % (14 of 24)``; what is not told is said."""
    if one.moves:
        return "moves with the scale"
    if one.share is None:
        return "not told"
    held = sum(at.place in HOLDS for at in one.told)
    return f"{percent(one.share)} ({held} of {len(one.told)})"
