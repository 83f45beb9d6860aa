"""Public market data made into a recorded market."""
