"""What every draw is made of: hashes of a seed, quantile tables, clusters and carried series, all in integers."""
