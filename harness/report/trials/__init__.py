"""What is told before a soak: what a trial showed, and what runs will cost."""
