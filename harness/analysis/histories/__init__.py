"""What the runs of one release say, and of all releases together: where a leak began, and where it ended.

::

    release_finding   one release: good, bad or open, how fast it grows, who holds it
    recorded_history  a result folder of a search: every release that was run, and what lies at the edges
"""
