"""What can be soaked: the scenario files of the product, found by their names."""
