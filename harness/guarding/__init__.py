"""Processes that end with whoever started them, and take along all that they started themselves."""
