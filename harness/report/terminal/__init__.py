"""What is printed: one module per table or page, over one console."""
