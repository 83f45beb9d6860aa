"""What is known beforehand: the standing controls of a scenario, their soaks and their checks."""
