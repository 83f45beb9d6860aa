"""A market from a file: reading, checking and writing recordings."""
