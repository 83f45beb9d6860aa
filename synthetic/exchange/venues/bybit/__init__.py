"""Bybit v5, linear: what it streams, what it answers by REST, and how its clients speak with it."""
