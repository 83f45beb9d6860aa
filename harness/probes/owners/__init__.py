"""Who holds the memory: a sampled walk of the object graph, from the target's roots, by attribute path."""

from __future__ import annotations

from harness.probes.owners.roots import find_roots
from harness.probes.owners.tally import Owner
from harness.probes.owners.walk import walk, walk_in_slices

__all__ = ["Owner", "find_roots", "walk", "walk_in_slices"]
