"""Simulated curves whose leak is known, and what the leak verdict makes of them."""
