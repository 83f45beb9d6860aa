"""Whether a quantity rises by more than its budget, in one config over its seeds, and what its curve looks like."""
