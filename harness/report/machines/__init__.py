"""What other programs read of a soak, each in the form that they know."""
