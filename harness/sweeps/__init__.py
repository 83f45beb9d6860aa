"""A sweep: a table of runs whose rows differ in what a scenario's ``[sweeps.NAME]`` varies.

::

    points         every setting of the axes that is run, and how its world and its configs are called
    worlds         the scenarios of these points, checked
    asked          what the command line makes of a sweep: options that win, axes of its own
    planned        the rows, which of them a shard has, the result folder; carried out and resumed
    cost           how long the rows take, from a recording on this machine or a short probe
    sweep_file     sweep.json: what was swept, and by which shards
    merge          the results of shards, joined

It runs nothing itself: the table is that of :mod:`harness.soaks.run_rows`, with its admission, archive and resume.
"""
