"""A table of runs on the machines of a Dask cluster: what is compared is handed out together, and comes home checked.

::

    connection    the scheduler, its workers and their memory; TLS
    groups        what is handed out as one, and what is known of it: where it runs, whom it cost
    parcels       what a worker is told: plain data
    conditions    what a machine is, and what must be the same on all
    at_worker     what runs there: our functions, under the supervisor that runs are under everywhere
    recordings    a run's files: listed with digests, brought home, checked
    handing_out   the loop here: hands out, follows, takes home, hands out again

A Dask cluster executes whatever its clients send, without asking who they are, unless TLS does. So nothing here starts
one, and only a scheduler that is named is talked to. Our functions go there by name, with text; no object of a user's
is pickled.
"""
