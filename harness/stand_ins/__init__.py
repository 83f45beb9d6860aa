"""What stands in for packages that a target reaches outside with: objects that answer everything and keep nothing."""
