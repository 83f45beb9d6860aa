"""What a soak costs before it is run: processor time, wall time, memory, disk; from a short probe, or from recordings.

::

    run_cost      one run taken apart: its start, its feed, a walk of the owners
    recordings    the run costs of what results on this machine recorded
    probe         those of a run of a few virtual minutes
    forecast      what rows of runs take, from such costs
    foretelling   a soak foretold: by recordings, or by its own first minutes
    schedule      when all of them are done, and what they hold together
    other_work    what else the machine has to do
    time_left     how long runs that are under way still take
"""
