"""From numbers to claims kept or broken, and the status of the whole soak."""
