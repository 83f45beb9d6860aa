"""Every metric that a claim may name: what it is, how it is read, what arithmetic alone would say; a module a subject.

::

    metric           what a metric is
    resident         where memory stands, and what one config saves of it
    growth           its growth under load, the leak, the limit
    cleanups         how often they come, and the teeth that they cut
    given_back       what a stop gives back and leaves, and every restart
    samples          what the target collects: in its buffers, on disk, lost
    note_structures  what the note names, by the attributes that hold it
    effort           processor time, and pauses
    swallowed        errors that the target swallows
    on_the_wire      what an exchange sent, and its client delivered
    savings          what one config saves of another at every level, claimed or not
"""

from __future__ import annotations

from harness.analysis.metrics.catalogue import (
    cleanups,
    effort,
    given_back,
    growth,
    note_structures,
    on_the_wire,
    resident,
    samples,
    swallowed,
)
from harness.analysis.metrics.catalogue.metric import Metric

__all__ = ["METRICS", "Metric"]

_SUBJECTS = (resident, growth, cleanups, given_back, samples, note_structures, effort, swallowed, on_the_wire)

METRICS: dict[str, Metric] = {metric.name: metric for subject in _SUBJECTS for metric in subject.METRICS}
"""Every metric by its name."""
