"""Which release of a package began a leak, and which ended it: a table of runs with the release as its axis.

::

    candidate     one release, wheel or commit, and how errors and tables call it
    published     the releases of an index, and the wheels in a folder
    commits       the commits of a git repository
    freezing      what is installed beside the package, the same for all of them
    search        which of them are run next, and between which the leak began and ended
    release_worlds  the scenario and the rows of one
    history_file  what a result folder of a search holds

Nothing here judges: whoever carries out the search says of each candidate whether it is good or bad.
"""
