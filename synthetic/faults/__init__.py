"""Faults of a feed: price gaps, bursts, thinned books, halts, reconnects and misordered deltas, by seed."""
