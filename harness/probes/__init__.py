"""Reading the memory of this process without leaving anything in it."""
