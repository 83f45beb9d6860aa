"""From recordings to numbers: pure functions that read runs and never touch a process."""
