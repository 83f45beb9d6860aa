"""Numbers and outcomes in words, once for the terminal, the pictures and the files."""
