"""From the recordings of a sweep to what it says: one table, the effects of fixes, maps of claims, what moves.

::

    recorded_sweep   a sweep's result folder: its points, its runs, and which are missing
    long_table       its tidy tables: one row a world, config, seed and metric; one a run; one a point and claim
    subsets          arithmetic on a value for every subset of switches: Shapley, main effects, interactions
    switches         a full sweep of switches (axes of two levels): their effects, metric by metric
    claim_map        each claim at each point, and in what share of the points it holds
    claim_shares     the same share beside the claims of a soak, from a sweep that lies beside its result
    moving           how far each metric moves along each axis
"""
