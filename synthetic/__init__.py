"""A market in virtual time: drawn from a seed or read from a file, and measured; it knows nothing of the harness."""
