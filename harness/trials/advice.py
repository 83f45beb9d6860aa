"""What to do next about a target that could not be tried to its end."""

from __future__ import annotations

import re

from harness.trials.carrying_out import Trial

_ADVICE = (
    (
        r"No module named '([\w.]+)'",
        r"install \1 for the Python that runs soak, or start soak in the folder that has it",
    ),
    (
        r"positional argument|unexpected keyword argument| is called with \(",
        "a handler takes one event, the factory (params, environment)",
    ),
    (
        r"No such file or directory",
        "paths begin at the folder that soak is started in: start it there, or give whole paths",
    ),
    (r"patches\.py:\d+, in _sleep", "time.sleep really sleeps, and nothing else runs meanwhile: use asyncio.sleep"),
    (
        r"it was at \S*/harness/probes/",
        "what it holds by then takes that long to look at, or to give back: try it with fewer --symbols",
    ),
    (
        r"stood still|Event loop stopped",
        "await something in its loops, such as asyncio.sleep(0): others never get a turn",
    ),
    (r"no sample for", "its factory or start() blocks: what it waits for has to be given by a stand-in, or a timeout"),
    (r"did not return within", "start() and stop() have to return: make tasks of loops that go on"),
    (r"real seconds were over", "try it with fewer --symbols"),
)


def next_step(trial: Trial) -> str:
    """A line of advice by the reason that the run has."""
    reason = str(trial.run.facts.get("reason") or "")
    for pattern, advice in _ADVICE:
        if match := re.search(pattern, reason):
            return match.expand(advice)
    return "mend that, and try again"
