"""Measure what moves with the memory scale: every config of a scenario at several scales, up to the largest that fits.

What is recorded in OUT is kept, and the same command goes on from there. At the end docs/reference/scales.md is
written; with --page only that, of what is there. The exit code is 0 where all runs were carried out, 3 interrupted or
the disk is full, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness.analysis.full_scale.anchor_runs import World
from harness.analysis.reading import read_run
from harness.calibration.scales_page import page
from harness.cli.options import scenario_from
from harness.errors import SoakError, UsageError
from harness.files import read_json
from harness.foreign_text import disarmed_streams, on_one_line
from harness.report.terminal.console import open_console
from harness.report.terminal.progress import Progress
from harness.scenario import Scenario, load
from harness.soaks import interrupts
from harness.soaks.admission import MARGIN, room_bytes
from harness.soaks.plan import cores
from harness.soaks.result_folder import read_manifest
from harness.soaks.run_rows import OtherWorld, carry_out
from harness.text import shown_path

PROGRAM = "python -m harness.calibration.scales"

PAGE = Path("docs", "reference", "scales.md")

SCALES = (0.05, 0.1, 0.2, 0.4, 0.7, 1.0)


def worlds(scenario: Scenario, scales: tuple[float, ...], foretold: dict[str, float], room: float) -> list[OtherWorld]:
    """Every config at every scale at which it fits, the largest worlds first: small ones run beside them."""
    seeds = tuple(scenario.planned_seeds())
    fitting = [
        OtherWorld(config, scale, scenario.time.hours, seeds)
        for config in scenario.configs
        for scale in scales
        if foretold.get(config, scenario.memory.limit_gb * 1e9) * scale * MARGIN <= room
    ]
    return sorted(fitting, key=lambda world: -world.scale * foretold.get(world.config, scenario.memory.limit_gb * 1e9))


def foretold_peaks(root: Path) -> dict[str, float]:
    """The highest peak of every config that was recorded, bytes at full scale."""
    peaks: dict[str, float] = {}
    for file in root.glob("*/runs/*/seed-*/run.json"):
        facts = read_json(file)
        if facts["status"] == "complete":
            peak = facts["peak_rss_bytes"] / facts["memory_scale"]
            peaks[facts["config"]] = max(peak, peaks.get(facts["config"], 0.0))
    return peaks


@interrupts.taken()
@disarmed_streams()
def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__)
    parser.add_argument("scenario", nargs="?", default="50symbols", help="a scenario's name or file (50symbols)")
    parser.add_argument(
        "--scales", default=",".join(f"{scale:g}" for scale in SCALES), help="which, the smallest first"
    )
    parser.add_argument("--configs", metavar="A,B", help="only these configs")
    parser.add_argument("--seeds", type=int, help="runs per config and scale (the scenario's)")
    parser.add_argument("--first-seed", type=int)
    parser.add_argument("--jobs", type=int, help="runs at once (one a core, if they fit)")
    parser.add_argument("--out", type=Path, default=Path("results/scales"), help="where runs are recorded")
    parser.add_argument("--to", type=Path, default=PAGE, metavar="FILE", help=f"the page ({PAGE})")
    parser.add_argument("--page", action="store_true", help="run nothing: write the page of what is recorded")
    parser.set_defaults(hours=None, symbols=None, set=None, scale=None, max_seeds=None, anchor_minutes=None)
    given = parser.parse_args(arguments)
    try:
        return _run(given)
    except (UsageError, SoakError) as error:
        print(f"{PROGRAM}: {on_one_line(str(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"{PROGRAM}: interrupted; the same command goes on from here", file=sys.stderr)
        return 3


def _run(given: argparse.Namespace) -> int:
    scenario = scenario_from(given)
    scales = _scales(given.scales)
    if not given.page:
        _record(scenario, scales, given)
    recorded_worlds = recorded(scenario, given.out)
    if not recorded_worlds:
        raise UsageError(f"{shown_path(given.out)}: nothing is recorded there")
    command = f"{PROGRAM} {scenario.name} --scales {given.scales} --seeds {scenario.seeds}"
    try:
        given.to.write_text(page(recorded_worlds, command, _origin(given.out)), encoding="utf-8")
    except OSError as error:
        raise SoakError(f"{given.to}: {error.strerror}") from error
    print(f"Written: {on_one_line(shown_path(given.to))}")
    return 0


def _scales(text: str) -> tuple[float, ...]:
    try:
        scales = tuple(sorted(float(word) for word in text.split(",")))
    except ValueError:
        scales = ()
    if not scales or not all(0 < scale <= 1 for scale in scales):
        raise UsageError(f"--scales {text}: must be numbers above 0 up to 1, with commas between them")
    return scales


def _record(scenario: Scenario, scales: tuple[float, ...], given: argparse.Namespace) -> None:
    foretold = foretold_peaks(given.out)

    def run(planned: list[OtherWorld]) -> None:
        rows = [row for world in planned for row in world.rows(scenario, given.out)]
        with Progress(open_console()) as progress:
            carry_out(rows, at_once=given.jobs or cores(), foretold=foretold, observe=progress)

    if missing := [config for config in scenario.configs if config not in foretold]:
        run([OtherWorld(config, scales[0], scenario.time.hours, (scenario.first_seed,)) for config in missing])
        foretold = foretold_peaks(given.out)
    run(worlds(scenario, scales, foretold, room_bytes()))


def recorded(scenario: Scenario, root: Path) -> list[World]:
    """What was recorded of the scenario's configs, complete runs only."""
    recorded_worlds = []
    for file in sorted(root.glob("*/scenario.toml")):
        there = load(str(file), import_target=False)
        ended = sorted(run.parent for run in file.parent.glob("runs/*/seed-*/run.json"))
        runs = tuple(run.under(there) for run in map(read_run, ended) if run.status == "complete")
        (config,) = there.configs
        if runs and config in scenario.configs:
            recorded_worlds.append(World(there, runs))
    return recorded_worlds


def _origin(root: Path) -> str:
    """Versions and machine of what was recorded, in a sentence."""
    manifest = read_manifest(sorted(root.glob("*/manifest.json"))[0].parent)
    machine = manifest["machine"]
    return (
        f"CPython {manifest['python']}, {machine['libc']}, {machine['cpus']} cores, "
        f"{machine['memory_bytes'] / 1e9:.0f} GB; recorded from {manifest['began'][:10]}."
    )


if __name__ == "__main__":
    sys.exit(main())
