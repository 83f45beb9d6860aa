"""A rerun with its allocations traced, which nobody judges: the lines of code behind an owner, the types that grow."""
