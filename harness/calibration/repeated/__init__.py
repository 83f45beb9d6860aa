"""A whole soak, repeated with fresh seeds: what is repeated, what became of it, and the page about it."""
