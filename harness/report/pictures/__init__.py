"""One module per picture, named after its file."""
