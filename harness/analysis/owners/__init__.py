"""Who holds the memory: the growth of every owner, from the walks of a run."""
