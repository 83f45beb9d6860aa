"""Public market data made into a recording."""
