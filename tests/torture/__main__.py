"""``make torture TRIALS=n [SEED=s] [TRIAL=number]``: torture soaks; exit code 1 where an invariant was broken."""

from __future__ import annotations

import argparse
import collections
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.torture.tormentor import Tormentor, Trial


def main() -> int:
    parser = argparse.ArgumentParser(prog="make torture")
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trial", type=int, help="only this one")
    parser.add_argument("--at-once", type=int, default=1)
    given = parser.parse_args()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a shell: soaks would inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what runs is ended on the way out
    folder = Path(tempfile.mkdtemp(prefix="torture-"))
    tormentor = Tormentor(folder, given.seed)
    print(f"An undisturbed soak takes {tormentor.takes_s:.1f} s; what breaks is kept in {folder}", flush=True)

    trials: list[Trial] = []

    def told(number: int) -> Trial:
        trial = tormentor.trial(number)
        print(f"{number:4d}  {trial.fault}: {', '.join(trial.told) or '-'}: {'BROKEN' if trial.broken else 'held'}")
        for sentence in trial.broken:
            print(f"      {sentence}")
        if trial.broken:
            print(f"      make torture SEED={given.seed} TRIAL={number}")
        sys.stdout.flush()
        return trial

    numbers = range(given.trials) if given.trial is None else [given.trial]
    code = 0
    with ThreadPoolExecutor(given.at_once) as pool:
        try:
            for trial in pool.map(told, numbers):
                trials.append(trial)
        except KeyboardInterrupt:  # or a SIGTERM
            pool.shutdown(wait=False, cancel_futures=True)
            print(
                f"Interrupted after {len(trials)} of {len(numbers)} trials; those that have begun are ended", flush=True
            )
            code = 130
    by_fault = collections.Counter(trial.fault for trial in trials)
    broken = collections.Counter(trial.fault for trial in trials if trial.broken)
    for fault, count in sorted(by_fault.items()):
        print(f"{fault:>20}  {count:4d} trials  {broken[fault]:4d} broken")
    return 1 if broken else code


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted before the first trial")
