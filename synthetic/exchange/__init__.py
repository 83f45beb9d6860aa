"""The market as venues send it: their messages; the same market on a wire is to come."""
