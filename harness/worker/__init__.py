"""The judged process: one run of one config, from the first import to the last page given back."""
