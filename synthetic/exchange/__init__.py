"""The market as venues send it: their messages, and the same market on a wire."""
