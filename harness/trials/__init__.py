"""A trial: a target lives for a few virtual minutes and is watched more closely than a run may be. Nothing is judged.

::

    watched_run    the process of it: a judged run with watches on
    real_time      who asks for real time where time is virtual
    reaching_out   which files, sockets and processes it opens
    carrying_out   a trial of one config: its job, its process, its cost
    enough_hours   how many virtual hours decide, and are quick
    seen           what there is to say of it, as plain data
    advice         what to do next about a target that cannot be tried
"""
